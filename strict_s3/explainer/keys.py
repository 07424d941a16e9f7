"""With your own keys the answer is certain: the signature is computed offline, for what arrived and
for its likely variants, and the one that fits is named. Nothing is sent, shown or stored.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from urllib.parse import unquote, urlsplit

from ..errors import InspectError
from ..rules import query_auth, sigv4
from ..rules.authentication import same_signature
from ..rules.errors import S3Error
from ..rules.request import Request
from .decode import from_bytes
from .form_read import find_form
from .pasted import Pasted, find_url
from .render import Report
from .url import UrlReport
from .verdict import Verdict
from .words import shown

_METHODS = ("GET", "PUT", "HEAD", "DELETE", "POST")
# What clients send as a file's type, the likely ones first.
_TYPES = (
    *("", "application/octet-stream", "image/jpeg", "image/png", "application/pdf", "text/plain"),
    *("application/json", "application/x-www-form-urlencoded", "binary/octet-stream", "text/csv"),
    *("text/html", "video/mp4", "application/zip", "image/webp"),
)


@dataclass(frozen=True)
class Keys:
    """An access key with its secret. `where` names it without showing it ("the profile dev")."""

    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    token: str = field(default="", repr=False)
    where: str = "the environment"


@dataclass(frozen=True)
class Variant:
    """A request that may be the one that was signed, and how it differs from the paste."""

    request: Request
    differs: tuple[str, ...] = ()


def keys_of_profile(profile: str = "") -> Sequence[Keys]:
    """The keys of a profile; without one those of the environment, then of every profile in ~/.aws.

    Only what is written down: nobody on the network is asked. Raises `InspectError` if there are
    none.
    """
    import botocore.session
    from botocore.exceptions import BotoCoreError

    try:
        profiles = botocore.session.Session().full_config.get("profiles", {})
    except BotoCoreError as problem:
        raise InspectError(f"The keys can't be read: {problem}") from None
    if profile and profile not in profiles:
        raise InspectError(f"There is no profile {shown(profile)} in ~/.aws.")
    environment = {name.lower(): value for name, value in os.environ.items()}
    places = {
        f"the profile {name}": profiles[name] for name in ([profile] if profile else profiles)
    }
    if not profile:
        places = {"the environment": environment, **places}
    found = [
        Keys(
            values["aws_access_key_id"],
            values["aws_secret_access_key"],
            values.get("aws_session_token", ""),
            where,
        )
        for where, values in places.items()
        if values.get("aws_access_key_id") and values.get("aws_secret_access_key")
    ]
    if not found:
        raise InspectError(
            "There are no keys: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile."
        )
    return found


def try_keys(text: str | bytes, report: Report, keys: Sequence[Keys]) -> Report:
    """The report with a certain verdict on the signature, by those keys."""
    text = from_bytes(text).text if isinstance(text, bytes) else text
    form = find_form(text)
    verdict = _of_form(form.fields, keys) if form else _of_url(text, report, keys)
    return replace(report, **_with(report, verdict))  # type: ignore[type-var]


def _with(report: Report, verdict: Verdict) -> dict[str, object]:
    """The fields of a report that hold its verdict."""
    if hasattr(report, "what"):  # an Explanation
        return {
            "what": verdict.what,
            "why": verdict.why,
            "fix": verdict.fix,
            "refused": verdict.fault,
        }
    return {"verdict": verdict if verdict.fault or not report.verdict.fault else report.verdict}


def _of_form(fields: Mapping[str, str], keys: Sequence[Keys]) -> Verdict:
    lower = {name.lower(): value for name, value in fields.items()}
    credential = lower.get("x-amz-credential", "").split("/")
    if len(credential) != 5:
        return Verdict(
            "The form names no credential in Version 4's form, so no key can be tried.", fault=True
        )
    mine = [each for each in keys if each.access_key == credential[0]]
    scope = sigv4.Scope(*credential[1:4])
    for each in (*mine, *keys):
        proof = sigv4.signature(sigv4.signing_key(each.secret_key, scope), lower.get("policy", ""))
        if same_signature(proof, lower.get("x-amz-signature", "")):
            return Verdict(
                f"The form's signature is right: it was made with the secret of {each.where}."
            )
    return _no_key(credential[0], keys, "The form's policy was changed after it was signed")


def _no_key(access_key: str, keys: Sequence[Keys], otherwise: str) -> Verdict:
    if not any(each.access_key == access_key for each in keys):
        return Verdict(
            "The key that signed is none of yours here, so its signature can't be computed.",
            fix="Name the profile that has it (--profile), or set it in the environment.",
            fault=True,
        )
    return Verdict(
        f"No likely variant fits this signature. {otherwise}, or another secret key signed it.",
        "The access key id is yours, and its signature was computed for this request and its "
        "variants.",
        "Check the secret key (cut off, a space, another account's), and sign again.",
        True,
    )


def _of_url(text: str, report: Report, keys: Sequence[Keys]) -> Verdict:
    request = report if isinstance(report, UrlReport) else getattr(report, "request", None)
    pasted = find_url(text)
    if not isinstance(request, UrlReport):
        raise InspectError(
            "There is no presigned URL in this text, so no signature can be computed."
        )
    if request.version != 4 or request.several_regions:
        return _of_version_2(pasted, keys) if request.version == 2 else Verdict(
            "Version 4A signs with a key pair that is derived differently; it can't be tried "
            "here.", fault=True
        )  # fmt: skip
    base = Request.build(pasted.method or "GET", pasted.url, pasted.headers)
    values = base.parameters
    credential = values.get("X-Amz-Credential", "").split("/")
    if len(credential) != 5:
        return Verdict(
            "X-Amz-Credential is malformed, so no signature can be computed.", fault=True
        )
    scope = sigv4.Scope(*credential[1:4])
    mine = [each for each in keys if each.access_key == credential[0]]
    for each in (*mine, *(k for k in keys if k not in mine)):
        key = sigv4.signing_key(each.secret_key, scope)
        for variant in _variants(base, bool(pasted.method)):
            if _fits(variant.request, key, scope):
                return _named(variant, each, credential[0])
    return _no_key(credential[0], keys, "The URL was changed after it was signed")


def _fits(request: Request, key: bytes, scope: sigv4.Scope) -> bool:
    values = request.parameters
    try:
        text = query_auth.canonical_request(request)
    except (S3Error, KeyError):
        return False
    proof = sigv4.signature(key, sigv4.string_to_sign(values.get("X-Amz-Date", ""), scope, text))
    return same_signature(proof, values.get("X-Amz-Signature", ""))


def _named(variant: Variant, keys: Keys, access_key: str) -> Verdict:
    differs = list(variant.differs)
    if keys.access_key != access_key:
        differs.append(f"with the secret of {keys.where}, which belongs to another access key")
    method = variant.request.method
    if not differs:
        return Verdict(
            f"The signature is right: it was made with the secret of {keys.where}, for {method}.",
            "So the URL is as it was signed: what S3 says is about permission, time or the object.",
        )
    return Verdict(
        f"The signature fits if it was made {'; '.join(differs)}.",
        f"It was computed offline with the secret of {keys.where}: this is certain.",
        "Send exactly that, or sign what is sent.",
        True,
    )


def _variants(base: Request, method_known: bool) -> Iterator[Variant]:
    """The request itself, then with one thing changed, then with the method changed too."""
    methods = [base.method, *(m for m in _METHODS if m != base.method)]
    for changed in (Variant(base), *_changed(base)):
        for method in methods:
            other = method != base.method
            words = (f"for {method}" + (f" (sent: {base.method})" if method_known else ""),) if (
                other and (method_known or changed.differs)) else ()  # fmt: skip
            yield Variant(replace(changed.request, method=method), (*changed.differs, *words))


def _changed(base: Request) -> Iterator[Variant]:
    host = base.host
    bare = re.sub(r":\d+$", "", host)
    for other in dict.fromkeys(
        (bare, f"{bare}:80", f"{bare}:443", f"{bare}:9000", *_other_hosts(bare))
    ):
        if other != host:
            yield Variant(_header(base, "host", other), (f"for the host {shown(other)}",))
    for path in dict.fromkeys(_paths(base.path)):
        if path != base.path:
            yield Variant(replace(base, path=path), (f"for the path {shown(path)}",))
    signed = base.parameters.get("X-Amz-SignedHeaders", "").split(";")
    if "content-type" in signed:
        for kind in _TYPES:
            if kind != base.header("content-type"):
                yield Variant(_header(base, "content-type", kind),
                              (f"with content-type {kind or '(empty)'}",))  # fmt: skip
    for name in dict.fromkeys(name for name, _ in base.query):
        if name not in query_auth.REQUIRED:
            pairs = [pair for pair in base.query if pair[0] != name]
            yield Variant(replace(base, query_string=sigv4.encoded_query(pairs)),
                          (f"without the parameter {shown(name, 60)}",))  # fmt: skip


def _other_hosts(host: str) -> Iterator[str]:
    """The same bucket at the global and at a regional host."""
    if match := re.fullmatch(r"(.+\.)?s3\.[a-z0-9-]+\.amazonaws\.com", host):
        yield f"{match[1] or ''}s3.amazonaws.com"
    yield from ("localhost:9000", "minio:9000", "127.0.0.1:9000")


def _paths(path: str) -> Iterator[str]:
    yield unquote(path).replace(" ", "%20")
    yield path.replace("%25", "%")
    yield path.replace("+", "%20")
    yield path.replace("%20", "+")
    yield path.replace("//", "/")
    yield "/" + path.lstrip("/").partition("/")[2]


def _header(request: Request, name: str, value: str) -> Request:
    others = tuple(pair for pair in request.headers if pair[0] != name)
    return replace(request, headers=(*others, (name, value)))


def _of_version_2(pasted: Pasted, keys: Sequence[Keys]) -> Verdict:
    """Signature Version 2 of a query: HMAC-SHA1 of method, type, expiry and resource."""
    parts = urlsplit(pasted.url)
    values = Request.build("GET", pasted.url).parameters
    bucket = parts.netloc.partition(".s3")[0] if ".s3" in parts.netloc else ""
    resource = (f"/{bucket}" if bucket else "") + (parts.path or "/")
    hoisted = sorted((name.lower(), value) for name, value in values.items())
    amz = "".join(
        f"{name}:{value}\n"
        for name, value in hoisted
        if name.startswith("x-amz-") and name != "x-amz-security-token"
    )
    token = (
        f"x-amz-security-token:{values['x-amz-security-token']}\n"
        if "x-amz-security-token" in values
        else ""
    )
    sent = dict(pasted.headers).get("content-type", "")
    methods, kinds = (pasted.method or "GET", *_METHODS), dict.fromkeys((sent, *_TYPES))
    for each, method, kind in product(keys, methods, kinds):
        text = f"{method}\n\n{kind}\n{values.get('Expires', '')}\n{amz}{token}{resource}"
        digest = hmac.digest(each.secret_key.encode(), text.encode(), hashlib.sha1)
        proof = base64.b64encode(digest).decode()
        if hmac.compare_digest(proof, values.get("Signature", "")):
            with_type = f"with content-type {kind}" if kind else "without a content type"
            what = f"for {method} {with_type}"
            if kind == sent and (not pasted.method or method == pasted.method):
                return Verdict(
                    f"The signature is right: it was made with the secret of {each.where}, {what}."
                )
            return Verdict(f"The signature fits if it was made {what}.", "This is certain.",
                           "Send exactly that, or sign what is sent.", True)  # fmt: skip
    return _no_key(
        values.get("AWSAccessKeyId", ""), keys, "The URL was changed after it was signed"
    )
