"""Read a presigned URL: what each part says, when it expires, what the client must send.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote, urlsplit

from ..errors import InspectError
from ..redact import HIDDEN, redact_key
from ..rules import query_auth, sigv4
from ..rules.authentication import Endpoint, Verifier, iso
from ..rules.decision import Decision
from ..rules.errors import InvalidAccessKeyId, InvalidURI, S3Error
from ..rules.limits import MAX_KEY
from ..rules.request import Request
from .hosts import Host, read_host
from .parameters import meaning
from .paste import find_url
from .url_warnings import warnings_about
from .words import (
    Part,
    Readable,
    bullets,
    count,
    duration,
    hide,
    is_secret,
    listing,
    moment,
    one_line,
    shown,
    time_left,
    utc_now,
)

# The longest session that STS issues, by GetSessionToken and GetFederationToken.
MAX_SESSION = timedelta(hours=36)
_FOREIGN = (
    ("key-pair-id", "a CloudFront signed URL (it has Key-Pair-Id), which CloudFront checks"),
    ("x-goog-signature", "a signed URL of Google Cloud Storage (X-Goog-Signature)"),
    ("googleaccessid", "a signed URL of Google Cloud Storage (GoogleAccessId)"),
    ("ossaccesskeyid", "a signed URL of Alibaba Cloud OSS (OSSAccessKeyId)"),
    ("sig", "an Azure storage URL with a shared access signature (sig)"),
)

_NOT_KNOWN_HERE = {
    4: "As far as the URL shows: only S3 can check signature, key and permission.",
    2: "If this bucket still accepts Signature Version 2; and only S3 can check signature, key and "
    "permission.",
}


@dataclass(frozen=True, repr=False)
class UrlReport(Readable):
    """What a presigned URL says. Holds neither signature nor session token.

    `facts` is the summary; `segments` are the pieces of the URL in order, whose `text`s together
    are the URL with its secrets hidden. `expires` is in seconds; `ends` is what the parameters
    say, `ends_at_latest` what the kind of credential allows. `bucket`, `key` and `region` are ""
    if the URL does not name them. `send` are the headers that a client must send, in lower case.
    `refusal` is what S3 would answer now, as far as that can be known without the key.
    """

    version: int
    host: Host
    bucket: str
    key: str
    region: str
    access_key: str
    temporary: bool
    signed_at: datetime | None
    expires: int | None
    ends: datetime | None
    ends_at_latest: datetime | None
    send: tuple[str, ...]
    refusal: str = ""
    facts: tuple[Part, ...] = ()
    segments: tuple[Part, ...] = ()
    warnings: tuple[str, ...] = ()
    repairs: tuple[str, ...] = ()

    @property
    def parameters(self) -> tuple[Part, ...]:
        """The segments that are query parameters."""
        return tuple(part for part in self.segments if part.text[:1] in ("?", "&"))

    @property
    def redacted(self) -> str:
        """The URL without its secrets."""
        return "".join(part.text for part in self.segments)

    def __str__(self) -> str:
        lines = [f"Presigned URL, Signature Version {self.version}", *listing(self.facts)]
        lines += ["Parameters", *listing(self.parameters)]
        if self.warnings:
            lines += ["Look out", *bullets(self.warnings)]
        if self.repairs:
            lines += ["In what was pasted", *bullets(self.repairs, "-")]
        return "\n".join(lines)


def inspect_url(text: str, now: datetime | None = None) -> UrlReport:
    """Read the first presigned URL in `text`, even in quotes, HTML or a curl command.

    `now` is the moment at which it is judged (default: now). Raises `InspectError` if there is no
    presigned S3 URL.

        print(inspect_url("https://my-bucket.s3.eu-west-2.amazonaws.com/a.txt?X-Amz-Algorithm=…"))
    """
    now = utc_now() if now is None else now.astimezone(UTC)
    pasted = find_url(text)
    try:
        parts = urlsplit(pasted.url)
        if not parts.hostname:
            raise ValueError("it has no host")
    except ValueError as problem:
        raise InspectError(f"This is not a whole URL: {shown(problem)}. Copy it again.") from None
    url = pasted.url.partition("#")[0]
    request = Request.build("GET", url if parts.path else url.replace("?", "/?", 1))
    host = read_host(parts.netloc)
    try:
        _ = request.query, request.decoded_path
    except (InvalidURI, UnicodeError):
        raise InspectError(
            "The URL's percent-encoding is not UTF-8. Copy the URL again, or encode the key as "
            "UTF-8 before signing."
        ) from None
    names = {name.lower() for name, _ in request.query}
    if query_auth.is_presigned(request) or any(
        name in names for name in map(str.lower, query_auth.REQUIRED)
    ):
        report = _version_4(request, host, now)
    elif {"awsaccesskeyid", "signature"} & names and "key-pair-id" not in names:
        report = _version_2(request, host, now)
    else:
        raise InspectError(_no_presigned(names, host))
    report = replace(report, segments=_segments(url, host), repairs=pasted.repairs)
    return replace(report, warnings=warnings_about(report, request, pasted, now))


def _no_presigned(names: set[str], host: Host) -> str:
    for name, words in _FOREIGN:
        if name in names:
            return f"This is {words}. Only presigned URLs of S3 are read here."
    what = "an S3 URL" if host.aws else "a URL"
    return (
        f"This is {what} without a signature: X-Amz-Signature and its five companions (or, in "
        "Version 2, AWSAccessKeyId, Expires and Signature) are missing. Was it cut off at the ?"
    )


def _version_4(request: Request, host: Host, now: datetime) -> UrlReport:
    # S3 knows these names in one spelling only; the others are explained too, with a warning.
    values = {name.lower(): value for name, value in reversed(request.query)}
    credential = values.get("x-amz-credential", "").split("/")
    access_key = credential[0]
    region = credential[2] if len(credential) > 2 else ""
    temporary = access_key.startswith("ASIA") or "x-amz-security-token" in values
    signed_at = _amz_date(values.get("x-amz-date", ""))
    expires = _whole_number(values.get("x-amz-expires", ""))
    ends = _plus(signed_at, expires)
    latest = ends
    if temporary and ends and signed_at:
        latest = min(ends, _plus(signed_at, int(MAX_SESSION.total_seconds())) or ends)
    signed = [name for name in values.get("x-amz-signedheaders", "").split(";") if name]
    bucket, key = _bucket_and_key(request, host)
    report = UrlReport(
        version=4,
        host=host,
        bucket=bucket,
        key=key,
        region=shown(region or host.region),
        access_key=redact_key(access_key),
        temporary=temporary,
        signed_at=signed_at,
        expires=expires,
        ends=ends,
        ends_at_latest=latest,
        send=tuple(shown(name) for name in signed),
        refusal=_refusal(request, host, region, now),
    )
    return replace(report, facts=_facts(report, now))


def _version_2(request: Request, host: Host, now: datetime) -> UrlReport:
    values = {name.lower(): value for name, value in reversed(request.query)}
    access_key = values.get("awsaccesskeyid", "")
    since_1970 = _whole_number(values.get("expires", ""))
    ends = _plus(datetime(1970, 1, 1, tzinfo=UTC), since_1970)
    temporary = access_key.startswith("ASIA") or "x-amz-security-token" in values
    missing = [n for n in ("AWSAccessKeyId", "Expires", "Signature") if not values.get(n.lower())]
    refusal = ""
    if missing:
        refusal = f"403 AccessDenied: {', '.join(missing)} missing"
    elif ends and now > ends:
        refusal = "403 AccessDenied: Request has expired"
    send = ["host"] + [name for name in ("content-type", "content-md5") if name in values]
    bucket, key = _bucket_and_key(request, host)
    report = UrlReport(
        version=2,
        host=host,
        bucket=bucket,
        key=key,
        region=host.region,
        access_key=redact_key(access_key),
        temporary=temporary,
        signed_at=None,
        expires=None,
        ends=ends,
        ends_at_latest=ends,
        send=tuple(send),
        refusal=refusal,
    )
    return replace(report, facts=_facts(report, now))


def _refusal(request: Request, host: Host, region: str, now: datetime) -> str:
    """What the server's own rule says; only the signing key is not known here."""
    decision = Decision("GET", request.path)
    verifier = Verifier(Endpoint(host.region or region), lambda _: None, now)
    try:
        query_auth.authenticate(request, decision, verifier)
    except InvalidAccessKeyId:
        return ""
    except S3Error as error:
        detail = decision.checks[-1].detail if decision.checks else ""
        more = f" ({detail})" if detail and detail != error.message else ""
        return shown(f"{error.status} {error.code}: {error.message}{more}", 500)
    return ""


