"""What is wrong with a presigned URL, what may be, and what it leaves open.

Everything that S3 decides is asked of `rules`; what is found here is why it decides so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import unquote

from ..rules import query_auth, sigv4
from ..rules.inputs import NOT_CARRIED_OUT, RULES
from ..rules.limits import GIB, MAX_PUT
from ..rules.public_access import PUBLIC_ACLS
from .hosts import OWN
from .url_damage import AGAIN, NEW_URL, damaged, host_faults, refused
from .url_sent import about_sent
from .verdict import Finding, fault, note
from .words import count, duration, shown

if TYPE_CHECKING:
    from ..rules.request import Request
    from .pasted import Pasted
    from .url import UrlReport

_BUILT_IN_REGION = "us-east-1"


def findings_about(
    report: UrlReport, request: Request, pasted: Pasted, now: datetime
) -> tuple[Finding, ...]:
    """Everything that was found, in the order in which it matters."""
    values = {name.lower(): value for name, value in request.query}
    method = pasted.method
    found = [*damaged(report, request, pasted), *host_faults(report, request)]
    if not found or all(not each.fault for each in found):
        found += refused(report, now)
    found += [
        *about_sent(report, values, pasted),
        *_where(report, request),
        *_how_long(report, now),
        *_parameters(report, request, values),
        *_left_open(report, values, method),
    ]
    return tuple(found)


# Where it goes.


def _where(report: UrlReport, request: Request) -> Iterator[Finding]:
    host = report.host
    if not request.secure and host.kind.endswith(" access point"):
        yield note("http, not https: access points accept https alone.")
    elif not request.secure and host.style != "path" and host.aws:
        yield note(
            "http, not https: anyone on the way can read the URL and use it until it expires."
        )
    elif not request.secure and host.place != "computer":
        yield note(
            "http, not https: anyone who listens on the way can use the URL until it expires."
        )
    if host.warning and not (host.kind.endswith("global") and report.region == _BUILT_IN_REGION):
        yield note(host.warning)
    yield from _regions(report)
    if host.style == "path" and host.aws and not host.faults:
        yield note(
            "Path style: AWS still supports it, but recommends virtual-hosted style "
            "(addressing_style virtual)."
        )
    if host.name.endswith(".s3.amazonaws.com") and not report.key and "/" not in host.bucket:
        yield note("There is no key: the URL names the bucket itself.")
    if host.style == "virtual" and host.bucket and report.key.startswith(f"{host.bucket}/"):
        yield note(
            f"The bucket's name is in the host and again in the path, so the key begins with "
            f"{shown(host.bucket)}/. Was the bucket part of endpoint_url too, or of the key?"
        )
    yield from _reachable(report)
    spaced = re.search(r"\+", request.path)
    if spaced:
        yield note(
            "The key has plus signs: in a path, + is a plus sign. If spaces were meant, they must "
            "be %20, when it is signed and when it is sent."
        )
    if "%25" in request.path and re.search("%25[0-9A-Fa-f]{2}", request.path):
        yield note(
            f"The path has {shown(re.search('%25[0-9A-Fa-f]{2}', request.path)[0])}: "  # type: ignore[index]
            "was the key encoded twice? Then S3 looks for a key with percent signs in it."
        )


def _regions(report: UrlReport) -> Iterator[Finding]:
    host = report.host
    if report.version != 4 or report.several_regions:
        return
    own = host.service.regions if host.service else ()
    if not host.region and own and "*" not in own and report.region not in ("", *own):
        yield fault(
            f"{host.kind} knows no region {report.region}: it signs for {own[0]}.",
            fix=f'Give the client region_name="{own[0]}".',
        )
    if host.region in ("", report.region):
        return
    if host.aws:
        if not report.refusal or "is wrong; expecting" not in report.refusal:
            yield fault(
                f"Signed for region {report.region}, but the host is in {host.region}: S3 refuses "
                "it.",
                fix="Give the client the bucket's region.",
            )
    elif (
        host.service
        and report.region not in host.service.regions
        and "*" not in host.service.regions
    ):
        yield fault(
            f"The host is in {host.region}, but it was signed for {report.region}: another region.",
            fix=f"Give the client the region {host.region}.",
        )


def _reachable(report: UrlReport) -> Iterator[Finding]:
    host = report.host
    name = re.sub(r":\d*$", "", host.name)
    public = (
        "The host is signed, so it can't be replaced afterwards: sign with endpoint_url set to the "
        "public address."
    )
    if host.place == "computer":
        yield note(
            "A host on this computer: only programs here can reach it, and many local stand-ins "
            "for S3 accept URLs that AWS refuses. A success here does not prove one on AWS."
        )
    elif host.place == "container":
        yield note(
            f"{shown(name)} is a name inside a network, as Docker gives it to a container: "
            f"browsers and other computers don't know it. {public}"
        )
    elif host.place == "network":
        yield note(f"A private address: only computers in the same network reach it. {public}")
    elif host.kind == OWN and not host.warning:
        yield note(
            "The host is signed. If a proxy or your own domain is in front of S3, S3 sees another "
            "host and answers SignatureDoesNotMatch: sign the host that S3 will see. The path is "
            f"signed too: a proxy that adds or strips a prefix (such as {_first(report)}) breaks "
            "the signature."
        )


def _first(report: UrlReport) -> str:
    return f"/{shown(report.key.partition('/')[0], 40)}/" if "/" in report.key else "/storage/"


# How long.


def _how_long(report: UrlReport, now: datetime) -> Iterator[Finding]:
    if report.expires is not None and report.expires > sigv4.MAX_EXPIRES:
        yield fault(
            f"{count(report.expires, 'second')} ({duration(report.expires)}) are more than S3 "
            f"allows: {sigv4.MAX_EXPIRES:,} (7 days).",
            "boto3 signs it without a warning; S3 refuses it every time.",
            NEW_URL,
        )
    elif report.expires is not None and report.expires <= 0:
        yield fault("It had expired when it was signed: ExpiresIn must be greater than 0.")
    latest = report.ends_at_latest
    over = bool(latest and latest < now)
    if report.temporary and report.expires is not None and report.expires > 3600 and not over:
        yield note(
            f"It promises {duration(report.expires)}, but was signed with a temporary key: it ends "
            "with the session, often after 1 hour (ExpiredToken)."
        )
    if report.ends and now <= report.ends and not over:
        yield note(
            "It works until it expires, for anyone who has it, any number of times. To revoke it, "
            "deactivate the key or deny its owner the action."
        )


# What the parameters do.

# What nobody signs: https://support.google.com/analytics/answer/10917952 and others' of its kind.
_TRACKING = re.compile(r"utm_\w{1,30}|fbclid|gclid|dclid|msclkid|twclid|yclid|igshid|mc_[ce]id|"
                       r"_hsenc|_hsmi|mkt_tok|_ga|_gl|vero_id|li_fat_id")  # fmt: skip


def _parameters(report: UrlReport, request: Request, values: dict[str, str]) -> Iterator[Finding]:
    names = [name for name, _ in request.query]
    if report.version == 4 and "X-Amz-Signature" in names:
        own = {*query_auth.REQUIRED, query_auth.TOKEN}
        after = [
            n for n in names[names.index("X-Amz-Signature") + 1 :] if n not in own and n != "x-id"
        ]
        if added := [name for name in names if _TRACKING.fullmatch(name)]:
            yield fault(
                f"{', '.join(shown(n, 60) for n in added[:5])} was added to the URL: the signature "
                "covers every parameter, so S3 answers 403 SignatureDoesNotMatch.",
                "Programs for mail, advertising and statistics add such parameters to links.",
                "Take it out of the URL again, or turn the tracking off for these links.",
            )
            after = [name for name in after if name not in added]
        if after:
            yield note(
                f"{', '.join(shown(n, 60) for n in after[:5])} comes after X-Amz-Signature. Most "
                "signers write the signature last: if it was added after signing, S3 answers 403 "
                "SignatureDoesNotMatch, for the signature covers every parameter."
            )
    if report.version == 4 and "content-type" in values:
        yield note(
            "Content-Type is a parameter in the query here: in Version 4 it binds nothing. S3 does "
            "not compare it with the header; sign the header content-type for that."
        )
    for name in report.send:
        if name.startswith("x-amz-") and not _known_header(name):
            yield note(
                f"{name} is signed, but it is not a header of S3's: probably a header of the "
                "signer's own HTTP client, signed by mistake. The client must send it all the same."
            )
    if report.version == 4 and report.send and "host" not in report.send:
        encoded = any("%" in name for name in report.send)
        yield fault(
            "X-Amz-SignedHeaders does not name host, so S3 refuses it (HeadersNotSigned: host).",
            "It was percent-encoded twice." if encoded else "Every signature must cover host.",
            AGAIN,
        )


def _known_header(name: str) -> bool:
    families = ("x-amz-meta-", "x-amz-checksum-", "x-amz-grant-")
    return name in RULES or name in NOT_CARRIED_OUT or name in _ALSO or name.startswith(families)


# Headers of SDKs and of the signature itself, which are no inputs of an operation.
_ALSO = (
    *("x-amz-date", "x-amz-content-sha256", "x-amz-security-token", "x-amz-user-agent"),
    *("x-amz-s3session-token", "x-amz-trailer", "x-amz-decoded-content-length"),
)


def _left_open(report: UrlReport, values: dict[str, str], method: str) -> Iterator[Finding]:
    for_reading = method in ("GET", "HEAD", "DELETE", "OPTIONS") or _reads_only(values)
    maybe = "" if method == "PUT" or values.get("x-id") == "PutObject" else "If it is for PUT: "
    if report.version == 2:
        yield from _version_2(values, for_reading)
    elif (
        not for_reading
        and report.send
        and (report.host.aws or report.host.service or report.host.place)
    ):
        if "content-type" not in report.send:
            yield note(
                f"{maybe}content-type is not signed, so the uploader can label the "
                "object with any type, even text/html. boto3 signs it with ContentType=…, the "
                'JavaScript SDK v3 only with signableHeaders: new Set(["content-type"]).'
            )
        if "content-length" not in report.send:
            size = f"{maybe}the size" if maybe else "The size"
            yield note(
                f"{size} is not limited, up to S3's {MAX_PUT // GIB} GiB. You "
                "can sign an exact size (ContentLength=…), and a range only in a POST form."
            )
    for name in ("x-amz-acl", "acl"):
        if values.get(name) in PUBLIC_ACLS and (report.version == 2 or _spelled(report, name)):
            yield note(
                f"It makes the object public ({name}={values[name]}). New buckets refuse ACLs; in "
                "one that does not, anyone can read the object for ever."
            )
    if "x-amz-acl" in report.send:
        yield note(
            "An ACL is signed. New buckets refuse ACLs (AccessControlListNotSupported); in others, "
            "public-read opens the object to everybody. Leave it out."
        )
    if "x-amz-server-side-encryption-customer-key" in values:
        yield note(
            "x-amz-server-side-encryption-customer-key is in the query: it is the customer's key "
            "(SSE-C) itself, for all who see the URL. Sign it as a header instead, and give the "
            "key to the client alone."
        )
    if checksum := next((n for n in values if n.startswith("x-amz-checksum-crc")), ""):
        yield note(_checksum_warning(checksum, values[checksum]))


def _spelled(report: UrlReport, name: str) -> bool:
    """S3 reads x-amz-acl in small letters only."""
    return any(unquote(part.text[1:]).partition("=")[0] == name for part in report.parameters)


def _version_2(values: dict[str, str], for_reading: bool) -> Iterator[Finding]:
    if values.get("expires", "").isdecimal() and len(values["expires"]) > 12:
        yield note(
            "Expires has more than 12 digits: is it in milliseconds? S3 wants seconds since 1970, "
            "and would let this URL live for thousands of years."
        )
    yield note(
        "Signature Version 2: buckets made since June 2020 and newer regions refuse it "
        '("Please use AWS4-HMAC-SHA256"). Sign with Config(signature_version="s3v4") and a '
        "region. Its lifetime has no limit, and size and conditions cannot be signed."
    )
    if "content-type" not in values and not for_reading:
        yield note(
            "If it is for PUT: Version 2 signs the Content-Type, even if there is none. A "
            "client that adds one gets 403 SignatureDoesNotMatch."
        )


def _checksum_warning(name: str, value: str) -> str:
    if value == "AAAAAA==":
        return (
            f"{name}=AAAAAA== is the checksum of nothing, which the JavaScript SDK v3 adds to the "
            "URL of an upload. AWS ignores it there; R2, Garage and others compare it with the "
            'file and refuse. Sign with requestChecksumCalculation: "WHEN_REQUIRED".'
        )
    return f"{name} is in the query: it is signed, but AWS compares only checksums in headers."


def _reads_only(values: dict[str, str]) -> bool:
    operation = values.get("x-id", "")
    reading = operation.startswith(("Get", "Head", "List"))
    return reading or any(name.startswith("response-") for name in values)
