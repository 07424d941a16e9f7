"""Read the fields of a POST form: its policy as sentences, and what S3 would refuse.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from ..errors import InspectError
from ..redact import HIDDEN, redact_key
from ..rules import post_policy
from ..rules.authentication import Endpoint, Verifier, iso
from ..rules.decision import Decision
from ..rules.errors import InvalidAccessKeyId, S3Error
from ..rules.limits import GIB, MAX_KEY, MAX_PUT
from ..rules.post_policy import Condition, PostPolicy
from .form_findings import findings_about, missing_pieces
from .form_read import FoundForm, as_fields, find_form
from .hosts import read_host
from .parameters import meaning
from .render import SignedReport, finding_sections, listed
from .verdict import NO_VERDICT, Finding, Verdict, decide
from .words import Part, bullets, count, is_secret, moment, shown, time_left, utc_now

# Fields of Signature Version 2, which need no condition.
VERSION_2 = ("awsaccesskeyid", "signature")
_NOT_KNOWN_HERE = (
    "As far as the form shows: only S3 can check signature and permission, and the size of the "
    "file is not known yet."
)


@dataclass(frozen=True, repr=False)
class FormReport(SignedReport):
    """What a POST form says. Holds neither signature nor session token.

    `sentences` are the policy's conditions in words; `missing` are conditions that the fields do
    not meet, `extra` fields that no condition names (S3 refuses both). `lengths` are the minimum
    and maximum bytes that the policy allows, None without a content-length-range. `policy` is the
    decoded document. `refusal` is what S3 would answer to these fields now, as far as that can be
    known without the key and the file.
    """

    version: int
    bucket: str
    key: str
    region: str
    access_key: str
    temporary: bool
    ends: datetime | None
    lengths: tuple[int, int] | None
    sentences: tuple[str, ...]
    missing: tuple[str, ...]
    extra: tuple[str, ...]
    refusal: str
    policy: Mapping[str, Any]
    facts: tuple[Part, ...] = ()
    fields: tuple[Part, ...] = ()
    findings: tuple[Finding, ...] = ()
    verdict: Verdict = NO_VERDICT
    undone: tuple[str, ...] = ()
    repairs: tuple[Part, ...] = ()

    def sections(self) -> Iterable[tuple[str, list[str]]]:
        yield from finding_sections(self.others)
        yield "Policy: the upload is accepted if", bullets(self.sentences, "-")
        yield listed(f"What this POST form says (Signature Version {self.version})", self.facts)

    def anatomy(self) -> Iterable[tuple[str, list[str]]]:
        yield listed("Fields", self.fields)


def inspect_form(form: Mapping[str, Any] | str, now: datetime | None = None) -> FormReport:
    """Read POST fields: ``post["fields"]``, boto3's whole ``post``, or either as JSON.

    `now` is the moment at which it is judged (default: now). Raises `InspectError` if it has no
    signed policy.

        print(inspect_form(s3.generate_presigned_post("my-bucket", "report.txt")))
    """
    now = utc_now() if now is None else now.astimezone(UTC)
    return read_form(_found(form), now)


def read_form(form: FoundForm, now: datetime) -> FormReport:
    """The report on a form that was found. Raises `InspectError` if it has no policy."""
    url, fields = form.url, form.fields
    lower = {name.lower(): value for name, value in reversed(list(fields.items()))}
    if "policy" not in lower:
        raise InspectError(
            "These fields have no policy. A presigned form has policy, x-amz-signature and "
            'everything else that generate_presigned_post puts into "fields".'
        )
    if "x-goog-signature" in lower or "x-goog-algorithm" in lower:
        raise InspectError(
            "This is a form of Google Cloud Storage (x-goog-signature), not S3's: Google checks it "
            "by its own rules."
        )
    alone = len(lower) == 1  # the policy, without the form that it is for
    signed = "x-amz-signature" in lower or "x-amz-algorithm" in lower
    version = 4 if signed or alone else 2
    credential = lower.get("x-amz-credential", lower.get("awsaccesskeyid", "")).split("/")
    region = credential[2] if len(credential) > 2 else ""
    policy, refusal = _parsed(lower["policy"])
    document = _document(lower["policy"])
    bucket = _bucket(policy, url)
    if policy and not refusal and not alone:
        refusal = _refusal(lower, policy, bucket, region, now)
    unmet = _unmet(policy, lower, bucket)
    report = FormReport(
        version=version,
        bucket=shown(bucket),
        key=shown(lower.get("key", ""), MAX_KEY),
        region=shown(region),
        access_key=redact_key(credential[0]),
        temporary=credential[0].startswith("ASIA") or "x-amz-security-token" in lower,
        ends=policy.expiration if policy else None,
        lengths=_lengths(policy),
        sentences=tuple(_sentences(policy)),
        missing=tuple(each for each in unmet if not alone or "can never be met" in each),
        extra=() if alone else tuple(shown(name) for name in _extra(policy, lower)),
        refusal=refusal,
        policy=document,
    )
    return _finished(report, form, lower, now)


def _finished(
    report: FormReport, form: FoundForm, lower: Mapping[str, str], now: datetime
) -> FormReport:
    findings = findings_about(report, form, lower, now)
    until = (
        f"; it is valid until {iso(report.ends)} ({time_left(report.ends, now)})"
        if report.ends
        else ""
    )
    what = "policy" if len(lower) == 1 else "POST form"
    verdict, _ = decide(findings, f"Nothing is wrong with this {what} as such{until}.")
    if not verdict.fault and len(lower) > 1:
        verdict = replace(verdict, why=_NOT_KNOWN_HERE)
    return replace(
        report,
        facts=tuple(
            fact
            for fact in _facts(report, form.url, now)
            if len(lower) > 1 or fact.label not in ("key", "region", "signed by")
        ),
        fields=tuple(_field(name, value) for name, value in form.fields.items()),
        findings=tuple(sorted(findings, key=lambda each: not each.fault)),
        verdict=verdict,
        undone=form.undone,
        repairs=tuple(missing_pieces(report, lower)),
    )


def _found(form: Mapping[str, Any] | str) -> FoundForm:
    """The URL ("" if there is none) and the fields as text."""
    if isinstance(form, str):
        if found := find_form(form):
            return found
        try:
            form = json.loads(form)
        except (ValueError, RecursionError):
            raise InspectError(
                "This is not JSON. Paste the form as json.dumps(post) writes it: "
                '{"url": …, "fields": {…}}.'
            ) from None
    if not isinstance(form, Mapping):
        raise InspectError('A form must be a dict of fields, or {"url": …, "fields": {…}}.')
    if isinstance(form.get("fields"), str | int | float | None) and "fields" in form:
        raise InspectError('"fields" must be a dict of field names and values.')
    url, fields = as_fields(form) or (str(form.get("url", "")), form.get("fields", form))
    if not isinstance(fields, Mapping):
        raise InspectError('"fields" must be a dict of field names and values.')
    return FoundForm(url, {str(name): str(value) for name, value in fields.items()})


def _parsed(encoded: str) -> tuple[PostPolicy | None, str]:
    try:
        return post_policy.parse_post_policy(encoded), ""
    except S3Error as error:
        return None, shown(f"{error.status} {error.code}: {error.message}")


def _document(encoded: str) -> Mapping[str, Any]:
    try:
        document = json.loads(base64.b64decode(encoded).decode())
    except (binascii.Error, ValueError, RecursionError):
        return {}
    if not isinstance(document, dict):
        return {}
    conditions = document.get("conditions")
    if isinstance(conditions, list):
        document["conditions"] = [_without_secret(condition) for condition in conditions]
    return document


def _without_secret(condition: Any) -> Any:
    """The policy names the session token too."""
    if isinstance(condition, dict):
        return {n: HIDDEN if is_secret(str(n)) else value for n, value in condition.items()}
    if isinstance(condition, list) and len(condition) == 3 and is_secret(str(condition[1])):
        return [*condition[:2], HIDDEN]
    return condition


def _bucket(policy: PostPolicy | None, url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    if parts.netloc:
        host = read_host(parts.netloc)
        if host.bucket or host.style == "path":
            return host.bucket or parts.path.strip("/").partition("/")[0]
    for condition in policy.conditions if policy else ():
        if condition.field == "$bucket" and condition.operator == "eq":
            return condition.value
    return ""


def _refusal(
    fields: Mapping[str, str], policy: PostPolicy, bucket: str, region: str, now: datetime
) -> str:
    """What the server's own rules say about the form; only the signing key is not known here."""
    decision = Decision("POST", "/")
    if "x-amz-signature" not in fields:  # of Version 2; old buckets in old regions accept it
        fields = {name: value for name, value in fields.items() if name not in VERSION_2}
    try:
        verifier = Verifier(Endpoint(region), lambda _: None, now)
        if "x-amz-signature" in fields or "x-amz-algorithm" in fields:
            post_policy.authenticate(fields, decision, verifier)
    except InvalidAccessKeyId:
        pass
    except S3Error as error:
        return shown(f"{error.status} {error.code}: {error.message}")
    if not fields.get("key"):
        missing = post_policy.missing_field("key")
        return shown(f"{missing.status} {missing.code}: {missing.message}")
    try:
        post_policy.check(policy, fields, bucket, decision, now)
    except S3Error as error:
        return shown(f"{error.status} {error.code}: {error.message}")
    return ""