def _facts(report: UrlReport, now: datetime) -> tuple[Part, ...]:
    host, facts = report.host, [
        Part(
            "method",
            "not in the URL",
            "It was chosen when the URL was signed and is part of the signature: with a URL for "
            "GET, PUT and even HEAD get 403.",
        )
    ]  # fmt: skip
    unknown = "not known: it may be in the path, or only the host's owner knows it"
    facts.append(Part("bucket", shown(report.bucket) if report.bucket else unknown))
    facts.append(Part("key", key_shown(report.key) or "(none: the bucket itself)"))
    facts.append(Part("host", shown(host.name), host.explanation))
    facts.append(Part("region", report.region or "not in the URL"))
    kind = (
        "a temporary key: it needs its session token and stops working when its session ends"
        if report.temporary
        else "a long-term key of an IAM user (or of the account itself)"
        if report.access_key.startswith("AKIA")
        else "neither AKIA… (long-term) nor ASIA… (temporary): not an AWS key id"
    )
    facts.append(Part("signed by", report.access_key, kind))
    if report.signed_at:
        facts.append(Part("signed at", moment(report.signed_at)))
    if report.expires is not None:
        seconds = count(report.expires, "second")
        facts.append(Part("valid for", f"{duration(report.expires)} ({seconds})"))
    if report.ends:
        facts.append(Part("ends", moment(report.ends), time_left(report.ends, now)))
        facts.append(_earliest_end(report))
    headers = [_header_to_send(name, report) for name in report.send]
    facts.append(Part("client must send", "; ".join(headers) or "none"))
    facts.append(
        Part(
            "S3 says now",
            report.refusal or "nothing against it",
            "" if report.refusal else _NOT_KNOWN_HERE[report.version],
        )
    )
    return tuple(facts)


