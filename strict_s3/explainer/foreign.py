"""URLs that are not presigned for S3, but signed for something else, or no URL at all."""

from __future__ import annotations

import base64
import json
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

from ..errors import InspectError
from ..rules import sigv4
from ..rules.authentication import iso
from .documents import DocumentReport
from .hosts import read_host
from .pasted import Pasted
from .services import Foreign, find_foreign
from .verdict import Finding, Verdict, decide, fault, note
from .words import Part, duration, shown, time_left

# What `_moment` raises for a text that is none.
_NO_TIME = (ValueError, TypeError, IndexError, OverflowError, OSError, KeyError)
GOOGLE_CORS = re.compile(r'\s*\[\s*\{\s*"(?:origin|method|responseHeader|maxAgeSeconds)"\s*:')
_FUTURE = 100_000_000_000  # seconds since 1970: the year 5138; a larger number is in milliseconds


def read_foreign(pasted: Pasted, now: datetime) -> DocumentReport | None:
    """The report on another service's signed URL; None if the URL is none."""
    try:
        parts = urlsplit(pasted.url)
        values = {name.lower(): value for name, value in parse_qsl(parts.query, True)}
    except ValueError:
        return None
    foreign = find_foreign(set(values), parts.netloc.lower())
    if foreign is None or "x-amz-signature" in values:
        return None
    if (
        foreign.parameters == {"token"}
        and "/sign/" not in parts.path
        and "supabase" in foreign.host
    ):
        return None
    ends = _ends(foreign, values)
    host = read_host(parts.netloc)
    findings = list(_findings(foreign, values, host.aws, ends, now))
    until = f" It is valid until {iso(ends)} ({time_left(ends, now)})." if ends else ""
    verdict, left = decide(
        findings,
        f"This is {foreign.name}, not S3's. {foreign.checker} checks it by its own rules.{until}",
    )
    if verdict.fault:
        verdict = Verdict(f"This is {foreign.name}. {verdict.what}", verdict.why, verdict.fix, True)
    facts = [Part("host", shown(parts.netloc, 255)), Part("path", shown(parts.path))]
    if ends:
        facts.append(Part("ends", iso(ends), time_left(ends, now)))
    return DocumentReport("signed URL", verdict, tuple(facts), left, pasted.repairs)


def _ends(foreign: Foreign, values: dict[str, str]) -> datetime | None:
    try:
        if foreign.ends:
            return _moment(values.get(foreign.ends, ""))
        date, lifetime = foreign.signed
        return sigv4.parse_amz_date(values.get(date, "")) + timedelta(seconds=int(values[lifetime]))
    except _NO_TIME:
        return None


def _moment(text: str) -> datetime:
    """A time as these services write it (`Foreign.ends` says how). Raises `ValueError` and others.

    A token is not checked, and nothing of it is shown but its time.
    """
    if text.startswith("eyJ"):
        inside = text.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(inside + "=" * (-len(inside) % 4)))
        return datetime.fromtimestamp(int(claims["exp"]), UTC)
    first, pair, last = text.rpartition(";")
    if pair and (len(first) < 9 or len(last) < 9):  # such as 1;2, in an example
        raise ValueError
    if last.isdecimal():
        return datetime.fromtimestamp(int(last), UTC)
    moment = datetime.fromisoformat(last)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _findings(
    foreign: Foreign, values: dict[str, str], at_s3: bool, ends: datetime | None, now: datetime
) -> list[Finding]:
    found = []
    number = values.get(foreign.ends, "")
    if foreign.ends and number.isdecimal() and len(number) < 19 and int(number) > _FUTURE:
        found.append(
            fault(
                f"{foreign.ends.capitalize()} is in milliseconds, and {foreign.checker} wants "
                "seconds since 1970.",
                "CloudFront answers MalformedPolicy (Malformed "
                "Policy)." if foreign.checker == "CloudFront"
                else "",
                "In JavaScript: Math.floor(Date.now() / 1000) + 3600.",
            )
        )  # fmt: skip
        ends = None
    if at_s3 and foreign.checker == "CloudFront":
        found.append(
            fault(
                "It is signed with a CloudFront key, but its host is S3's, which can't read it.",
                "S3 answers 403 (Query-string authentication requires the Signature, Expires and "
                "AWSAccessKeyId parameters).",
                "Use the distribution's domain (dxxxx.cloudfront.net or your own) as the host when "
                "signing, or sign for S3 with generate_presigned_url.",
            )
        )
    if begins := values.get("st", "") if foreign.checker == "Azure" else "":
        try:
            if (start := _moment(begins)) > now:
                found.append(
                    fault(
                        f"It is not valid yet: it begins at {iso(start)}.",
                        fix="Look at the signer's clock, or start some minutes early.",
                    )
                )
        except _NO_TIME:
            found.append(fault(f"Its beginning (st) is not a time: {shown(begins, 60)}."))
    if ends and ends < now:
        found.append(fault(f"It has expired: it was valid until {iso(ends)} "
                           f"({time_left(ends, now)}).",
                           fix="Sign a new one."))  # fmt: skip
    lifetime = values.get(foreign.signed[1], "") if foreign.signed[1] else ""
    if lifetime.isdecimal() and len(lifetime) < 12 and int(lifetime) > sigv4.MAX_EXPIRES:
        found.append(
            fault(f"{duration(int(lifetime))} is more than {foreign.checker} allows: 7 days.")
        )
    if foreign.checker == "Supabase Storage":
        found.append(note("Create a new one with createSignedUrl(path, seconds)."))
    return found


