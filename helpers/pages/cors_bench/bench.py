"""The bench: sets a CORS rule, signs the requests, and looks at what S3 has stored."""

from __future__ import annotations

import base64
import secrets
import threading
from collections.abc import Mapping
from typing import Any

import requests
from botocore.exceptions import ClientError

from helpers.errors import LabError, Refused
from helpers.lab import Lab
from helpers.pages import cors
from helpers.pages.cors_bench import attempts
from helpers.pages.cors_bench.app import create_app
from helpers.pages.server import LabPage, s3_origin


class CorsBench(LabPage):
    """Serves the bench's page until `stop`.

    For each try, `start` replaces the CORS rules of the lab's bucket and `finish` puts them back;
    what is uploaded goes under `prefix`.
    """

    title = "CORS bench"

    def __init__(self, lab: Lab, prefix: str = "lesson-07/bench/") -> None:
        self._s3, self._bucket, self._prefix = lab.client(), lab.bucket, prefix
        self.s3_origin = s3_origin(self._s3, self._bucket)
        self._before: list[dict[str, Any]] | None = None
        self._keys: dict[str, str] = {}
        self._urls: set[str] = set()
        self._lock = threading.Lock()
        code = secrets.token_urlsafe(16)
        super().__init__(lab, code, lambda origins: create_app(self, code, origins))

    def stop(self) -> None:
        """Stop serving. The bucket's CORS rules are as they were before the bench."""
        super().stop()
        self.put_back()

    def start(self, rule: str, origin: str) -> dict[str, dict[str, Any]]:
        """Set the rules of a column and sign its requests."""
        with self._lock:
            if self._before is None:
                self.lab.keep("cors")
                self._before = cors.rules_of(self._s3, self._bucket)
            cors.write_rules(self._s3, self._bucket, attempts.cors_rules(rule, origin))
            signed = attempts.requests_for(self._s3, self._bucket, self._prefix)
            self._keys = {row: made.pop("key") for row, made in signed.items()}
            self._urls = {made["url"] for made in signed.values()}
            return signed

    def send(self, sent: Mapping[str, Any], user_agent: str) -> dict[str, Any]:
        """S3's response to a request that a page plays: `method`, `url`, `headers`, `body`.

        Bodies are in base64. Raises `Refused`: the URL must be one of those that `start` signed.
        """
        if str(sent["url"]) not in self._urls:
            raise Refused(403, "The bench sends requests to the URLs that it has just signed.")
        try:
            headers = {str(name): str(value) for name, value in sent["headers"]}
            body = base64.b64decode(sent["body"], validate=True)
            answer = requests.request(
                str(sent["method"]),
                sent["url"],
                headers={**headers, "User-Agent": user_agent},
                data=body,
                timeout=30,
                allow_redirects=False,
            )
        except (TypeError, ValueError):
            raise Refused(400, "headers: a list of pairs. body: base64.") from None
        except requests.RequestException:  # its text has the URL
            raise Refused(502, "S3 did not answer.") from None
        content = base64.b64encode(answer.content).decode()
        return {
            "status": answer.status_code,
            "headers": list(answer.headers.items()),
            "body": content,
        }

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
            return told == "read" or self._was_read(key)
        try:
            self._s3.head_object(Bucket=self._bucket, Key=key)
        except ClientError:
            return False
        return True

    def _was_read(self, key: str) -> bool:
        """Was the object asked for with GET? True where the S3 does not tell."""
        try:
            decisions = self.lab.decisions(100)
        except LabError:
            return True
        return any(d["method"] == "GET" and d["path"].endswith(f"/{key}") for d in decisions)
