"""A contest without a network: a kit for each contestant, and tokens to read out or write down.

The instructor keeps a secret; a kit is made of it and a name, and a token of the kit, the level and
the number of hints. So a token of Ann's is worth nothing to Bob, and the hints in it can't be
lowered. What this can't stop: a contestant who reads this file can make tokens from the own kit
without solving anything, and code can be passed on, which variants of a signer only make harder.

    python3 -m helpers.flags.tokens kits SECRET ann bob
    python3 -m helpers.flags.tokens check SECRET ann L03-mend-1-7QK2…
"""

from __future__ import annotations

import base64
import hmac
import re
import sys

PARTS = ("capture", "mend")
_TOKEN = re.compile(r"L(\d\d)-(capture|mend)-(\d)-([A-Z2-7]{12})")


def kit(secret: str, name: str) -> str:
    """What the instructor gives to the contestant of that name."""
    return _mark(secret, "kit", name.strip().casefold())


def variant(of_kit: str) -> int:
    """Which variant of a signer a contestant has; 0 for someone without a kit."""
    return hmac.digest(of_kit.encode(), b"variant", "sha256")[0] if of_kit else 0


def token(of_kit: str, level: int, part: str, hints: int) -> str:
    """Proof that the owner of a kit has captured or mended a level, with so many hints."""
    words = f"L{level:02}-{part}-{hints}"
    return f"{words}-{_mark(of_kit, words)}"


def read(secret: str, name: str, text: str) -> tuple[int, str, int]:
    """(level, part, hints) of a contestant's token. Raises ValueError if it isn't theirs."""
    found = _TOKEN.fullmatch(
        text.strip().upper().replace("CAPTURE", "capture").replace("MEND", "mend")
    )
    if not found:
        raise ValueError(f"{text!r:.60} isn't a token. One looks like {token('', 3, 'mend', 1)}.")
    level, part, hints = int(found[1]), found[2], int(found[3])
    if not hmac.compare_digest(token(kit(secret, name), level, part, hints), found[0]):
        raise ValueError(f"{text!r:.60} was not made for {name}, or was changed.")
    return level, part, hints


def _mark(key: str, *words: str) -> str:
    digest = hmac.digest(key.encode(), "|".join(words).encode(), "sha256")
    return base64.b32encode(digest).decode()[:12]


def main(arguments: list[str]) -> int:
    """The instructor's two commands. Returns the exit status."""
    match arguments:
        case ["kits", secret, *names] if names:
            for name in names:
                print(f'flags.join("{name}", "{kit(secret, name)}")')
            return 0
        case ["check", secret, name, *texts] if texts:
            status = 0
            for text in texts:
                try:
                    level, part, hints = read(secret, name, text)
                    print(f"{name}: level {level}, {part}, {hints} hint(s)")
                except ValueError as problem:
                    print(problem, file=sys.stderr)
                    status = 1
            return status
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
