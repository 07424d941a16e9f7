"""Read a presigned URL: what each part says, when it expires, what the client must send.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from ..errors import InspectError
from ..redact import redact_key
from ..rules import query_auth, sigv4
from ..rules.authentication import Endpoint, Verifier, iso
from ..rules.decision import Decision
from ..rules.errors import InvalidAccessKeyId, InvalidURI, S3Error
from ..rules.request import Request
from .hosts import Host, read_host
from .pasted import Pasted, find_url
from .render import SignedReport, finding_sections, listed
from .repair import as_command
from .services import Foreign, find_foreign
from .url_facts import facts_of, segments_of
from .url_findings import findings_about
from .verdict import NO_VERDICT, Finding, Verdict, decide
from .words import Part, shown, time_left, utc_now

# The longest session that STS issues, by GetSessionToken and GetFederationToken.
MAX_SESSION = timedelta(hours=36)

_NOT_KNOWN_HERE = {
    4: "As far as the URL shows: only S3 can check signature, key and permission.",
    2: "If this bucket still accepts Signature Version 2; and only S3 can check signature, key and "
    "permission.",
}


@dataclass(frozen=True, repr=False)
class UrlReport(SignedReport):
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
    several_regions: bool = False
    facts: tuple[Part, ...] = ()
    segments: tuple[Part, ...] = ()
    findings: tuple[Finding, ...] = ()
    verdict: Verdict = NO_VERDICT
    undone: tuple[str, ...] = ()
    repairs: tuple[Part, ...] = ()

    @property
    def parameters(self) -> tuple[Part, ...]:
        """The segments that are query parameters."""
        return tuple(part for part in self.segments if part.text[:1] in ("?", "&"))

    @property
    def redacted(self) -> str:
        """The URL without its secrets."""
        return "".join(part.text for part in self.segments)

    def sections(self) -> Iterable[tuple[str, list[str]]]:
        yield from finding_sections(self.others)
        yield listed(
            f"What this presigned URL says (Signature Version {self.signed_with})", self.facts
        )

    def anatomy(self) -> Iterable[tuple[str, list[str]]]:
        yield listed("Parameters", self.parameters)

    @property
    def signed_with(self) -> str:
        """``4``, ``4A`` (for several regions) or ``2``."""
        return f"{self.version}{'A' if self.several_regions else ''}"


def inspect_url(text: str, now: datetime | None = None) -> UrlReport:
    """Read the first presigned URL in `text`, even in quotes, HTML or a curl command.

    `now` is the moment at which it is judged (default: now). Raises `InspectError` if there is no
    presigned S3 URL.

        print(inspect_url("https://my-bucket.s3.eu-west-2.amazonaws.com/a.txt?X-Amz-Algorithm=…"))
    """
    return read_url(find_url(text), utc_now() if now is None else now.astimezone(UTC))


def read_url(pasted: Pasted, now: datetime) -> UrlReport:
    """The report on a URL that was found. Raises `InspectError` if it isn't presigned for S3."""
    try:
        parts = urlsplit(pasted.url)
        if not parts.hostname:
            raise ValueError("it has no host")
    except ValueError as problem:
        raise InspectError(f"This is not a whole URL: {shown(problem)}. Copy it again.") from None
    url = pasted.url.partition("#")[0]
    host = read_host(parts.netloc)
    if "…" in url:
        raise InspectError(SHORTENED)
    request = Request.build(
        pasted.method or "GET",
        url if parts.path else url.replace("?", "/?", 1),
        [(name, value) for name, value in pasted.headers if name != "host"],
    )
    try:
        _ = request.query, request.decoded_path
    except (InvalidURI, UnicodeError):
        raise InspectError(
            "The URL's percent-encoding is not UTF-8. Copy the URL again, or encode the key as "
            "UTF-8 before signing."
        ) from None
    names = {name.lower() for name, _ in request.query}
    foreign = find_foreign(names, parts.netloc.lower())
    if query_auth.is_presigned(request) or any(
        name in names for name in map(str.lower, query_auth.REQUIRED)
    ):
        report = _version_4(request, host, now)
    elif {"awsaccesskeyid", "signature"} & names and foreign is None:
        report = _version_2(request, host, now)
    else:
        raise InspectError(no_presigned(host, foreign))
    facts = report.facts
    if pasted.method:  # it is known, and said below
        facts = tuple(part for part in facts if part.label != "method")
    report = replace(report, segments=segments_of(url, host), facts=facts)
    findings = findings_about(report, request, pasted, now)
    verdict, _ = decide(findings, _well(report, now))
    if not verdict.fault:
        verdict = replace(verdict, why=_NOT_KNOWN_HERE[report.version])
    ordered = sorted(findings, key=lambda each: not each.fault)
    return replace(
        report, findings=tuple(ordered), verdict=verdict, undone=pasted.repairs,
        repairs=tuple(as_command(report, pasted)),
    )  # fmt: skip


