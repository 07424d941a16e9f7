"""The upload page's web application: the page, sign-in, and the signing endpoint."""

from __future__ import annotations

import logging
import sqlite3
import time
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from flask import Flask, Response, g, jsonify, request

from helpers.errors import Refused
from helpers.pages.guard import guard, json_of, notebooks
from helpers.pages.server import Origins
from helpers.pages.upload_page.limits import KINDS, Limits, wanted
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
    limits, sessions = options.limits, Sessions(store, options.check)
    parts = PartSigner(signer, limits, store)
    rate = RateLimit(store, options.signatures_a_minute, 60)
    secure = origins[0].startswith("https://")
    # Cookies do not know ports: this page's has its port in its name. Behind TLS the prefix keeps
    # other hosts of the domain from setting it (RFC 6265bis, 4.1.3.2).
    port = origins[0].rpartition(":")[2].lstrip("/")
    attributes: dict[str, Any] = {"httponly": True, "samesite": "Strict", "secure": secure}
    frames = notebooks(origins) if options.embedded else "'none'"
    guard(
        app,
        origins,
        {"connect-src": f"'self' {signer.s3_origin}", "frame-ancestors": frames},
    )

    def cookie() -> str:
        if secure and not request.script_root:
            return "__Host-upload-page"
        return f"upload-page-{port}"

    def cookie_path() -> str:
        """On a hub, other people's servers have the same host and other paths."""
        return f"{request.script_root}/"

    def session_user() -> str | None:
        return sessions.user(request.cookies.get(cookie()))

    def user() -> str:
        found, shown = session_user(), request.headers.get("X-User")
        if found is None:
            raise Refused(401, "Sign in first.")
        if shown not in (None, found):  # the page shows somebody else
            raise Refused(401, f"You are signed in as {found} now, in another tab.")
        g.user = found
        return found

    @app.get("/")
    def page() -> Response:
        return app.send_static_file("page.html")

    @app.get("/session")
    def session() -> Response:
        kinds = [(kind, *KINDS.get(kind, (kind, ()))) for kind in limits.types]
        return jsonify(
            user=session_user(),
            stub=isinstance(options.check, OneCode),
            max_bytes=limits.max_bytes,
            kinds=[{"type": kind, "name": name, "ends": ends} for kind, name, ends in kinds],
            parts_from=limits.parts_from,
            seconds=SECONDS,
        )

    @app.post("/sign-in")
    def sign_in() -> Response:
        sent = json_of(("user", "code"))
        name, token = sessions.sign_in(sent["user"], sent["code"])
        sessions.sign_out(request.cookies.get(cookie()))  # who was here before
        response = jsonify(user=name)
        response.set_cookie(cookie(), token, path=cookie_path(), **attributes)
        return response

    @app.post("/sign-out")
    def sign_out() -> Response:
        if session_user() is not None:
            user()  # a tab that shows somebody else ends nobody's session
        sessions.sign_out(request.cookies.get(cookie()))
        response = jsonify(user=None)
        response.delete_cookie(cookie(), path=cookie_path(), **attributes)
        return response

    @app.post("/sign")
    def sign() -> Response:
        who = user()
        sent = json_of(("name", "type", "size", "how"), ("ticket",))
        if sent["how"] not in ("post", "put", "parts"):
            raise Refused(400, "how: post, put or parts.")
        file = wanted(sent, limits)
        if sent["how"] == "parts" and file.size == 0:
            raise Refused(400, "how: an empty file has no parts; post or put.")
        rate.take(who, "signatures")
        if sent["how"] == "parts":
            return jsonify(parts.begin(who, file, sent.get("ticket")))
        return jsonify((signer.put if sent["how"] == "put" else signer.post)(who, file))

    @app.post("/parts/sign")
    def sign_parts() -> Response:
        who = user()
        sent = json_of(("key", "upload", "size", "first"))
        rate.take(who, "signatures")
        return jsonify(parts.sign(who, sent))

    @app.post("/parts/arrived")
    def arrived_parts() -> Response:
        return jsonify(parts.arrived(user(), json_of(("key", "upload"))))

    @app.post("/parts/complete")
    def complete_parts() -> Response:
        return jsonify(parts.complete(user(), json_of(("key", "upload", "size"))))

    @app.post("/parts/abort")
    def abort_parts() -> Response:
        who, sent = user(), json_of((), ("key", "upload", "ticket"))
        if "ticket" not in sent:
            sent = json_of(("key", "upload"))
        return jsonify(parts.abort(who, sent))

    @app.post("/parts/leave")
    def leave_parts() -> Response:
        return jsonify(parts.leave(user(), json_of(("key", "upload"))))

    @app.post("/link")
    def link() -> Response:
        who = user()
        sent = json_of(("key",))
        rate.take(who, "signatures")
        return jsonify(signer.link(who, sent["key"]))

    @app.post("/stored")
    def stored() -> Response:
        """Is the file there? For a page that was reloaded before it saw S3's response."""
        who, key = user(), json_of(("key",))["key"]
        if not isinstance(key, str) or not signer.is_own(who, key):
            raise Refused(403, "That is not a file of yours.")
        return jsonify(stored=signer.stored_size(key) is not None)

    @app.post("/preflight")
    def preflight() -> Response:
        """A browser hides from a page why S3 let it not in: the server asks and tells."""
        user()
        sent = json_of(("how",))
        how = "put" if sent["how"] == "put" else "post"
        return jsonify(ask_preflight(probe(signer, how), how, request.headers["Origin"]))

    @app.errorhandler(BotoCoreError)
    @app.errorhandler(ClientError)
    def cannot_sign(problem: Exception) -> tuple[Response, int]:
        return jsonify(error=f"The server cannot sign: {problem}"), 500

    @app.errorhandler(sqlite3.Error)
    def cannot_remember(problem: Exception) -> tuple[Response, int, dict[str, str]]:
        log.error("the store cannot be used: %s", problem)
        told = jsonify(error="The page's server is busy. Try again in 5 s.")
        return told, 503, {"Retry-After": "5"}

    @app.before_request
    def begin() -> None:
        g.began = time.perf_counter()
        parts.sweep()

    @app.after_request
    def note(response: Response) -> Response:
        # The route alone: neither queries, cookies and bodies, nor what was signed.
        route = str(request.url_rule) if request.url_rule else "(no such page)"
        now = time.perf_counter()
        facts = {
            "method": request.method,
            "route": route,
            "status": response.status_code,
            "milliseconds": round(1000 * (now - g.get("began", now))),
            "user": g.get("user"),
        }
        log.info("%s %s %s", request.method, route, response.status_code, extra={"facts": facts})
        return response

    return app
