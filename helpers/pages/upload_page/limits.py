"""What may be uploaded: kinds of files and their size, and the sentence for what may not."""

from __future__ import annotations

from dataclasses import dataclass

from helpers.errors import Refused
from helpers.pages.upload_page.names import last_part
from strict_s3.rules.limits import MIB

# Media type -> what people call it, and how such a file's name ends. Nothing here runs as a script
# when S3 shows it.
KINDS = {
    "image/png": ("PNG", (".png",)),
    "image/jpeg": ("JPEG", (".jpg", ".jpeg")),
    "image/gif": ("GIF", (".gif",)),
    "image/webp": ("WebP", (".webp",)),
    "text/plain": ("text", (".txt",)),
    "text/csv": ("CSV", (".csv",)),
    "application/pdf": ("PDF", (".pdf",)),
    "application/zip": ("ZIP", (".zip",)),
}
_NO_FILE = 2**63  # bytes: no file system has one
_UNITS = ("KiB", "MiB", "GiB", "TiB")


@dataclass(frozen=True)
class Limits:
    """What may be uploaded. Sizes are in bytes."""

    max_bytes: int = 500 * MIB
    parts_from: int = 100 * MIB  # larger files go in parts: AWS advises it from about there on
    types: tuple[str, ...] = tuple(KINDS)


@dataclass(frozen=True)
class File:
    """A file that somebody wants to send. `size` is in bytes."""

    name: str
    type: str
    size: int


def checked(sent: dict[str, object], limits: Limits) -> File:
    """What the client wants to send, if it may. Raises `Refused` with the rule and the value."""
    name, kind, size = sent["name"], sent["type"], sent["size"]
    if not isinstance(name, str) or not name.strip() or len(name) > 1000:
        raise Refused(400, "name: the file's name, 1 to 1000 characters.")
    if type(size) is not int or not 0 <= size < _NO_FILE:
        raise Refused(400, "size: a whole number of bytes.")
    if size > limits.max_bytes:
        raise Refused(413, too_large(size, limits.max_bytes))
    if not isinstance(kind, str) or kind not in limits.types:
        shown = f"type {kind:.80}" if isinstance(kind, str) and kind else "an unknown type"
        raise Refused(415, f"Files of {shown} are not accepted; {words(limits.types)} are.")
    return File(last_part(name), kind, size)


def words(types: tuple[str, ...]) -> str:
    """The kinds as a person lists them: ``PNG, JPEG and PDF``."""
    *most, last = (KINDS.get(kind, (kind,))[0] for kind in types)
    return f"{', '.join(most)} and {last}" if most else last


def too_large(size: int, largest: int) -> str:
    """The sentence for a file that is larger than the largest."""
    over = f"This file has {amount(size)}"
    if amount(size) == amount(largest):
        over = f"This file is larger by {amount(size - largest)}"
    return f"{over}; up to {amount(largest)} are accepted here."


def amount(size: int) -> str:
    """Bytes as people read them: ``5 bytes``, ``1.5 MiB``, ``500 MiB``."""
    if size < 1024:
        return "1 byte" if size == 1 else f"{size} bytes"
    power = min((size.bit_length() - 1) // 10, len(_UNITS))
    number = size / 1024**power
    text = f"{number:.1f}".removesuffix(".0") if number < 100 else f"{number:.0f}"
    return f"{text} {_UNITS[power - 1]}"
