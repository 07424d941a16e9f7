"""The upload page's web application: the page, sign-in, and the signing endpoints."""

from __future__ import annotations

import logging
import re
import sqlite3
import time
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from flask import Flask, Response, g, jsonify, request

from helpers.errors import Refused
from helpers.pages.guard import guard, json_of, notebooks
from helpers.pages.server import Origins
from helpers.pages.upload_page.limits import KINDS, Limits, checked
from helpers.pages.upload_page.parts import PartSigner
from helpers.pages.upload_page.preflight import ask_preflight, probe
from helpers.pages.upload_page.sessions import Check, OneCode, RateLimit, Sessions
from helpers.pages.upload_page.signing import SECONDS, Signer
from helpers.pages.upload_page.store import Store

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Options:
    """What a page may do otherwise. `embedded`: a JupyterLab on this computer may frame it."""

    limits: Limits = field(default_factory=Limits)
    check: Check = field(default_factory=OneCode)
    signatures_a_minute: int = 60
    embedded: bool = False


def create_app(
    signer: Signer, store: Store, origins: Origins, options: Options | None = None
) -> Flask:
    """The application, for a browser that sees it at one of `origins`. See `wsgi` to deploy it."""
    app = Flask(__name__, static_folder="static", static_url_path="/static")
    options = options or Options()
    parts = PartSigner(signer, options.limits, store)
    rate = RateLimit(store, options.signatures_a_minute)
    visitor = _Visitor(Sessions(store, options.check), origins[0])
    frames = notebooks(origins) if options.embedded else "'none'"
    guard(
        app,
        origins,
        {"connect-src": f"'self' {signer.s3_origin}", "frame-ancestors": frames},
    )

    @app.get("/")
    def page() -> Response:
        return app.send_static_file("page.html")

    @app.post("/sign")
    def sign() -> Response:
        who = visitor.user()
        sent = json_of(("name", "type", "size", "how"), ("ticket",))
        if sent["how"] not in ("post", "put", "parts"):
            raise Refused(400, "how: post, put or parts.")
        file = checked(sent, options.limits)
        if sent["how"] == "parts" and file.size == 0:
            raise Refused(400, "how: an empty file has no parts; post or put.")
        rate.take(who, "signatures")
        if sent["how"] == "parts":
            return jsonify(parts.begin(who, file, sent.get("ticket")))
        return jsonify((signer.put if sent["how"] == "put" else signer.post)(who, file))

    @app.post("/link")
    def link() -> Response:
        who = visitor.user()
        sent = json_of(("key",))
        rate.take(who, "signatures")
        return jsonify(signer.link(who, sent["key"]))

    @app.post("/stored")
    def stored() -> Response:
        """Is the file there? For a page that was reloaded before it saw S3's response."""
        who, key = visitor.user(), json_of(("key",))["key"]
        if not isinstance(key, str) or not signer.is_own(who, key):
            raise Refused(403, "That is not a file of yours.")
        return jsonify(stored=signer.stored_size(key) is not None)

    @app.post("/preflight")
    def preflight() -> Response:
        """A browser hides from a page why S3 let it not in: the server asks and tells."""
        who, sent = visitor.user(), json_of(("how",))
        rate.take(who, "questions to S3")  # which the server asks itself, and waits for
        how = "put" if sent["how"] == "put" else "post"
        return jsonify(ask_preflight(probe(signer, how), how, request.headers["Origin"]))

    _add_sessions(app, visitor, options)
    _add_parts(app, visitor, parts, rate)
    _add_troubles(app)
    _add_log(app)
    app.before_request(parts.sweep)
    return app


