"""A wrong signature in words: what differs, why, and the fix; and the request as S3 saw it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ..redact import HIDDEN
from ..rules import sigv4
from .answers import Answer, Meant
from .canonical import string_to_sign
from .causes import Cause
from .mismatch import UNKNOWN, Difference, seen_by_s3
from .words import Part, is_secret, shown


def cause_of_mismatch(answer: Answer, meant: Meant, different: Sequence[Difference]) -> Cause:
    """Why the signature is wrong, by what is known to differ, or by the likely suspects."""
    certain = [difference for difference in different if difference.signed != UNKNOWN]
    if certain:
        why, fix = _by_differences(certain)
    elif different:
        why, fix = _by_suspects(answer, meant, different)
    else:
        why, fix = _without_differences(answer, meant)
    what = "The signature does not match the request that arrived."
    return Cause(answer.code, "", what, why, fix)


def _by_differences(certain: Sequence[Difference]) -> tuple[str, str]:
    why = " ".join(difference.words for difference in certain)
    names = ", ".join(difference.what for difference in certain)
    fix = f"Send exactly what was signed, or sign what is sent: {names}"
    return why, f"{fix}. {_how(certain[0])}".rstrip()


def _by_suspects(answer: Answer, meant: Meant, different: Sequence[Difference]) -> tuple[str, str]:
    words = " ".join(difference.words for difference in different)
    return (
        "S3 calculates the signature again from what arrived, and this part of it may not be "
        f"what was signed. {words}{_or_method(answer, meant, different)}",
        "Send each signed header with exactly the signed value. To be certain, give explain() "
        "the intended request: its method, URL and headers.",
    )


def _without_differences(answer: Answer, meant: Meant) -> tuple[str, str]:
    if meant.method or meant.fields:
        return (
            "What arrived is what was intended, as far as both are known. So the signature was "
            "made with a secret key other than the one S3 has for this key id (cut off, with a "
            "space or line end, of another account), or by rules other than S3's.",
            "Check the secret key; let an SDK sign.",
        )
    if answer.operation or "authorization" in answer.sent or _signed_in_header(answer):
        return (
            "The SDK signed this request itself, just before sending it: most likely the secret "
            "key does not belong to this key id, or a proxy changed the request.",
            "Check the secret key, and any proxy.",
        )
    method = answer.method or _seen_method(answer)
    if method == "HEAD":
        return (
            "S3 saw HEAD, and most URLs are signed for GET: the method is part of the signature, "
            "so HEAD gets 403 with a URL for GET. If it was signed for HEAD, the URL was changed "
            "since, or signed with a wrong secret key.",
            "Sign a URL for HEAD (head_object), or send GET with Range: bytes=0-0.",
        )
    return (
        f"S3 saw {method or 'a request'} and calculated a different signature from it. The URL may "
        "have been signed for another method, changed since, or signed with a wrong secret key.",
        "Compare the signed method and headers with what was sent, then the secret key."
        if meant.url
        else "Paste the URL, or the command that sends it, together with this answer: then the "
        "difference is named. (In Python: explain(answer, meant).)",
    )


def _or_method(answer: Answer, meant: Meant, different: Sequence[Difference]) -> str:
    """The other suspect, if the intended method is not known."""
    method = answer.method or _seen_method(answer)
    if meant.method or not method:
        return ""
    if method in ("GET", "HEAD") and any(
        difference.what.startswith("content-") for difference in different
    ):
        return f" A signed content-* header is for an upload, but {method} was sent instead of PUT."
    return f" Or the URL was signed for a method other than {method}."


def _signed_in_header(answer: Answer) -> bool:
    return "\nx-amz-date:" in answer.fields.get("CanonicalRequest", "")


def _how(difference: Difference) -> str:
    if difference.what == "content-type":
        return "Give the client the signed type together with the URL, and let it send that."
    if difference.what == "host":
        return "Sign with endpoint_url set to the public address that clients use."
    if difference.what == "method":
        return "HEAD needs its own URL; or use GET for the first byte (Range: bytes=0-0)."
    if difference.what == "path":
        return "Use the URL as it is; no library must decode or encode it again."
    return ""


def _seen_method(answer: Answer) -> str:
    seen = seen_by_s3(answer)
    first = seen.method if seen else string_to_sign(answer.fields)[0]
    return first if re.fullmatch("[A-Z]{3,7}", first) else ""


def seen_parts(answer: Answer) -> Iterator[Part]:
    """The request as S3 saw it, to be compared with the one that was signed."""
    if answer.code != "SignatureDoesNotMatch":
        return
    seen = seen_by_s3(answer)
    if seen is None:
        lines = string_to_sign(answer.fields)
        if len(lines) > 4 and lines[0] != sigv4.ALGORITHM:  # Version 2
            yield Part(
                "S3 saw", shown(f"{lines[0]} {lines[-1]}"), "Compare it with what was signed."
            )
            yield Part("with content-type", shown(lines[2]) or "(none)")
        return
    yield Part("S3 saw", shown(f"{seen.method} {seen.path}"), "Compare it with what was signed.")
    yield Part("at the host", shown(seen.headers.get("host", "(none)")))
    for name in seen.signed:
        if name != "host":
            value = HIDDEN if is_secret(name) else shown(seen.headers.get(name, "") or "(not sent)")
            yield Part(f"with {shown(name, 40)}", value)
