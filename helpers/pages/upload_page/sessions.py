"""Who is at the page, and how often one may ask.

Whom a name belongs to is the business of a `Check`. The page comes with a stub, `OneCode`: a name
of one's choice, and one code that the page's owner reads out. Put your own accounts in its place:

    def check(user: str, secret: str) -> str:
        account = accounts.get(user)
        if account is None or not account.verify(secret):
            raise Refused(403, "Name and password do not match.")
        return account.id  # names the user's folder in the bucket: a-z, 0-9 and hyphen

A browser sends a cookie to every port of a computer. On one that several people share, somebody
else's page gets this page's cookie if its owner visits it: sign out first, or use a host name of
the page's own, as a deployment does.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable

from helpers.errors import Refused
from helpers.pages.upload_page.store import Store

HOURS = 8  # that a sign-in lasts
_MINUTE = 60  # seconds
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is taken for another
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
# A name and a secret -> the user's id. Raises `Refused` (403).
Check = Callable[[str, str], str]


class RateLimit:
    """At most `limit` in any minute, for each person; for all workers together."""

    def __init__(self, store: Store, limit: int) -> None:
        self._store, self._limit = store, limit

    def take(self, who: str, what: str, count: bool = True) -> None:
        """Count one for `who`. Raises `Refused` (429) when there were too many.

        With `count` False it is only asked whether there were.
        """
        now = self._store.now()
        with self._store.change() as db:
            db.execute("DELETE FROM taken WHERE what = ? AND moment <= ?", [what, now - _MINUTE])
            moments = db.execute(
                "SELECT moment FROM taken WHERE who = ? AND what = ? ORDER BY moment DESC LIMIT ?",
                [who, what, self._limit],
            ).fetchall()
            if len(moments) >= self._limit:
                wait = max(1, round(moments[-1][0] + _MINUTE - now + 0.5))
                raise Refused(429, f"Too many {what}. Try again in {wait} s.", wait)
            if count:
                db.execute("INSERT INTO taken VALUES (?, ?, ?)", [who, what, now])


class OneCode:
    """The stub: any user name, and one code for all, read out by the page's owner.

    Blanks, capitals and hyphens in what is typed make no difference.
    """

    def __init__(self, code: str | None = None) -> None:
        self.code = code or "-".join(
            "".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in "ab"
        )

    def __call__(self, user: str, secret: str) -> str:
        name = user.strip().lower()
        if not _NAME.fullmatch(name):
            raise Refused(
                400,
                "A user name is 1 to 32 of a-z, 0-9 and hyphen, and doesn't start with a hyphen.",
            )
        if not hmac.compare_digest(_bare(secret), _bare(self.code)):
            raise Refused(403, "That is not the code. It was shown when the page was started.")
        return name


class Sessions:
    """Sign-ins by their token, which is the value of a cookie and is never shown, logged or kept.

    Wrong secrets are counted, for each name and for all: nobody can guess, and nobody who tries
    keeps others out.
    """

    def __init__(self, store: Store, check: Check) -> None:
        self._store, self._check = store, check
        self._guesses = RateLimit(store, 20), RateLimit(store, 600)

    def sign_in(self, user: object, secret: object) -> tuple[str, str]:
        """The user's id, and a token for the browser. Raises `Refused`.

        403 for a wrong secret, 429 for too many.
        """
        if not isinstance(user, str) or not isinstance(secret, str) or len(user + secret) > 1000:
            raise Refused(400, "Send a user name and a code, each as a text.")
        self._count_guess(user, count=False)
        try:
            name = self._check(user, secret)
        except Refused as refused:
            if refused.status == 403:
                self._count_guess(user)
            raise
        if not _NAME.fullmatch(name):
            raise ValueError(f"a user's id is 1 to 32 of a-z, 0-9 and hyphen, not {name!r}")
        token, now = secrets.token_urlsafe(32), self._store.now()
        with self._store.change() as db:
            db.execute("DELETE FROM sessions WHERE ends <= ?", [now])
            db.execute(
                "INSERT INTO sessions VALUES (?, ?, ?)", [_hash(token), name, now + HOURS * 3600]
            )
        return name, token

    def sign_out(self, token: str | None) -> None:
        """Forget that token. Harmless for one that nobody has."""
        with self._store.change() as db:
            db.execute("DELETE FROM sessions WHERE token = ?", [_hash(token or "")])

    def user(self, token: str | None) -> str | None:
        """Who holds that token, or None."""
        with self._store.change() as db:
            found = db.execute(
                "SELECT user FROM sessions WHERE token = ? AND ends > ?",
                [_hash(token or ""), self._store.now()],
            ).fetchone()
        return found[0] if found else None

    def _count_guess(self, user: str, count: bool = True) -> None:
        each, everybody = self._guesses
        each.take(_hash(user.strip().lower()), "wrong sign-ins", count)
        everybody.take("", "wrong sign-ins", count)


def _hash(token: str) -> str:
    """What is kept in place of a token: of no use to who reads the file."""
    return hashlib.sha256(token.encode()).hexdigest()


def _bare(code: str) -> bytes:
    return re.sub(r"[\s-]", "", code).lower().encode()