def _lengths(policy: PostPolicy | None) -> tuple[int, int] | None:
    if policy is None or not policy.lengths:
        return None
    minimums, maximums = zip(*policy.lengths, strict=True)
    return max(minimums), min(maximums)


def sentence(condition: Condition) -> str:
    """A condition in words: ``key must start with `user1/```."""
    name = shown(condition.field.removeprefix("$"), 80)
    value = shown(HIDDEN if is_secret(name) else condition.value)
    if not condition.field.startswith("$"):
        return (
            f"{name}: this condition can never be met, because its field is written without $ "
            f'(write "${name}")'
        )
    if condition.operator == "eq":
        return f"{name} must be exactly `{value}`"
    if not condition.value:
        return f"{name} must be in the form, and can be anything"
    return f"{name} must start with `{value}`"


def _sentences(policy: PostPolicy | None) -> Iterator[str]:
    if policy is None:
        return
    yield f"it begins before {moment(policy.expiration)}"
    for condition in policy.conditions:
        yield sentence(condition)
    for minimum, maximum in policy.lengths:
        yield f"the file has {minimum:,} to {count(maximum, 'byte')}"


def _unmet(policy: PostPolicy | None, fields: Mapping[str, str], bucket: str) -> Iterator[str]:
    """Conditions that the fields do not meet, each checked by the server's own rule."""
    for condition in policy.conditions if policy else ():
        name = condition.field.removeprefix("$")
        if not post_policy.holds(condition, fields, bucket):
            reason = f"it is `{shown(fields[name])}`" if name in fields else "the field is missing"
            if name == "bucket":
                reason = f"the upload goes to `{shown(bucket)}`" if bucket else "there is no URL"
            if is_secret(name):
                reason = "it is a different one"
            yield f"{sentence(condition)}: {reason}"


