"""The page for others: behind TLS, with as many workers as you like, for your own accounts.

    export UPLOAD_PAGE_ORIGIN=https://uploads.example.com   # what browsers see; sets Secure cookies
    export UPLOAD_PAGE_BUCKET=my-bucket                     # keys and region as boto3 finds them
    export UPLOAD_PAGE_STORE=/var/lib/upload-page.sqlite    # shared by the workers: a local disk
    export UPLOAD_PAGE_ACCOUNTS=my_company.accounts:check   # see `sessions`
    # or, for people who trust one another: UPLOAD_PAGE_CODE, 8 letters and digits at least
    gunicorn --workers 2 "helpers.pages.upload_page.wsgi:application()"
    waitress-serve --call helpers.pages.upload_page.wsgi:application

The key needs s3:PutObject, s3:GetObject, s3:AbortMultipartUpload and s3:ListMultipartUploadParts
on the prefix. The proxy in front ends TLS, hands on the Host header as it is, and limits
connections. The CORS and the lifecycle rule that the bucket needs are printed by

    python3 -m helpers.pages.upload_page.wsgi
"""

from __future__ import annotations

import json
import logging
import os
import sys
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from flask import Flask

from helpers.errors import LabError
from helpers.pages import cors
from helpers.pages.server import Origins
from helpers.pages.upload_page import lifecycle
from helpers.pages.upload_page.app import Options, create_app
from helpers.pages.upload_page.limits import Limits
from helpers.pages.upload_page.sessions import Check, OneCode
from helpers.pages.upload_page.signing import HEADERS, METHODS, Signer
from helpers.pages.upload_page.store import Store
from strict_s3.rules.limits import MAX_OBJECT, MIB

_USUAL = {"PREFIX": "uploads/", "MAX_MIB": "500", "ACCOUNTS": "", "CODE": ""}
_SHORTEST_CODE = 8  # blanks and hyphens are not counted, as they are not compared


class JsonLines(logging.Formatter):
    """One JSON object a line, times in UTC. No cookie, code, body, query or URL is ever logged."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "facts", {}),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line)


def application() -> Flask:
    """The application, as the environment says. Raises `LabError` for what is missing."""
    _log_to_standard_error()
    s3 = boto3.client("s3", config=Config(signature_version="s3v4"))
    return create_app(
        Signer(s3, _setting("BUCKET"), _prefix()),
        Store(Path(_setting("STORE"))),
        _origins(),
        Options(limits=Limits(max_bytes=_max_bytes()), check=_accounts()),
    )


def _setting(name: str) -> str:
    value = os.environ.get(f"UPLOAD_PAGE_{name}") or _USUAL.get(name)
    if value is None:
        raise LabError(f"UPLOAD_PAGE_{name} is not set; see helpers/pages/upload_page/wsgi.py.")
    return value


def _origins() -> Origins:
    origin = _setting("ORIGIN").rstrip("/")
    if origin != _as_sent(origin):
        raise LabError(
            f"UPLOAD_PAGE_ORIGIN is {origin!r}; it has to be like https://uploads.example.com, as "
            "a browser sends it: in lower case, without a usual port. Without TLS anybody on the "
            "way can read cookies and signatures."
        )
    return (origin,)


def _as_sent(origin: str) -> str:
    """The origin as a browser writes it (RFC 6454, 6.2); "" for one that the page can't have."""
    try:
        parts = urlsplit(origin)
        port = f":{parts.port}" if parts.port not in (None, 443) else ""
    except ValueError:
        return ""
    here = parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost")
    if not origin.isascii() or not (parts.scheme == "https" or here):
        return ""
    return f"{parts.scheme}://{parts.hostname}{port}"


def _prefix() -> str:
    """Where the files go. Each user has a folder below it."""
    prefix = _setting("PREFIX")
    if prefix.startswith("/") or not prefix.endswith("/"):
        raise LabError(f"UPLOAD_PAGE_PREFIX is {prefix!r}; it has to be like uploads/.")
    return prefix


def _max_bytes() -> int:
    text, most = _setting("MAX_MIB"), MAX_OBJECT // MIB
    if not text.isdecimal() or not 1 <= int(text) <= most:
        raise LabError(f"UPLOAD_PAGE_MAX_MIB is {text!r}; it has to be a number, 1 to {most}.")
    return int(text) * MIB


def _accounts() -> Check:
    """The hook for one's own accounts, or one code for everybody, the same in each worker."""
    accounts, code = _setting("ACCOUNTS"), _setting("CODE")
    if accounts:  # never the code instead: it would let everybody in as anybody
        module, _, name = accounts.partition(":")
        try:
            check: Check = getattr(import_module(module), name)
        except (ImportError, AttributeError, ValueError) as problem:
            raise LabError(
                f"UPLOAD_PAGE_ACCOUNTS is {accounts!r}, not a module:function that Python can "
                f"import: {problem}."
            ) from problem
        return check
    if not code:
        raise LabError("Set UPLOAD_PAGE_ACCOUNTS to module:function, or UPLOAD_PAGE_CODE.")
    if sum(map(str.isalnum, code)) < _SHORTEST_CODE:
        raise LabError(
            f"UPLOAD_PAGE_CODE is too easy to guess: {_SHORTEST_CODE} letters and digits at least."
        )
    return OneCode(code)


def _log_to_standard_error() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    ours = logging.getLogger("helpers.pages")
    ours.handlers, ours.propagate = [handler], False
    ours.setLevel(logging.INFO)


def rules() -> str:
    """The CORS rule and the lifecycle rule that the bucket needs, as JSON."""
    rule = cors.page_rule("upload-page", _origins(), METHODS, HEADERS)
    return f"{cors.as_text(rule)}\n{cors.as_text(lifecycle.abort_rule(_prefix()))}"


if __name__ == "__main__":
    try:
        print(rules())
    except LabError as problem:
        sys.exit(str(problem))
