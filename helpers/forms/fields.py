"""A form's fields: what each may hold, and the sentence beside it if it may not.

A check answers with an empty text, or with one sentence that names the value, the rule and the
fix. Checks ask nobody: they are made at every key press.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

from helpers.errors import FormProblem
from strict_s3.explainer import words
from strict_s3.rules.checksums import LENGTHS
from strict_s3.rules.limits import MAX_KEY, MAX_PUT
from strict_s3.rules.sigv4 import MAX_EXPIRES

Check = Callable[[str], str]
# An ARN or S3's own kind of address, pasted where a key belongs; and the key in it.
_ADDRESS = re.compile(r"(?:arn:aws[a-z-]*:s3:::|s3://)[^/]*/?(.*)", re.S).fullmatch


@dataclass(frozen=True)
class Field:
    """One field. `choices` are (value, label) pairs; without any it takes text.

    `check` says what is wrong with a value, `note` what a right value means.
    """

    name: str
    label: str
    default: str = ""
    check: Check = field(default=lambda value: "", repr=False)
    note: Check = field(default=lambda value: "", repr=False)
    choices: tuple[tuple[str, str], ...] = ()
    placeholder: str = ""
    room: int = 14  # characters that should fit, where several fields share a row


@dataclass(frozen=True)
class Remark:
    """What stands beside a field; `problem` if the form cannot go on with it."""

    text: str = ""
    problem: bool = False


class Fields:
    """Fields and their present values (always text)."""

    def __init__(self, fields: Sequence[Field], **values: str) -> None:
        self.fields = {each.name: each for each in fields}
        self._values = {each.name: values.get(each.name, each.default) for each in fields}

    @property
    def values(self) -> dict[str, str]:
        """What is in the fields now."""
        return dict(self._values)

    def __getitem__(self, name: str) -> str:
        return self._values[name]

    def __setitem__(self, name: str, value: str) -> None:
        choices = [choice for choice, _ in self.fields[name].choices]
        if choices and value not in choices:
            raise FormProblem(f"{name} is one of {', '.join(choices)}, not {shorten(value)}.")
        self._values[name] = value

    def remark(self, name: str) -> Remark:
        """What to say beside the field."""
        shown, value = self.fields[name], self._values[name]
        problem = whole_characters(value) or shown.check(value)
        return Remark(problem, True) if problem else Remark(shown.note(value))

    def problems(self) -> list[str]:
        """What is wrong, a sentence a field, each with the field's label."""
        return [
            f"{each.label}: {remark.text}"
            for each in self.fields.values()
            if (remark := self.remark(each.name)).problem
        ]


def shorten(value: str, length: int = 40) -> str:
    """`value` in quotes, cut: for a sentence."""
    return repr(value if len(value) <= length else value[:length] + "…")


def whole_characters(value: str) -> str:
    """Text that UTF-8 can carry."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return "this holds half a character, which no request can carry: delete it."
    return ""


def key(value: str) -> str:
    """An object's key."""
    if not value:
        return "an object needs a key: write a name, such as lesson-04/report.txt."
    if pasted := _ADDRESS(value.strip()):
        alone = f"write {pasted[1]}" if pasted[1] else "write the part after the bucket's name"
        return f"{shorten(value)} names a bucket too, and this field holds the key alone: {alone}."
    length = len(value.encode())
    if length > MAX_KEY:
        return f"this key has {length} bytes and S3 accepts {MAX_KEY}: shorten it."
    return ""


def key_note(value: str) -> str:
    """What is right in a key and seldom wanted."""
    if value != value.strip():
        return "A blank at the beginning or end is part of the key. Was it pasted along?"
    if value.startswith("/"):
        return "The first slash is part of the key. Most people do not want one there."
    if {".", ".."} & set(value.split("/")):
        return (
            "Clients take . and .. between slashes out of a URL before they send it, so that S3 "
            "sees a different key: SignatureDoesNotMatch. Choose a key without them."
        )
    return ""


