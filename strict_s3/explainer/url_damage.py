"""What makes a presigned URL fail for certain: damage, the host it goes to, what S3 answers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from ..rules import query_auth, sigv4
from ..rules.authentication import iso
from ..rules.request import has_broken_escape
from .aws_hosts import partition_of
from .verdict import Finding, fault
from .words import duration, shown, time_left

if TYPE_CHECKING:
    from ..rules.request import Request
    from .pasted import Pasted
    from .url import UrlReport

AGAIN = "Use a presigned URL exactly as it was signed: copy it again, or sign a new one."
NEW_URL = f"Sign a new one; ExpiresIn is in seconds, at most {sigv4.MAX_EXPIRES:,} (7 days)."


def damaged(report: UrlReport, request: Request, pasted: Pasted) -> Iterator[Finding]:
    """What happened to the URL after it was signed: shortened, encoded again, changed."""
    if request.query_string.endswith("..."):
        yield fault(
            "The URL was shortened: it ends in an ellipsis (...).", fix="Copy the whole URL again."
        )
        return
    if has_broken_escape(request.path):
        yield fault(
            "The path has a % that is not followed by two hexadecimal digits, so S3 answers 400.",
            "In a URL, a % in a key is written %25.",
            "Encode the key once, before you sign: an SDK does.",
        )
    if report.version == 4:
        yield from _damaged_parameters(request, pasted)
        yield from _damaged_values(report, request)
    if report.access_key.startswith("ASIA") and not _has_token(request):
        yield fault(
            "A temporary key (ASIA…) without its session token: S3 answers InvalidAccessKeyId.",
            fix="Sign with all three: key id, secret key and session token.",
        )
    token = re.search(r"[?&]x-amz-security-token=([^&]*)", f"?{request.query_string}", re.I)
    if token and "+" in token[1]:
        yield fault(
            "The session token has a bare +, which a query turns into a space: S3 answers 400 "
            "InvalidToken.",
            fix="Percent-encode the token (+ is %2B, / is %2F, = is %3D) before it goes into the "
            "URL.",
        )


def _damaged_parameters(request: Request, pasted: Pasted) -> Iterator[Finding]:
    present = {name for name, value in request.query if value}
    missing = [name for name in query_auth.REQUIRED if name not in present]
    lower = {name.lower(): name for name in present}
    respelled = [lower[name.lower()] for name in missing if name.lower() in lower]
    missing = [name for name in missing if name.lower() not in lower]
    if request.query_string.startswith("?"):
        yield fault(
            "There are two question marks, so the first parameter has a ? in its name.",
            "Something was put in front of a query that had its ? already.",
            "Take one of them out.",
        )
    elif missing:
        why = "It was cut off or changed: a shell cuts at & unless the URL is in quotes."
        if pasted.sent.raw:
            why = "So it arrived: it was cut off or changed before it was sent."
        yield fault(f"Incomplete: {', '.join(missing)} missing.", why, "Copy the whole URL again.")
    if respelled:
        yield fault(
            "S3 knows its parameters only in their exact spelling, but this URL has "
            f"{', '.join(map(shown, respelled))}.",
            "Something changed the URL to lower case.",
            AGAIN,
        )


def _damaged_values(report: UrlReport, request: Request) -> Iterator[Finding]:
    signature = request.parameters.get("X-Amz-Signature", "")
    if re.fullmatch(r"[0-9a-f]{64}\s+", signature):
        yield fault(
            "There is a blank or a line end after the signature (%0A or %20).",
            "A URL that was read from a file or a command's output keeps its line end.",
            "Take it off (strip()), before the URL is used.",
        )
    elif signature and not report.several_regions and not re.fullmatch("[0-9a-f]{64}", signature):
        upper = re.fullmatch("[0-9a-fA-F]{64}", signature)
        yield fault(
            "The signature has capital letters; S3 writes it in small ones."
            if upper
            else f"The signature has {len(signature)} characters; it must have 64 hexadecimal "
            f"digits.",
            "Something changed the URL." if upper else "The end of the URL was cut off or changed.",
            "Copy the whole URL again.",
        )
    credential = request.parameters.get("X-Amz-Credential", "")
    key = credential.partition("/")[0]
    if key != key.strip():
        yield fault(
            "The access key id has a blank or a line end beside it: S3 answers InvalidAccessKeyId.",
            "It was read from a file or a variable with its line end.",
            "Take it off (strip()), and look at the secret key too; then sign again.",
        )
    if credential and "/" not in credential:
        if "%2f" in credential.lower():
            yield fault(
                "It was percent-encoded twice (%252F instead of %2F).",
                "A client or a template encoded a URL that was encoded already.",
                AGAIN,
            )
        elif re.search(r"F20\d{6}F[a-z]{2}", credential):
            yield fault(
                "The credential has lost its percent signs (F where %2F was): S3 answers 400.",
                "A batch file eats a single %, and printf reads %2F as a format.",
                "In a batch file, write %%2F for %2F (double every %); with printf, use '%s'.",
            )


def _has_token(request: Request) -> bool:
    names = {name.lower() for name, _ in request.query}
    return bool(names & {query_auth.TOKEN.lower(), "x-amz-s3session-token"})


def host_faults(report: UrlReport, request: Request) -> Iterator[Finding]:
    """What is wrong with the host, for S3 or for TLS."""
    host = report.host
    for text in host.faults:
        if "certificate" not in text or request.secure:
            yield fault(text)
    if report.version == 2 and host.aws and host.signs != "s3":
        yield fault(
            f"This host ({host.signs}) accepts only Signature Version 4; S3 answers "
            "MissingAuthenticationToken.",
            fix='Sign with Config(signature_version="s3v4").',
        )
    elif report.version == 2 and host.service and host.service.only_v4:
        yield fault(
            f"{host.service.name} accepts only Signature Version 4, and this is Version 2.",
            fix='Sign with Config(signature_version="s3v4") and the region of the host.',
        )
    several = "multi-region" in host.kind
    if several and report.version == 4 and not report.several_regions:
        yield fault(
            "A multi-region access point accepts only Signature Version 4A (an X-Amz-Region-Set, "
            "AWS4-ECDSA-P256-SHA256); this URL is signed for one region.",
            fix='Sign with an SDK that has SigV4A (boto3 with the extra "crt"), for the '
            "access point's ARN, and with a session token of a regional STS endpoint.",
        )


def _special(kind: str) -> str:
    return f" ({kind.rpartition(', ')[2]})" if ", " in kind else ""


def refused(report: UrlReport, now: datetime) -> Iterator[Finding]:
    """The rule's refusal in words; and what is certain about the session."""
    text = report.refusal
    if "Request has expired" in text and report.ends:
        yield fault(
            f"The URL has expired: it was valid until {iso(report.ends)} "
            f"({time_left(report.ends, now)}).",
            f"S3 answers {text.partition(' (')[0]}.",
            NEW_URL,
        )
    elif "not yet valid" in text and report.signed_at:
        yield fault(
            f"The URL is not valid yet: it was signed for {iso(report.signed_at)}, "
            f"{duration(report.signed_at - now)} from now.",
            "The clock of the computer that signed is wrong, or this one's.",
            "Set the clock of the computer that signs (NTP does it), then sign again.",
        )
    elif "incorrect service" in text:
        yield fault(
            f"Signed for the wrong service: the scope of X-Amz-Credential has to name "
            f"{report.host.signs} for this host{_special(report.host.kind)}.",
            f"S3 answers {text}",
            "Let the SDK's client for S3 sign; for an access point, with its ARN as the bucket.",
        )
    elif "is wrong; expecting" in text and partition_of(report.host.region) is None:
        yield fault(
            f"The host names the region {report.host.region}, which botocore doesn't know, and the "
            f"URL is signed for {report.region}: one of them is misspelled.",
            fix="Give the client the bucket's region, and let it make the host.",
        )
    elif "is wrong; expecting" in text:
        yield fault(
            f"Signed for region {report.region}, but the host is in {report.host.region}: S3 "
            "refuses it.",
            f"S3 answers {text.partition(';')[0]}.",
            "Give the client the bucket's region.",
        )
    elif "less than a week" in text or "which were not signed" in text:
        pass  # said with the figure, or the header, by others
    elif text:
        yield fault(f"S3 refuses this URL: {text}", fix=AGAIN)
    latest = report.ends_at_latest
    if report.temporary and latest and latest < now and "expired" not in text:
        yield fault(
            f"The session of the key that signed has ended, at the latest on {iso(latest)}: S3 "
            "answers ExpiredToken.",
            "The key is temporary, and no session lasts longer than 36 hours, whatever "
            "X-Amz-Expires promises.",
            "Sign a new URL, with a session that lasts long enough or with a long-term key.",
        )
