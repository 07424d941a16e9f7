"""Every refusal in words: what was refused, why, and the fix.

There is an entry for each code of `strict_s3.rules.errors` (a test compares the two) and for what
only AWS or another service answers. The first entry whose code and pattern match is used, so a
pattern comes before the "" that matches any message of its code. A pattern is looked for in the
message and in the elements of `SEARCHED`, each on a line of its own (``Details: …``). Texts can
name elements of the XML, such as {ServerTime}, and groups of the pattern, such as {1}.

Source of codes and messages: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..words import shown
from .access import ACCESS
from .azure import AZURE
from .body import BODY
from .buckets import BUCKETS
from .cause import Cause
from .client import CLIENT
from .encryption import ENCRYPTION
from .others import OTHERS
from .resources import RESOURCES
from .signing import SIGNING

__all__ = ["CAUSES", "Cause", "Facts", "find_cause", "first_match"]

# Other services first: their messages are their own, and an entry for any message would hide them.
CAUSES: tuple[Cause, ...] = (
    *OTHERS, *AZURE, *CLIENT, *ENCRYPTION, *ACCESS, *SIGNING, *BODY, *BUCKETS, *RESOURCES,
)  # fmt: skip
SEARCHED = (
    "Details",
    "Header",
    "Condition",
    "ArgumentName",
    "AuthenticationErrorDetail",
    "HeadersNotSigned",
    "MissingHeaderName",
    "HostId",
    "RequestId",
)


class Facts(dict[str, str]):
    """Values for a text; a value that S3 did not send reads "(not said)"."""

    def __missing__(self, name: str) -> str:
        return "(not said)"


def first_match(
    code: str, message: str, fields: Mapping[str, str] | None = None
) -> tuple[Cause, re.Match[str]] | None:
    """The first entry for `code` whose pattern is in what was said, and the match."""
    said = [message, *(f"{name}: {fields[name]}" for name in SEARCHED if fields and name in fields)]
    text = "\n".join(said)
    for cause in CAUSES:
        if cause.code == code and (match := re.search(cause.pattern, text, re.M)):
            return cause, match
    return None


def find_cause(code: str, message: str, facts: Facts) -> Cause | None:
    """The entry for `code` and `message`, its texts filled in; None if there is none."""
    match = first_match(code, message, facts)
    if match is None:
        return None
    cause, groups = match[0], match[1].groups()
    values = Facts(facts)
    values |= {str(number): shown(text) for number, text in enumerate(groups, 1) if text}
    what, why, fix = (_filled(text, values) for text in (cause.what, cause.why, cause.fix))
    return Cause(code, cause.pattern, what, why, fix)


def _filled(text: str, facts: Facts) -> str:
    """The text with its values; without the sentence, or the words, whose value isn't known."""
    missing = [name for name in re.findall(r"\{(\w+)\}", text) if name not in facts]
    if missing:
        sentences = re.split(r"(?<=[.])\s+", text)
        kept = [each for each in sentences if not any(f"{{{name}}}" in each for name in missing)]
        if kept:
            text = " ".join(kept)
        elif len(missing) == 1:
            text = re.sub(rf"[ :]*\(?\{{{missing[0]}\}}\)?", "", text)
        else:
            text = "S3's XML has the figures; they are not in this text."
    return re.sub(r"\{(\w+)\}", lambda match: facts[match[1]], text)