def _extra(policy: PostPolicy | None, fields: Mapping[str, str]) -> list[str]:
    """Fields that no condition names, by the server's own rule."""
    if policy is None:
        return []
    free = () if "x-amz-signature" in fields else VERSION_2
    return [name for name in post_policy.extra_fields(policy, fields) if name not in free]


def _facts(report: FormReport, url: str, now: datetime) -> Iterator[Part]:
    yield Part("method", "POST", "Form data (multipart/form-data), the file as its last field.")
    if url:
        yield Part("url", shown(url))
    yield Part("bucket", report.bucket or "not named; give the URL too")
    yield Part("key", report.key or "(no key field)")
    yield Part("region", report.region or "not in the form")
    kind = (
        "a temporary key: it stops working when its session ends"
        if report.temporary
        else "a long-term key"
    )
    yield Part("signed by", report.access_key or "nobody", kind if report.access_key else "")
    if report.ends:
        yield Part("ends", moment(report.ends), time_left(report.ends, now))
    size = f"not limited, up to S3's {MAX_PUT // GIB} GiB"
    if report.lengths:
        minimum, maximum = report.lengths
        size = f"{minimum:,} to {maximum:,} bytes"
    yield Part("file size", size)
    if report.refusal:
        yield Part("S3 answers", report.refusal)


def _field(name: str, value: str) -> Part:
    if is_secret(name):
        return Part(shown(name, 80), HIDDEN, meaning(name, in_form=True))
    if name.lower() == "policy":
        size = count(len(value), "character")
        return Part(name, f"{size} of base64", meaning(name, in_form=True))
    return Part(shown(name, 80), shown(value), meaning(name, in_form=True))
