"""The upload page's web application: the page, sign-in, and the signing endpoint."""

from __future__ import annotations

import logging
from typing import Any

import requests
from botocore.exceptions import BotoCoreError, ClientError
from flask import Flask, Response, jsonify, request

from helpers.errors import Refused
from helpers.pages.guard import guard, json_of
from helpers.pages.server import Origins
from helpers.pages.upload_page.parts import PartSigner
from helpers.pages.upload_page.sessions import RateLimit, Sessions
from helpers.pages.upload_page.signing import SECONDS, Limits, Signer, wanted
from strict_s3.explainer import read_error

log = logging.getLogger(__name__)
SIGNATURES_A_MINUTE = 60
_WAIT = 5  # seconds for S3's answer to a preflight


def create_app(
    signer: Signer,
    sessions: Sessions,
    origins: Origins,
    limits: Limits | None = None,
    embedded: bool = False,
    rate: RateLimit | None = None,
) -> Flask:
    """The application. `embedded`: a JupyterLab on this computer may show the page in a frame."""
    app = Flask(__name__, static_folder="static", static_url_path="/static")
    limits = limits or Limits()
    parts = PartSigner(signer, limits)
    rate = rate or RateLimit(SIGNATURES_A_MINUTE, 60)
    # Cookies do not know ports: this page's has its port in its name.
    cookie = f"upload-page-{origins[0].rpartition(':')[2]}"
    frames = "http://127.0.0.1:* http://localhost:*" if embedded else "'none'"
    guard(
        app,
        origins,
        {"connect-src": f"'self' {signer.s3_origin}", "frame-ancestors": frames},
    )

    def user() -> str:
        found = sessions.user(request.cookies.get(cookie))
        if found is None:
            raise Refused(401, "Sign in first.")
        return found

    @app.get("/")
    def page() -> Response:
        return app.send_static_file("page.html")

    @app.get("/session")
    def session() -> Response:
        return jsonify(
            user=sessions.user(request.cookies.get(cookie)),
            max_bytes=limits.max_bytes,
            types=limits.types,
            parts_from=limits.parts_from,
            seconds=SECONDS,
        )

    @app.post("/sign-in")
    def sign_in() -> Response:
        sent = json_of(("user", "code"))
        token = sessions.sign_in(sent["user"], sent["code"])
        answer = jsonify(user=sent["user"])
        answer.set_cookie(cookie, token, httponly=True, samesite="Strict")
        return answer

    @app.post("/sign-out")
    def sign_out() -> Response:
        sessions.sign_out(request.cookies.get(cookie))
        answer = jsonify(user=None)
        answer.delete_cookie(cookie, httponly=True, samesite="Strict")
        return answer

    @app.post("/sign")
    def sign() -> Response:
        who = user()
        sent = json_of(("name", "type", "size", "how"))
        ways = {"post": signer.post, "put": signer.put, "parts": parts.begin}
        if sent["how"] not in ("post", "put", "parts"):
            raise Refused(400, "how: post, put or parts.")
        file = wanted(sent, limits)
        if sent["how"] == "parts" and file.size == 0:
            raise Refused(400, "how: an empty file has no parts; post or put.")
        rate.take(who, "signatures")
        return jsonify(ways[str(sent["how"])](who, file))

    @app.post("/parts/sign")
    def sign_parts() -> Response:
        who = user()
        sent = json_of(("key", "upload", "size", "first"))
        rate.take(who, "signatures")
        return jsonify(parts.sign(who, sent))

    @app.post("/parts/complete")
    def complete_parts() -> Response:
        return jsonify(parts.complete(user(), json_of(("key", "upload", "size"))))

    @app.post("/parts/abort")
    def abort_parts() -> Response:
        return jsonify(parts.abort(user(), json_of(("key", "upload"))))

    @app.post("/link")
    def link() -> Response:
        who = user()
        sent = json_of(("key",))
        rate.take(who, "signatures")
        return jsonify(signer.link(who, sent["key"]))

    @app.post("/preflight")
    def preflight() -> Response:
        """A browser hides from a page why S3 let it not in: the server asks and tells."""
        user()
        sent = json_of(("how",))
        how = "put" if sent["how"] == "put" else "post"
        return jsonify(ask_preflight(signer.probe(how), how, request.headers["Origin"]))

    @app.errorhandler(BotoCoreError)
    @app.errorhandler(ClientError)
    def cannot_sign(problem: Exception) -> tuple[Response, int]:
        return jsonify(error=f"The server cannot sign: {problem}"), 500

    @app.after_request
    def note(answer: Response) -> Response:
        # The path alone: neither queries, cookies and bodies, nor what was signed.
        log.info("%s %s %s", request.method, request.path, answer.status_code)
        return answer

    return app


def ask_preflight(url: str, how: str, origin: str) -> dict[str, Any]:
    """S3's answer to the preflight that a browser at `origin` sends before an upload."""
    asked = {"Origin": origin, "Access-Control-Request-Method": how.upper()}
    if how == "put":
        asked["Access-Control-Request-Headers"] = "content-disposition,content-type,if-none-match"
    try:
        answer = requests.options(url, headers=asked, timeout=_WAIT)
    except requests.RequestException:
        return {"reached": False, "allowed": False, "code": "", "message": ""}
    allowed = answer.headers.get("access-control-allow-origin") in (origin, "*")
    code, message, _ = read_error(answer.content)
    return {"reached": True, "allowed": answer.ok and allowed, "code": code, "message": message}
