"""Who may talk to a page's server: this computer's browser, and only from the page itself.

- **Host.** A site can point a name of its own at 127.0.0.1 (DNS rebinding) and would then be of
  the page's own origin. Its name stands in the Host header, so only the page's own are answered.
- **Origin.** A browser says in every POST which page sends it, and no page can write another
  name there. What another page sends is refused (cross-site request forgery).
- **Length.** A body of more than `MAX_BODY` is answered 413, unread.
- **Content-Security-Policy.** The browser runs the page's own script alone, and connects the page
  with S3 and its own server alone.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterable
from urllib.parse import urlsplit

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from helpers.errors import Refused
from helpers.pages.server import Origins

MAX_BODY = 64 * 1024  # bytes: a page asks in JSON; files go to S3


def guard(app: Flask, origins: Origins, policy: dict[str, str]) -> None:
    """Put the checks before every request of `app`, and the headers on every answer.

    `policy` holds the directives of the Content-Security-Policy that are the app's own.
    """
    hosts = {origin.partition("://")[2] for origin in origins}
    directives = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
        **policy,
    }
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    content_security = "; ".join(f"{name} {value}" for name, value in directives.items())

    @app.before_request
    def only_from_the_page() -> None:
        host, origin = sent_to_and_by(origins)
        if host not in hosts:
            raise Refused(421, "This page answers to its own address only.")
        if request.method not in ("GET", "HEAD") and origin not in origins:
            raise Refused(403, "This was not sent by the page itself (it has a different Origin).")

    @app.after_request
    def headers(answer: Response) -> Response:
        answer.headers["Content-Security-Policy"] = content_security
        answer.headers["Cache-Control"] = "no-store"
        answer.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        answer.headers["Referrer-Policy"] = "no-referrer"
        answer.headers["X-Content-Type-Options"] = "nosniff"
        return answer

    refusals(app)


def sent_to_and_by(origins: Origins) -> tuple[str | None, str | None]:
    """The request's Host, and the origin of the page that sent it.

    Codespaces' proxy writes its own side of both, ``localhost`` and the port, and the address that
    the browser has into X-Forwarded-Host (https://github.com/symfony/demo/issues/1542). No page of
    another site can send that header.
    """
    host, origin = request.headers.get("Host"), request.headers.get("Origin")
    own = origins[0].partition("://")[2]
    if request.headers.get("X-Forwarded-Host") == own:
        here = f"localhost:{request.environ['SERVER_PORT']}"
        host = own if host == here else host
        origin = origins[0] if origin in (f"http://{here}", f"https://{here}") else origin
    return host, origin


def notebooks(origins: Origins) -> str:
    """For frame-ancestors: where a notebook is that shows the page.

    Behind a hub it has the page's own origin; otherwise it is somewhere on this computer.
    """
    on_this_computer = urlsplit(origins[0]).hostname in ("127.0.0.1", "localhost")
    return "'self' http://127.0.0.1:* http://localhost:*" if on_this_computer else "'self'"


def is_secret(sent: object, secret: str) -> bool:
    """Is this the page's own code? Compared in constant time."""
    return isinstance(sent, str) and hmac.compare_digest(sent.encode(), secret.encode())


def refusals(app: Flask) -> None:
    """Every refusal of `app` as JSON: its status, and a sentence under "error"."""

    @app.errorhandler(Refused)
    def refused(problem: Refused) -> tuple[Response, int, dict[str, str]]:
        more = {"Retry-After": str(problem.wait)} if problem.wait else {}
        return jsonify(error=problem.sentence), problem.status, more

    @app.errorhandler(HTTPException)
    def http_error(problem: HTTPException) -> tuple[Response, int]:
        return jsonify(error=problem.description), problem.code or 500


def json_of(names: Iterable[str], optional: Iterable[str] = ()) -> dict[str, object]:
    """The request's JSON, which has to hold exactly these names. Raises `Refused`."""
    try:
        sent = request.get_json(silent=True)
        # JSON can hold halves of surrogate pairs, which UTF-8 and so S3 cannot.
        json.dumps(sent, ensure_ascii=False).encode()
    except RecursionError:
        sent = None
    except UnicodeEncodeError:
        raise Refused(400, "This request holds half of a character (a surrogate).") from None
    if not isinstance(sent, dict):
        raise Refused(400, "This request has to be a JSON object, sent as application/json.")
    wanted = set(names)
    if extra := sorted(set(sent) - wanted - set(optional)):
        raise Refused(400, f"{', '.join(extra)}: the server decides that, not the page.")
    if missing := sorted(wanted - set(sent)):
        raise Refused(400, f"{', '.join(missing)}: missing.")
    return sent
