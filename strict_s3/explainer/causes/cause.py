"""One entry of the table of causes."""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.sax.saxutils import escape


@dataclass(frozen=True)
class Cause:
    """Why S3 says `code`, if `pattern` is found in what it says ("" matches anything).

    `said` is a message with which it is said, "" for the one that `strict_s3.rules.errors` has;
    `fields` are further elements of the XML. `source` is the page or thread that has it, "" where
    the rule has its own.
    """

    code: str
    pattern: str
    what: str
    why: str
    fix: str
    said: str = field(default="", compare=False)
    fields: tuple[tuple[str, str], ...] = field(default=(), compare=False)
    source: str = field(default="", compare=False)

    @property
    def example(self) -> str:
        """A paste that this entry explains: S3's XML."""
        items = {"Code": self.code, "Message": self.said or _default(self.code)}
        items |= dict(self.fields)
        body = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in items.items())
        return f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{body}</Error>'


def _default(code: str) -> str:
    """The message that the rules have for a code; "" if it depends on the case."""
    from ...rules import bucket_errors, errors

    for module in (errors, bucket_errors):
        for each in vars(module).values():
            if isinstance(each, type) and issubclass(each, errors.S3Error) and each.code == code:
                return each.default
    return ""