def _earliest_end(report: UrlReport) -> Part:
    if not report.temporary:
        return Part(
            "may end earlier",
            "only if somebody revokes it",
            "When the key is deactivated or deleted, or its owner loses the permission: S3 checks "
            "at every use.",
        )
    latest = iso(report.ends_at_latest) if report.ends_at_latest else "the URL's own end"
    return Part(
        "may end earlier",
        f"when its session ends, {latest} at the latest",
        "The URL does not say when the session ends. A role's session lasts 1 hour by default and "
        "12 at most, an EC2 instance's up to 6, and no session more than 36.",
    )


def _header_to_send(name: str, report: UrlReport) -> str:
    if name == "host":
        return "host (every client does)"
    if name == "content-length":
        return "content-length (clients do; the body must have exactly the signed length)"
    return f"{name} (the signed value is not in the URL)" if report.version == 4 else name


def _segments(url: str, host: Host) -> tuple[Part, ...]:
    """The URL in pieces, cut from its text so that every character is in one of them."""
    scheme, rest = re.match(r"([A-Za-z]+://)(.*)", url, re.S).groups()  # type: ignore[union-attr]
    cut = min((place for place in map(rest.find, "/?") if place >= 0), default=len(rest))
    netloc, rest = rest[:cut], rest[cut:]
    path, question, query = rest.partition("?")
    secure = "Encrypted on the way." if scheme.lower() == "https://" else "Not encrypted."
    pieces = [Part("scheme", scheme[:-3], secure, scheme)]
    _, at, name = netloc.rpartition("@")
    if at:
        pieces.append(Part("user", HIDDEN, "Credentials, which S3 ignores.", HIDDEN + at))
    size = len(host.bucket)
    if host.bucket and name[:size].lower() == host.bucket:
        pieces.append(Part("bucket", name[:size], "The bucket, in the host name.", name[:size]))
        name = name[size:]
    region = host.region
    before, within, after = name.rpartition(region) if region else ("", "", name)
    if within:
        pieces.append(Part("service", before.strip("."), "Amazon S3.", before))
        pieces.append(Part("region", within, "Where the bucket is.", within))
        pieces.append(Part("domain", after.strip("."), "AWS.", after))
    else:
        pieces.append(Part("host", shown(name), host.kind, hide(name)))
    if host.style == "path" and path.strip("/"):
        first = re.match("/[^/]*", path)
        bucket = first[0] if first else ""
        pieces.append(Part("bucket", shown(bucket[1:]), "The bucket, in the path.", hide(bucket)))
        path = path[len(bucket) :]
    if path:
        label, words = "key", "The object's key, percent-encoded."
        if host.style == "custom":
            label, words = "path", "The key, perhaps with the bucket before it."
        pieces.append(Part(label, key_shown(_decoded(path)[1:]), words, _path_text(path)))
    separator = question
    for item in query.split("&") if question else ():
        name, equals, value = item.partition("=")
        pieces.append(_parameter(separator, name, equals, value))
        separator = "&"
    return tuple(pieces)


def _parameter(separator: str, name: str, equals: str, value: str) -> Part:
    raw, name = hide(separator + name + equals), _decoded(name)
    if is_secret(name) and value:
        return Part(shown(name, 80), HIDDEN, meaning(name), raw + HIDDEN)
    decoded = _decoded(value.replace("+", " "))
    return Part(shown(name, 80), shown(decoded), meaning(name), raw + hide(value))


def _decoded(text: str) -> str:
    return unquote(text, errors="replace")


def _path_text(path: str) -> str:
    return hide(path) if _mangled(path) else path


def key_shown(key: str) -> str:
    """A key that is safe to show: a hash in it stays, what looks like a mangled query is hidden."""
    return shown(key, MAX_KEY) if _mangled(key) else one_line(key, MAX_KEY)


def _mangled(text: str) -> bool:
    return bool(re.search(r"(?i)amz|signature|token|A[KS]IA", text))


def _bucket_and_key(request: Request, host: Host) -> tuple[str, str]:
    path = request.decoded_path.removeprefix("/")
    if host.style == "virtual":
        return host.bucket, path
    if host.style == "path":
        bucket, _, key = path.partition("/")
        return bucket, key
    return "", path


def _amz_date(text: str) -> datetime | None:
    try:
        return sigv4.parse_amz_date(text)
    except ValueError:
        return None


def _whole_number(text: str) -> int | None:
    return int(text) if re.fullmatch(r"[+-]?[0-9]{1,18}", text) else None


def _plus(begin: datetime | None, seconds: int | None) -> datetime | None:
    try:
        return None if begin is None or seconds is None else begin + timedelta(seconds=seconds)
    except OverflowError:
        return None
