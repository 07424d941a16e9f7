"""A file's name: for a person, for a key, and for the download."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote

_BYTES = 200  # of a name, kept for the download


def last_part(name: str) -> str:
    """A file's name without folders and control characters, and not too long."""
    text = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    text = "".join(c for c in text if unicodedata.category(c)[0] != "C").strip(" .")
    while len(text.encode()) > _BYTES:
        stem, dot, end = text.rpartition(".")
        text = f"{stem[:-1]}.{end}" if dot and len(end) < 10 and stem else text[:-1]
    return text or "file"


def plain(name: str) -> str:
    """`name` in letters, digits, dot, hyphen and underscore: what a key needs no escaping for."""
    ascii_only = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9._-]+", "-", ascii_only).strip("-.") or "file"


def disposition(name: str) -> str:
    """The header that has a browser save the file, under its own name, and never show it.

    Twice, as RFC 6266 has it: plain for old clients, then with every character.
    """
    return f"attachment; filename=\"{plain(name)}\"; filename*=UTF-8''{quote(name, safe='')}"
