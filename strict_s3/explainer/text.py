"""Which of the things that this package reads is in a pasted text? Decided here alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ..errors import InspectError
from .answers import Meant, holds_error
from .form import FormReport, inspect_form
from .refusal import Explanation, explain
from .url import UrlReport, inspect_url

MAX_TEXT = 1_000_000  # characters; S3's own refusals have a few thousand


def inspect_text(
    text: str,
    meant: Meant | Mapping[str, Any] | str | None = None,
    now: datetime | None = None,
) -> UrlReport | FormReport | Explanation:
    """The report on a presigned URL, a POST form as JSON, or S3's error as XML.

    `meant` is what was signed, as for `explain`: a refusal is compared with it, and a URL or a
    form needs no comparison. `now` is the moment at which a URL or form is judged (default: now).
    Raises `InspectError` for text that is none of the three.

        print(inspect_text(sys.stdin.read()))
    """
    if not isinstance(text, str):
        raise InspectError(f"Expected text, got {type(text).__name__}.")
    if not text.strip():
        raise InspectError(
            "Nothing was pasted. Paste a presigned URL, the fields of a form as JSON, or S3's "
            "error as XML."
        )
    if len(text) + (len(meant) if isinstance(meant, str) else 0) > MAX_TEXT:
        raise InspectError(
            f"This text has more than {MAX_TEXT:,} characters. Paste the URL, the form or the "
            "error alone."
        )
    if holds_error(text):
        return explain(text, meant)
    if _is_form(text):
        return inspect_form(text.strip(), now)
    return inspect_url(text, now)


def _is_form(text: str) -> bool:
    """Is this JSON the fields of a form, and not a presigned URL in JSON?"""
    if not text.lstrip().startswith("{"):
        return False
    lower = text.lower()
    if '"policy"' in lower:
        return True
    return "signature=" not in lower and ('"fields"' in lower or "://" not in lower)
