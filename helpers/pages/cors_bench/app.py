"""The bench's server: sets a CORS rule, signs the requests, and looks at what S3 has stored."""

from __future__ import annotations

import hmac
import threading
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from flask import Flask, Response, jsonify, request

from helpers.errors import Refused
from helpers.pages import cors
from helpers.pages.cors_bench import attempts
from helpers.pages.guard import guard, json_of
from helpers.pages.server import Origins, s3_origin

# Was the object at that key asked for with GET? None if the S3 does not tell.
WasRead = Callable[[str], bool | None]


class Bench:
    """One try at a time: `start` changes the bucket's rules, `finish` puts them back."""

    def __init__(self, s3: Any, bucket: str, prefix: str, was_read: WasRead) -> None:
        self._s3, self._bucket, self._prefix, self._was_read = s3, bucket, prefix, was_read
        self.s3_origin = s3_origin(s3, bucket)
        self._before: list[dict[str, Any]] | None = None
        self._keys: dict[str, str] = {}
        self._lock = threading.Lock()

    def start(self, rule: str, origin: str) -> dict[str, dict[str, Any]]:
        """Set the rules of a column and sign its requests."""
        with self._lock:
            if self._before is None:
                self._before = cors.rules_of(self._s3, self._bucket)
            cors.write_rules(self._s3, self._bucket, attempts.cors_rules(rule, origin))
            signed = attempts.requests_for(self._s3, self._bucket, self._prefix)
            self._keys = {row: made.pop("key") for row, made in signed.items()}
            return signed

    def finish(self, told: dict[str, str]) -> dict[str, str]:
        """The outcome of each request; the bucket's own rules are back."""
        self.put_back()
        return {
            row: attempts.outcome(row, told[row], self._arrived(row, told[row]))
            for row in attempts.ROWS
        }

    def put_back(self) -> None:
        """The bucket's rules as they were before the bench."""
        with self._lock:
            if self._before is not None:
                cors.write_rules(self._s3, self._bucket, self._before)
                self._before = None

    def _arrived(self, row: str, told: str) -> bool:
        key = self._keys[row]
        if row == "get":
            # No preflight comes before a plain GET, so where nobody can be asked it was sent.
            return told == "read" or self._was_read(key) is not False
        try:
            self._s3.head_object(Bucket=self._bucket, Key=key)
        except ClientError:
            return False
        return True


def create_app(bench: Bench, code: str, origins: Origins) -> Flask:
    """The application. Every request that does something carries `code`."""
    app = Flask(__name__, static_folder="static", static_url_path="/static")
    guard(
        app,
        origins,
        {
            "connect-src": f"'self' {bench.s3_origin}",
            "form-action": bench.s3_origin,
            "frame-src": bench.s3_origin,
            "frame-ancestors": "http://127.0.0.1:* http://localhost:*",
        },
    )

    @app.get("/")
    def page() -> Response:
        return app.send_static_file("bench.html")

    @app.get("/table")
    def table() -> Response:
        return jsonify(rules=list(attempts.RULES.items()), rows=list(attempts.ROWS.items()))

    @app.post("/start")
    def start() -> Response:
        check_code()
        rule = json_of(("rule",))["rule"]
        if not isinstance(rule, str) or rule not in attempts.RULES:
            raise Refused(400, f"rule: one of {', '.join(attempts.RULES)}.")
        return jsonify(bench.start(rule, request.headers["Origin"]))

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
        if not hmac.compare_digest(request.headers.get("X-Code", "").encode(), code.encode()):
            raise Refused(403, "Open the bench from its notebook, which knows the code.")

    return app