SHORTENED = (
    "The URL was shortened: it has an ellipsis (…) where a piece was left out, as programs do that "
    "show it. Copy the whole URL again, from where it was made."
)


def _well(report: UrlReport, now: datetime) -> str:
    ends = report.ends_at_latest
    until = f"; it is valid until {iso(ends)} ({time_left(ends, now)})" if ends else ""
    return f"Nothing is wrong with this URL as such{until}."


def no_presigned(host: Host, foreign: Foreign | None = None) -> str:
    """What to say of a URL that isn't presigned for S3."""
    if foreign:
        return f"This is {foreign.name}. Only presigned URLs of S3 are read here."
    if host.aws and host.faults:
        return host.faults[0]
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
    several = "ECDSA" in values.get("x-amz-algorithm", "") or "x-amz-region-set" in values
    region = credential[2] if len(credential) > 2 and not several else ""
    region = region or values.get("x-amz-region-set", "")
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
        refusal=_refusal(request, host, region, now, several),
        several_regions=several,
    )
    return replace(report, facts=facts_of(report, request.query, now))


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
    return replace(report, facts=facts_of(report, request.query, now))


def _refusal(request: Request, host: Host, region: str, now: datetime, several: bool) -> str:
    """What the server's own rule says; only the signing key is not known here."""
    if several:
        request, region = _as_for_one_region(request), "us-east-1"
    decision = Decision(request.method, request.path)
    # Another service accepts its own regions: what AWS would say of them is no refusal there.
    expected = (host.region if host.aws and not several else "") or region
    verifier = Verifier(Endpoint(expected, host.signs), lambda _: None, now)
    try:
        query_auth.authenticate(request, decision, verifier)
    except InvalidAccessKeyId:
        return ""
    except S3Error as error:
        detail = decision.checks[-1].detail if decision.checks else ""
        more = f" ({detail})" if detail and detail != error.message else ""
        return shown(f"{error.status} {error.code}: {error.message}{more}", 500)
    return ""


def _as_for_one_region(request: Request) -> Request:
    """A request in Version 4A (X-Amz-Region-Set, no region in the scope) in Version 4's terms."""
    pairs = []
    for name, value in request.query:
        if name == "X-Amz-Algorithm":
            value = value.replace("AWS4-ECDSA-P256-SHA256", sigv4.ALGORITHM)
        if name == "X-Amz-Credential" and len(parts := value.split("/")) == 4:
            value = "/".join((*parts[:2], "us-east-1", *parts[2:]))
        pairs.append((name, value))
    return replace(request, query_string=sigv4.encoded_query(pairs))


def _bucket_and_key(request: Request, host: Host) -> tuple[str, str]:
    path = request.decoded_path.removeprefix("/")
    if host.service and host.service.prefix and f"/{path}".startswith(f"{host.service.prefix}/"):
        path = path[len(host.service.prefix) :]
        return path.partition("/")[0], path.partition("/")[2]
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