def whole_number(value: str, unit: str, example: str) -> str:
    """Digits, with blanks around them at most, which int() passes over too."""
    text = value.strip()
    if re.fullmatch("-[0-9]+", text):
        return f"{shorten(text)} {unit} are less than none: write {example}."
    if not re.fullmatch("[0-9]+", text):
        return f"{shorten(value)} is not a whole number of {unit}: write {example}."
    return ""


def more_than(value: str, limit: int) -> bool:
    """Is that whole number, of however many digits, larger?"""
    digits = value.strip().lstrip("0")
    return len(digits) > len(str(limit)) or int(digits or "0") > limit


def seconds(value: str) -> str:
    """A lifetime in seconds, as ExpiresIn takes it."""
    if wrong := whole_number(value, "seconds", "1800 for half an hour"):
        return wrong
    if not more_than(value, 0):
        return "0 seconds would be over at once: write at least 1."
    if more_than(value, MAX_EXPIRES):
        return (
            f"{value.strip():.40} seconds are more than seven days, the longest lifetime that S3 "
            f"accepts (boto3 would sign it all the same): write {MAX_EXPIRES} or less."
        )
    return ""


def duration(value: str) -> str:
    """``5400`` as ``1 hour 30 minutes``."""
    return words.duration(int(value.strip()))


def optional(check: Check) -> Check:
    """The check, for a field that may stay empty."""
    return lambda value: check(value) if value else ""


def header_value(value: str) -> str:
    """What an HTTP header can carry."""
    if value != value.strip():
        return "a header's value has no space at its ends: delete it."
    odd = next((c for c in value if not " " <= c <= "~"), "")
    if odd:
        return f"a header holds ASCII characters only, and {odd!r} isn't one: leave it out."
    return ""


def saved_as(value: str) -> str:
    """A Content-Disposition for a response. S3 sends headers in Latin-1, and refuses the rest."""
    latin = value == value.strip() and all(" " <= c <= "~" or "\xa1" <= c <= "\xff" for c in value)
    if latin or value != value.strip() or not value.isprintable():
        return "" if latin else header_value(value)
    name = re.search(r'filename\s*=\s*"?([^";]*)', value)
    in_utf8 = quote(name[1]) if name else "and the name percent-encoded"
    return f"S3 refuses letters beyond Latin-1 here: write filename*=UTF-8''{in_utf8}."


def media_type(value: str) -> str:
    """A Content-Type."""
    if not re.fullmatch(r"[\w.+-]+/[\w.+-]+(\s*;\s*[\w-]+=[\w\"./+-]+)*", value, re.ASCII):
        return f"{shorten(value)} isn't a media type: write type/subtype, such as image/png."
    return ""


def size(value: str) -> str:
    """A number of bytes that one PUT or one form upload can have."""
    if wrong := whole_number(value, "bytes", "100000 for 100 kB"):
        return wrong
    if more_than(value, MAX_PUT):
        many = f"{value.strip():.40} bytes"
        return f"{many} are more than one upload can have: write {MAX_PUT} (5 GiB) or less."
    return ""


def sha256(value: str) -> str:
    """The SHA-256 of an upload's bytes as S3 takes it: its own 32 bytes in base64."""
    made_by = "write what base64.b64encode(hashlib.sha256(content).digest()) gives"
    if re.fullmatch("[0-9a-fA-F]{64}", value):
        right = base64.b64encode(bytes.fromhex(value)).decode()
        return (
            f"{shorten(value, 12)} is hexadecimal, and S3 expects a SHA-256 in base64: "
            f"write {right} in its place."
        )
    try:
        found = base64.b64decode(value)
    except ValueError:
        found = b""
    if not found or base64.b64encode(found).decode() != value:
        return f"{shorten(value)} isn't base64, in which S3 expects a SHA-256: {made_by}."
    if len(found) != LENGTHS["SHA256"]:
        have = byte_count(len(found))
        return f"{shorten(value)} is base64 of {have}, and a SHA-256 has 32: {made_by}."
    return ""


def byte_count(number: int) -> str:
    """``1 byte``, ``20 bytes``."""
    return f"{number} byte{'' if number == 1 else 's'}"


def sha256_of(content: bytes) -> str:
    """What the field has to hold for that content."""
    return base64.b64encode(hashlib.sha256(content).digest()).decode()