def refuse(text: str) -> InspectError:
    """What to say of a text that is nothing that is read here: what it is, and what to paste."""
    stripped = text.strip()
    if match := re.search(r"\barn:aws[a-z-]*:[^\s'\"]{3,300}", stripped[:5000]):
        return InspectError(
            f"{shown(match[0], 120)} is an ARN, a name for policies, not a URL. Sign a URL for it "
            "(generate_presigned_url) and paste that; inspect_access reads ARNs."
        )
    if GOOGLE_CORS.match(text):
        return InspectError(
            "These CORS rules have Google Cloud Storage's names. S3's are AllowedOrigins, "
            "AllowedMethods, AllowedHeaders, ExposeHeaders and MaxAgeSeconds."
        )
    long = re.search(r"--expires-in[ =](\d{1,12})", stripped[:5000])
    if long and int(long[1]) > sigv4.MAX_EXPIRES:
        return InspectError(
            f"--expires-in {long[1]} is more than the {sigv4.MAX_EXPIRES:,} seconds (7 days) that "
            "S3 allows: it refuses such a URL every time."
        )
    if match := re.search(r"\bs3://[^\s'\"]{1,300}", stripped[:5000]):
        return InspectError(
            f"{shown(match[0], 120)} is an S3 URI, which only AWS's tools read. `aws s3 presign "
            "s3://bucket/key` makes a presigned URL of it."
        )
    if match := re.search(r"(?:HTTP Error|[Ss]tatus [Cc]ode(?: of|:)?) (\d{3})", stripped[:20_000]):
        return InspectError(
            f"Only the status {match[1]} is in this text. The body of the answer, S3's XML, says "
            "why: print it (response.text, curl -i) and paste it, with the URL."
        )
    if re.search(r"Failed to fetch|NetworkError when|Network Error|Load failed", stripped[:20_000]):
        return InspectError(
            "The page is told only that the request failed; it never learns why. The browser's "
            "console has another line beside it (CORS, a certificate, a name): paste that one, "
            "with the URL."
        )
    if re.search(
        r"generate_presigned|getSignedUrl|createPresigned|GetPreSignedURL|presign", stripped
    ):
        return InspectError(_about_code(stripped))
    return InspectError(
        "There is no URL in this text. A presigned URL begins with https:// (or http://) and "
        "contains X-Amz-Signature or Signature."
    )


def _about_code(text: str) -> str:
    """What can be said of code that signs, before it has run."""
    said = ["This is code (a program that signs), without a URL: run it and paste what it prints."]
    if "boto3" in text and "signature_version" not in text:
        said.append('The client has no signature_version: add Config(signature_version="s3v4").')
    if "boto3" in text and "region_name" not in text:
        said.append("It has no region_name either: give the bucket's region.")
    match = re.search(r"(?:ExpiresIn|expiresIn|Expires)['\"]?\s{0,3}[=:]\s{0,3}(\d{6,12})", text)
    if match and int(match[1]) > sigv4.MAX_EXPIRES:
        said.append(f"{match[1]} seconds are more than the 7 days that S3 allows.")
    if "put_object" in text and re.search(r"\bfiles\s?=", text):
        said.append("requests' files= sends a form; with a PUT send data=open(…, 'rb').")
    return " ".join(said)