class _Visitor:
    """Who sends the present request, by the session's cookie. `origin` is the page's first."""

    def __init__(self, sessions: Sessions, origin: str) -> None:
        self._sessions = sessions
        self._secure = origin.startswith("https://")
        # Cookies do not know ports: this page's has its port in its name. Behind TLS the prefix
        # keeps other hosts of the domain from setting it (RFC 6265bis, 4.1.3.2).
        self._port = origin.rpartition(":")[2].lstrip("/")

    def name(self) -> str | None:
        """Their name, None for somebody who has not signed in."""
        return self._sessions.user(request.cookies.get(self._cookie()))

    def user(self) -> str:
        """Their name. Raises `Refused` (401) for nobody, and for a page that shows another name."""
        found, shown = self.name(), request.headers.get("X-User")
        if found is None:
            raise Refused(401, "Sign in first.")
        if shown not in (None, found):  # the page shows somebody else
            raise Refused(401, f"You are signed in as {found} now, in another tab.")
        g.user = found
        return found

    def sign_in(self, user: object, code: object) -> Response:
        name, token = self._sessions.sign_in(user, code)
        self._sessions.sign_out(request.cookies.get(self._cookie()))  # who was here before
        response = jsonify(user=name)
        response.set_cookie(self._cookie(), token, **self._attributes())
        return response

    def sign_out(self) -> Response:
        self._sessions.sign_out(request.cookies.get(self._cookie()))
        response = jsonify(user=None)
        response.delete_cookie(self._cookie(), **self._attributes())
        return response

    def _cookie(self) -> str:
        if self._secure and not request.script_root:
            return "__Host-upload-page"
        return f"upload-page-{self._port}"

    def _attributes(self) -> dict[str, Any]:
        # On a hub, other people's servers have the same host and other paths.
        path = f"{request.script_root}/"
        return {"path": path, "httponly": True, "samesite": "Strict", "secure": self._secure}


def _add_sessions(app: Flask, visitor: _Visitor, options: Options) -> None:
    @app.get("/session")
    def session() -> Response:
        limits = options.limits
        kinds = [(kind, *KINDS.get(kind, (kind, ()))) for kind in limits.types]
        return jsonify(
            user=visitor.name(),
            stub=isinstance(options.check, OneCode),
            max_bytes=limits.max_bytes,
            kinds=[{"type": kind, "name": name, "ends": ends} for kind, name, ends in kinds],
            parts_from=limits.parts_from,
            seconds=SECONDS,
        )

    @app.post("/sign-in")
    def sign_in() -> Response:
        sent = json_of(("user", "code"))
        return visitor.sign_in(sent["user"], sent["code"])

    @app.post("/sign-out")
    def sign_out() -> Response:
        if visitor.name() is not None:
            visitor.user()  # a tab that shows somebody else ends nobody's session
        return visitor.sign_out()


def _add_parts(app: Flask, visitor: _Visitor, parts: PartSigner, rate: RateLimit) -> None:
    @app.post("/parts/sign")
    def sign_parts() -> Response:
        who = visitor.user()
        sent = json_of(("key", "upload", "size", "first"))
        rate.take(who, "signatures")
        return jsonify(parts.sign(who, sent))

    @app.post("/parts/arrived")
    def arrived_parts() -> Response:
        return jsonify(parts.arrived(visitor.user(), json_of(("key", "upload"))))

    @app.post("/parts/complete")
    def complete_parts() -> Response:
        return jsonify(parts.complete(visitor.user(), json_of(("key", "upload", "size"))))

    @app.post("/parts/abort")
    def abort_parts() -> Response:
        who, sent = visitor.user(), json_of((), ("key", "upload", "ticket"))
        if "ticket" not in sent:
            sent = json_of(("key", "upload"))
        return jsonify(parts.abort(who, sent))

    @app.post("/parts/leave")
    def leave_parts() -> Response:
        return jsonify(parts.leave(visitor.user(), json_of(("key", "upload"))))


def _add_troubles(app: Flask) -> None:
    @app.errorhandler(BotoCoreError)
    @app.errorhandler(ClientError)
    def cannot_sign(problem: Exception) -> tuple[Response, int]:
        return jsonify(error=f"The server cannot sign: {problem}"), 500

    @app.errorhandler(sqlite3.Error)
    def cannot_remember(problem: Exception) -> tuple[Response, int, dict[str, str]]:
        log.error("the store cannot be used: %s", problem)
        response = jsonify(error="The page's server is busy. Try again in 5 s.")
        return response, 503, {"Retry-After": "5"}


def _add_log(app: Flask) -> None:
    @app.before_request
    def begin() -> None:
        g.began = time.perf_counter()

    @app.after_request
    def note(response: Response) -> Response:
        # The route alone: neither queries, cookies and bodies, nor what was signed.
        route = str(request.url_rule) if request.url_rule else "(no such page)"
        # A method can hold what a terminal obeys, and be as long as a line may be.
        method = re.sub("[^A-Z]", "?", request.method[:10])
        now = time.perf_counter()
        facts = {
            "method": method,
            "route": route,
            "status": response.status_code,
            "milliseconds": round(1000 * (now - g.get("began", now))),
            "user": g.get("user"),
        }
        log.info("%s %s %s", method, route, response.status_code, extra={"facts": facts})
        return response
