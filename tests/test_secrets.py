"""No secret and no usable URL in any file of the repository; and the scan finds what is planted."""

from __future__ import annotations

import base64
import html
import json
import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import pytest

from helpers.files import PROJECT
from strict_s3.redact import redact
from strict_s3.rules import sigv4
from tests.secret_scan import PUBLISHED, secrets_in

MADE = {
    ".venv",
    "node_modules",
    "__pycache__",
    ".git",
    ".pytest_cache",
    ".ipynb_checkpoints",
    "wheelhouse",
}


def files() -> list[Path]:
    """What git knows or would add; without git (a downloaded copy), what no tool has made."""
    git = shutil.which("git")
    if git and (PROJECT / ".git").exists():
        command = [git, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(command, cwd=PROJECT, capture_output=True, check=True).stdout
        found = [PROJECT / name for name in listed.decode().split("\0") if name]
    else:
        found = [path for path in PROJECT.rglob("*") if not MADE & set(path.parts)]
    return [path for path in found if path.is_file() and path.name not in (".env", ".git")]


def read(path: Path) -> str:
    text = path.read_bytes().decode("utf-8", "replace")
    # The lock's hashes of packages are as long as a signature.
    return re.sub(r"--hash=sha256:[0-9a-f]{64}", "", text)


def test_no_file_holds_a_secret():
    scanned = files()
    assert {"README.md", "requirements.lock", "00-start-here.ipynb"} <= {p.name for p in scanned}
    found = {str(p.relative_to(PROJECT)): secrets_in(read(p)) for p in scanned}
    assert {name: what for name, what in found.items() if what} == {}


KEY_ID = "AKIA" + "Z7" * 8
URL = sigv4.presign(
    "GET",
    "https://b.s3.eu-west-2.amazonaws.com",
    "b.s3.eu-west-2.amazonaws.com",
    "/k",
    access_key=KEY_ID,
    secret_key="not published",
    region="eu-west-2",
    now=datetime(2026, 1, 1, tzinfo=UTC),
    expires=60,
    session_token="IQoJ" + "b3JpZ2lu" * 8,
)
SIGNATURE = URL.partition("X-Amz-Signature=")[2]
PLANTED = {
    "url": URL,
    "key id": f"key {KEY_ID}.",
    "temporary key id": "ASIA" + "Q2" * 8,
    "signature alone": SIGNATURE,
    "signature cut short": f"?X-Amz-Signature={SIGNATURE[:40]}",
    "form field": json.dumps({"x-amz-signature": SIGNATURE}),
    "byte dump": " ".join(f"{byte:02x}" for byte in f"GET\nAWS4 {KEY_ID}".encode()),
    "version 2": "https://b/k?AWSAccessKeyId=x&Expires=1&Signature=" + "aB3" * 9 + "%3D",
    "token": "X-Amz-Security-Token=" + "Fe9" * 10,
    "token alone": "FwoG" + "ZXIvYXdz" * 6,
    "secret in .env": "S3_SECRET_KEY=" + "q7/W" * 10,
    "secret in XML": "<SecretAccessKey>" + "q7+W" * 10 + "</SecretAccessKey>",
    "secret in Python": 'aws_secret_access_key="' + "q7-W" * 10 + '"',
    "private key": "-----BEGIN RSA " + "PRIVATE KEY-----",
    "token of another": "ghp_" + "aZ9" * 12,
}


def _lines(text: str) -> str:
    encoded = base64.b64encode(text.encode()).decode()
    return "\n".join(encoded[i : i + 76] for i in range(0, len(encoded), 76))


WRAPPED = {
    "as it is": str,
    "in HTML": lambda text: f"<td>{html.escape(text)}</td>",
    "in HTML twice": lambda text: html.escape(html.escape(text)),
    "in a query": lambda text: "next=" + quote(text, safe=""),
    "in base64": lambda text: base64.b64encode(text.encode()).decode(),
    "in base64 for URLs": lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="),
    "in lines of base64": _lines,
    "in base64 in HTML": lambda text: html.escape(f"<img src='data:;base64,{_lines(text)}'>"),
    "in a notebook's output": lambda text: json.dumps(
        {"outputs": [{"data": {"text/html": [f"<b>{html.escape(text)}</b>\n"]}}]}
    ),
}


@pytest.mark.parametrize("wrap", WRAPPED)
@pytest.mark.parametrize("planted", PLANTED)
def test_the_scan_finds_what_is_planted(planted, wrap):
    text = f"Something before. {WRAPPED[wrap](PLANTED[planted])} Something after."
    found = secrets_in(text)
    assert found
    assert not any(KEY_ID in line or SIGNATURE in line for line in found), "it shows what it found"


def test_what_is_no_secret_is_let_through():
    assert secrets_in(redact(URL)) == []
    assert secrets_in("X-Amz-Signature=… AKIA… ?X-Amz-Signature=SIGNATURE&X-Amz-Expires=60") == []
    for value in PUBLISHED:
        assert secrets_in(f"x {value} {base64.b64encode(value.encode()).decode()}") == []
        changed = value[:-1] + ("a" if value.islower() else "A")
        if len(value) in (20, 64) and changed not in PUBLISHED:
            assert secrets_in(f"x {changed}"), "only what is published exactly so is let through"
