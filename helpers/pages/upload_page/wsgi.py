"""The page for others: behind TLS, with as many workers as you like, for your own accounts.

    export UPLOAD_PAGE_ORIGIN=https://uploads.example.com   # what browsers see; sets Secure cookies
    export UPLOAD_PAGE_BUCKET=my-bucket                     # keys and region as boto3 finds them
    export UPLOAD_PAGE_STORE=/var/lib/upload-page.sqlite    # shared by the workers: a local disk
    export UPLOAD_PAGE_ACCOUNTS=my_company.accounts:check   # see `sessions`; or UPLOAD_PAGE_CODE
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
from strict_s3.rules.limits import MIB

_USUAL = {"PREFIX": "uploads/", "MAX_MIB": "500", "ACCOUNTS": "", "CODE": ""}


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
    limits = Limits(max_bytes=int(_setting("MAX_MIB")) * MIB)
    return create_app(
        Signer(s3, _setting("BUCKET"), _setting("PREFIX")),
        Store(Path(_setting("STORE"))),
        _origins(),
        Options(limits=limits, check=_accounts()),
    )


def _setting(name: str) -> str:
    value = os.environ.get(f"UPLOAD_PAGE_{name}") or _USUAL.get(name)
    if value is None:
        raise LabError(f"UPLOAD_PAGE_{name} is not set; see helpers/pages/upload_page/wsgi.py.")
    return value


def _origins() -> Origins:
    origin = _setting("ORIGIN").rstrip("/")
    parts = urlsplit(origin)
    here = parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost")
    if (parts.scheme != "https" and not here) or origin != f"{parts.scheme}://{parts.netloc}":
        raise LabError(
            f"UPLOAD_PAGE_ORIGIN is {origin!r}; it has to be like https://uploads.example.com. "
            "Without TLS anybody on the way can read cookies and signatures."
        )
    return (origin,)


def _accounts() -> Check:
    """The hook for one's own accounts, or one code for everybody, the same in each worker."""
    module, _, name = _setting("ACCOUNTS").partition(":")
    if module and name:
        check: Check = getattr(import_module(module), name)
        return check
    if not _setting("CODE"):
        raise LabError("Set UPLOAD_PAGE_ACCOUNTS to module:function, or UPLOAD_PAGE_CODE.")
    return OneCode(_setting("CODE"))


def _log_to_standard_error() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    ours = logging.getLogger("helpers.pages")
    ours.handlers, ours.propagate = [handler], False
    ours.setLevel(logging.INFO)


def rules() -> str:
    """The CORS rule and the lifecycle rule that the bucket needs, as JSON."""
    rule = cors.page_rule("upload-page", _origins(), METHODS, HEADERS)
    return f"{cors.as_text(rule)}\n{cors.as_text(lifecycle.abort_rule(_setting('PREFIX')))}"


if __name__ == "__main__":
    try:
        print(rules())
    except LabError as problem:
        sys.exit(str(problem))
