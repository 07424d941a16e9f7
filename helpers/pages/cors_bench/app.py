"""The bench's web application."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError
from flask import Flask, Response, jsonify, request

from helpers.errors import Refused
from helpers.pages.cors_bench import attempts
from helpers.pages.guard import guard, is_secret, json_of, notebooks, sent_to_and_by
from helpers.pages.server import Origins

if TYPE_CHECKING:
    from helpers.pages.cors_bench.bench import CorsBench


def create_app(bench: CorsBench, code: str, origins: Origins) -> Flask:
    """The application. Every request that does something carries `code`."""
    app = Flask(__name__, static_folder="static", static_url_path="/static")
    same, plays = "", False  # does the page play the browser's part?
    if bench.s3_origin in origins:
        plays = sys.platform != "emscripten"
        same = attempts.SAME_ORIGIN.format(
            who="This page" if plays else "The site's service worker"
        )
    guard(
        app,
        origins,
        {
            "connect-src": f"'self' {bench.s3_origin}",
            "form-action": bench.s3_origin,
            "frame-src": bench.s3_origin,
            "frame-ancestors": notebooks(origins),
        },
    )

    @app.get("/")
    def page() -> Response:
        return app.send_static_file("bench.html")

    @app.get("/table")
    def table() -> Response:
        rules, rows = list(attempts.RULES.items()), list(attempts.ROWS.items())
        return jsonify(rules=rules, rows=rows, same=same, plays=plays)

    @app.post("/start")
    def start() -> Response:
        check_code()
        rule = json_of(("rule",))["rule"]
        if not isinstance(rule, str) or rule not in attempts.RULES:
            raise Refused(400, f"rule: one of {', '.join(attempts.RULES)}.")
        return jsonify(bench.start(rule, str(sent_to_and_by(origins)[1])))

    @app.post("/send")
    def send() -> Response:
        check_code()
        sent = json_of(("method", "url", "headers", "body"))
        return jsonify(bench.send(sent, request.headers.get("User-Agent", "")))

    @app.post("/finish")
    def finish() -> Response:
        check_code()
        told = {row: str(said)[:100] for row, said in json_of(attempts.ROWS).items()}
        return jsonify(bench.finish(told))

    @app.errorhandler(BotoCoreError)
    @app.errorhandler(ClientError)
    def s3_refuses(problem: Exception) -> tuple[Response, int]:
        return jsonify(error=f"S3 refuses what the bench needs: {problem}"), 502

    def check_code() -> None:
        if not is_secret(request.headers.get("X-Code"), code):
            raise Refused(403, "Open the bench from its notebook, which knows the code.")

    return app
