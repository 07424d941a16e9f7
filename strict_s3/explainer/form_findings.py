"""What is wrong with a POST form, what it leaves open, and the pieces that it lacks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ..rules import sigv4
from ..rules.authentication import iso
from ..rules.public_access import PUBLIC_ACLS
from .hosts import Host, read_host
from .repair import as_condition, as_field
from .verdict import Finding, fault, note
from .words import Part, duration, is_secret, shown

if TYPE_CHECKING:
    from .form import FormReport
    from .form_read import FoundForm

# The type of an upload, unless a field says otherwise.
_DEFAULT_TYPE = "binary/octet-stream"


def findings_about(
    report: FormReport, form: FoundForm, fields: Mapping[str, str], now: datetime
) -> tuple[Finding, ...]:
    """Everything that was found; first what makes every upload fail."""
    alone = len(fields) == 1  # a policy without its form
    return (
        *_refused(report, now),
        *(() if alone else _order(form)),
        *_sent(form, fields),
        *_host(form.url, report),
        *_lifetime(report, now),
        *_left_open(report, fields),
    )


def _refused(report: FormReport, now: datetime) -> Iterator[Finding]:
    if report.ends and report.ends < now:
        yield fault(
            f"The form has expired: its policy was valid until {iso(report.ends)}.",
            "S3 answers 403 AccessDenied (Invalid according to Policy: Policy expired.).",
            "Make a new form: generate_presigned_post(…, ExpiresIn=seconds).",
        )
    for unmet in report.missing:
        fix = ""
        if unmet.endswith("the field is missing"):
            fix = "Add the field to the form: even a condition that any value meets needs it."
        yield fault(f"A condition isn't met, so S3 answers 403: {unmet}.", fix=fix)
    if "bucket" in report.extra:
        yield fault(
            "No condition names the bucket, so S3 answers 403 (Extra input fields: bucket).",
            "Every form has the bucket that it is sent to, whether it is among the fields or not.",
            'Add {"bucket": "the bucket\'s name"} to the conditions; SDKs do so themselves.',
        )
    extra = [name for name in report.extra if name != "bucket"]
    if extra:
        yield fault(
            f"{', '.join(extra)}: in the fields but in no condition, so S3 answers 403 "
            "(Extra input fields).",
            fix="Add a condition for each when signing; boto3 does not do it.",
        )
    if report.refusal.startswith("400 InvalidPolicy"):
        yield fault(f"S3 cannot read the policy: {report.refusal}", fix=_policy_fix(report.refusal))
    elif (
        report.refusal and not (report.missing or report.extra) and "expired" not in report.refusal
    ):
        yield fault(f"S3 refuses this form: {report.refusal}", fix=_refusal_fix(report.refusal))


def _policy_fix(refusal: str) -> str:
    if "expiration" in refusal:
        return "Write the expiration in UTC like 2026-11-26T12:00:00.000Z."
    if "values must be strings" in refusal or "value must be a string" in refusal:
        return 'Write numbers as text: {"success_action_status": "201"}.'
    if "Unexpected" in refusal:
        return "A policy has expiration and conditions, and nothing else."
    return "Let an SDK make the policy (generate_presigned_post)."


def _refusal_fix(refusal: str) -> str:
    if "must contain a field named" in refusal:
        return "Send every field that the SDK returned, before the file."
    return "Send the fields exactly as the SDK returned them."


def _order(form: FoundForm) -> Iterator[Finding]:
    after = form.fields_after_file
    if after:
        names = ", ".join(shown(name, 60) for name in after[:8])
        yield fault(
            f"The file comes before other fields, and it must be last: S3 ignores the fields after "
            f"the file, here {names}.",
            "S3 then answers 400 InvalidArgument (Bucket POST must contain a field named 'key').",
            "Append the file as the last field.",
        )
    elif after is None:
        yield note("S3 ignores every field after the file: append the file last.")


def _sent(form: FoundForm, fields: Mapping[str, str]) -> Iterator[Finding]:
    for problem in form.problems:
        yield fault(shown(problem, 400))
    signature = fields.get("x-amz-signature", "")
    if signature and not re.fullmatch("[0-9a-f]{64}", signature):
        yield fault(
            f"The signature has {len(signature)} characters; it must have 64 hexadecimal digits in "
            "small letters.",
            "It was cut off or changed.",
            "Copy the whole form again.",
        )
    credential = fields.get("x-amz-credential", fields.get("awsaccesskeyid", ""))
    if credential.startswith("ASIA") and "x-amz-security-token" not in fields:
        yield fault(
            "A temporary key (ASIA…) without the field x-amz-security-token: S3 answers "
            "InvalidAccessKeyId.",
            fix="Sign with all three: key id, secret key and session token, and send every field.",
        )


def _host(url: str, report: FormReport) -> Iterator[Finding]:
    if not url:
        return
    try:
        host = read_host(urlsplit(url).netloc)
        path = urlsplit(url).path
    except ValueError:
        yield fault(f"The form's url is not a URL: {shown(url)}.")
        return
    for text in host.faults:
        yield fault(text)
    if host.warning and not (host.kind.endswith("global") and report.region == "us-east-1"):
        yield note(host.warning)
    if host.service and host.service.no_forms:
        yield fault(
            f"{host.service.name} does not support POST forms (501 NotImplemented).",
            fix="Sign a PUT instead (generate_presigned_url with put_object) and send the file as "
            "the body.",
        )
    if (
        host.region
        and report.version == 4
        and host.region != report.region
        and _binds(host, report.region)
    ):
        yield fault(
            f"Signed for region {report.region}, but the host is in {host.region}.",
            fix="Give the client the bucket's region.",
        )
    extra = path.strip("/") if host.style == "virtual" else path.strip("/").partition("/")[2]
    if extra and host.aws:
        yield fault(
            f"The form is sent to {shown(path)}; it must go to the bucket itself (405 "
            "MethodNotAllowed).",
            fix="The key belongs in the field key, not in the URL.",
        )


def _binds(host: Host, region: str) -> bool:
    others = host.service.regions if host.service else ()
    return "*" not in others and region not in others


def _lifetime(report: FormReport, now: datetime) -> Iterator[Finding]:
    if report.version == 2:
        yield note(
            "Signature Version 2 (AWSAccessKeyId, signature): newer regions and buckets refuse it; "
            "buckets made before June 2020 in old regions still accept it. "
            'Sign with Config(signature_version="s3v4") and a region.'
        )
    if report.ends and report.ends - now > timedelta(seconds=sigv4.MAX_EXPIRES):
        yield note(
            f"It ends in {duration(report.ends - now)}. A signing key is valid for seven days, so "
            "don't count on more; and anyone who has the form can upload until then."
        )
    if report.ends and report.temporary and report.ends - now > timedelta(hours=1):
        yield note(
            f"It promises {duration(report.ends - now)}, but was signed with a temporary key: it "
            f"ends with the session (ExpiredToken), not at {iso(report.ends)}."
        )


def _left_open(report: FormReport, fields: Mapping[str, str]) -> Iterator[Finding]:
    if report.policy and report.lengths is None:
        yield note(
            "The size is not limited. Limit it with a condition, in bytes: "
            '["content-length-range", minimum, maximum].'
        )
    if report.policy and not any(text.startswith("key must") for text in report.sentences):
        yield note(
            "Any key is allowed: anyone who has the form can overwrite every object that its "
            "signer can. Fix the key, or require a prefix: "
            '["starts-with", "$key", "user1/"].'
        )
    if "${filename}" in fields.get("key", ""):
        yield note(
            "The key contains the file's name, which the uploader chooses: two files of the same "
            "name overwrite each other."
        )
    demands_type = any(text.startswith("content-type must") for text in report.sentences)
    if "content-type" not in fields and not demands_type and len(fields) > 1:
        yield note(
            f"There is no Content-Type field, so the object is stored as {_DEFAULT_TYPE}, whatever "
            "it is. (S3 ignores the type in the file's own part.)"
        )
    if "x-amz-tagging" in fields:
        yield note(
            "x-amz-tagging sets no tags in a form. The field is called tagging, and has XML: "
            "<Tagging><TagSet><Tag><Key>…</Key><Value>…</Value></Tag></TagSet></Tagging>."
        )
    if "acl" in fields:
        public = fields["acl"] in PUBLIC_ACLS
        yield note(
            f"acl={shown(fields['acl'])}{' makes the object public' if public else ''}: buckets "
            "made since April 2023 refuse ACLs (AccessControlListNotSupported). Leave it out."
        )


def missing_pieces(report: FormReport, fields: Mapping[str, str]) -> Iterator[Part]:
    """The conditions and fields that the form lacks, to copy."""
    for name in report.extra:
        value = report.bucket if name == "bucket" else fields.get(name.lower(), "")
        yield as_condition(name, "" if is_secret(name) or len(value) > 200 else shown(value))
    for unmet in report.missing:
        exact = re.match(r"([\w-]+) must be exactly `([^`]*)`: the field is missing", unmet)
        if exact and exact[1] != "bucket" and not is_secret(exact[1]):
            yield as_field(exact[1], exact[2])
            continue
        match = re.match(r"([\w-]+) must (?:be in the form|start with `([^`]*)`)", unmet)
        if match and unmet.endswith("the field is missing"):
            yield as_field(match[1], match[2] or "…")
