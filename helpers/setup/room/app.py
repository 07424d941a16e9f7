"""Two applications, because two kinds of people ask.

- **The receiver** listens where the room can reach it and does one thing: it takes reports, with
  the code. A web page can't send it any: a browser adds an Origin header, which is refused, and a
  name that is pointed at this computer (DNS rebinding) is not an IP address.
- **The board** listens on 127.0.0.1 alone, guarded as every page of the lessons is, and asks for
  a key that only its own address holds. Who is stuck is for the instructor to see.
"""

from __future__ import annotations

import ipaddress
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, jsonify, request

from helpers.errors import Refused
from helpers.pages.guard import guard, is_secret, json_of, refusals
from helpers.pages.server import Origins
from helpers.setup.room.board import Board

MAX_REPORT = 4096  # bytes
_REPORT = ("code", "name", "token", "exercise", "passed", "done")


def create_receiver(board: Board, code: str) -> Flask:
    """Takes ``POST /report`` from notebooks."""
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_REPORT
    refusals(app)

    @app.before_request
    def only_from_notebooks() -> None:
        board.knock(request.remote_addr or "")
        if not _is_address(request.headers.get("Host", "")):
            raise Refused(421, "The board answers to its IP address only.")
        if "Origin" in request.headers:
            raise Refused(403, "Reports come from notebooks, not from web pages.")

    @app.post("/report")
    def report() -> Response:
        sent = json_of(_REPORT)
        if not is_secret(sent["code"], code):
            raise Refused(403, "That is not the code on the board.")
        board.report(sent, request.remote_addr or "")
        return jsonify(ok=True)

    return app


def create_board(board: Board, shown: dict[str, Any], key: str, origins: Origins) -> Flask:
    """The page, and what it asks for. `shown` is how to join."""
    app = Flask(__name__, static_folder="static", static_url_path="/static")
    guard(app, origins, {"connect-src": "'self'"})

    @app.before_request
    def only_with_the_key() -> None:
        if request.path == "/" or request.path.startswith("/static/"):
            return
        if not is_secret(request.headers.get("X-Code"), key):
            raise Refused(403, "Open the board with the address that helpers room printed.")

    @app.get("/")
    def page() -> Response:
        return app.send_static_file("board.html")

    @app.get("/picture")
    def picture() -> Response:
        return jsonify({**shown, **board.picture()})

    @app.post("/hand-in")
    def hand_in() -> Response:
        board.hand_in(json_of(("name", "done")))
        return jsonify(ok=True)

    @app.post("/remove")
    def remove() -> Response:
        sent = json_of(("name", "block"))
        board.remove(sent["name"], sent["block"] is True)
        return jsonify(ok=True)

    return app


def _is_address(host: str) -> bool:
    """An IPv4 address with or without a port, or localhost."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return name == "localhost" or bool(ipaddress.IPv4Address(name))
    except ValueError:
        return False
