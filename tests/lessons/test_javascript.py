"""Every ``js`` block of every lesson, run in Node as it stands, and what it made put to use.

What a block may rely on:

- It is one complete module (its own imports, top-level await) and runs in a folder of its own.
  Packages: those of tests/clients/js/package.json. A block that needs a browser is fenced as
  ``html`` or ``javascript`` and is not run here.
- Keys and endpoint are in the environment (AWS_…; S3_BUCKET and S3_REGION too), the bucket
  ``presignedurldemo`` is there, and so is every object whose ``Key: "…"`` it reads. Files that it
  names in ``readFile("…")`` or ``openAsBlob("…")`` are there too.

What is checked:

- It ends without an error and prints nothing that is usable.
- A ``console.log(…); // text`` prints that text.
- A top-level Response (of fetch) is a success, unless such a comment gives its status.
- A top-level URL, or list of them, works with the method and headers of the command that was
  signed (a top-level ``command`` if more than ``host`` is signed), and is refused with another
  method and with one digit of its signature changed.
- A top-level form (``{ url, fields }``, also destructured) takes a file, and refuses it when the
  policy is changed, when a field is added, and when the file is over its content-length-range.
- A block that makes none of these must have sent something to the S3.
"""

from __future__ import annotations

import base64
import json
import os
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from strict_s3.redact import redact
from tests.clients.conftest import JS, run
from tests.lessons.lesson import LESSONS, fenced
from tests.programs import missing, program
from tests.service import Service

BLOCKS = [
    pytest.param(block, id=f"{path.stem}-{number}")
    for path in LESSONS
    for number, block in enumerate(fenced(path, "js"), 1)
]
METHODS = {"GetObject": "GET", "PutObject": "PUT", "HeadObject": "HEAD", "UploadPart": "PUT"}
HEADERS = {
    "content-type": "ContentType",
    "content-length": "ContentLength",
    "content-md5": "ContentMD5",
    "cache-control": "CacheControl",
    "content-disposition": "ContentDisposition",
    "if-none-match": "IfNoneMatch",
}
BODY = b"stored by the test"


@pytest.fixture
def node(service, tmp_path):
    """Run a block; returns what it printed and made."""
    path = program("node", "install Node.js 20 or newer")
    if not (JS / "node_modules" / "@aws-sdk" / "s3-presigned-post").is_dir():
        missing(f"the JavaScript packages are not installed: npm ci --prefix {JS}")

    def call(block: str) -> dict[str, Any]:
        names = declared(block)
        file = tmp_path / "block.mjs"
        file.write_text(f"{block}\nexport {{ {', '.join(names)} }};\n", encoding="utf-8")
        for name in re.findall(r'(?:readFile|readFileSync|openAsBlob)\("([^"]+)"', block):
            (tmp_path / name).write_bytes(BODY)
        for key in re.findall(r'\bKey: "([^"]+)"', block):
            if re.search(r"\b(Get|Head)ObjectCommand\(", block):
                service.put(key, BODY)
        order = json.dumps({"block": str(file), "names": names})
        done = run([path, str(JS / "lesson.mjs")], input=order, env=around(service), cwd=tmp_path)
        assert done.returncode == 0, redact(done.stderr)
        answer = json.loads(done.stdout)
        assert "error" not in answer, redact(answer["error"])
        return answer

    return call


def around(service: Service) -> dict[str, str]:
    """The environment of a block: where its S3 is, and keys for it."""
    root = service.server.root
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return kept | {
        "AWS_ENDPOINT_URL": service.endpoint,
        "AWS_ACCESS_KEY_ID": root.access_key,
        "AWS_SECRET_ACCESS_KEY": root.secret_key,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "S3_BUCKET": service.bucket,
        "S3_REGION": service.region,
        "S3_ACCESS_KEY": root.access_key,
        "S3_SECRET_KEY": root.secret_key,
    }


def declared(block: str) -> list[str]:
    """The names that a block declares at its top level."""
    names = re.findall(r"^(?:const|let|var) (\w+)", block, re.M)
    for group in re.findall(r"^(?:const|let|var) \{([^}]*)\}", block, re.M):
        names += [
            re.split(r"\s*:\s*", name.strip())[-1] for name in group.split(",") if name.strip()
        ]
    return names


def check(block: str, answer: dict[str, Any], service: Service) -> None:
    """All that the module's docstring promises, of a block that has run."""
    printed, made = answer["printed"], answer["made"]
    assert not any("X-Amz-Signature=" in line for line in printed), "the block prints a usable URL"
    expected = [
        (p or "").strip() for p in re.findall(r"^ *console\.log\(.*\);(?: // (.+))?$", block, re.M)
    ]
    assert len(printed) >= len(expected)
    for want, line in zip(expected, printed, strict=False):
        assert want in ("", line), (want, redact(line))
    sent = len(service.decisions())
    command = made.get("command", {"kind": "none"})
    command = command if command["kind"] == "command" else None
    found = 0
    for name, item in made.items():
        match item["kind"]:
            case "url" | "list":
                for url in [item] if item["kind"] == "url" else item["items"]:
                    if url["kind"] == "url" and not _is_forms(url, made):
                        found += 1
                        check_url(url["url"], method_of(block, command), command, service)
            case "form":
                found += 1
                check_form(item, service)
            case "response":
                found += 1
                good = 200 <= item["status"] < 400
                assert good or str(item["status"]) in expected, (name, item["status"])
    assert found or sent, "the block makes no URL, no form and sends nothing"


def _is_forms(url: dict[str, Any], made: dict[str, Any]) -> bool:
    return any(other["kind"] == "form" and other["url"] == url["url"] for other in made.values())


def method_of(block: str, command: dict[str, Any] | None) -> str:
    """The HTTP method of the command that a block signs."""
    used = {command["name"]} if command else set(re.findall(r"new (\w+Command)\(", block))
    assert len(used) == 1, f"which of these is signed? Name it command: {sorted(used)}"
    return METHODS[used.pop().removesuffix("Command")]


def check_url(url: str, method: str, command: dict[str, Any] | None, service: Service) -> None:
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    names = [name for name in query["X-Amz-SignedHeaders"][0].split(";") if name != "host"]
    assert not names or command, f"{names} are signed: give the command a top-level name, command"
    given = command["input"] if command else {}
    # What the SDK signs as Content-Type if the command names none.
    given = {"ContentType": "application/octet-stream", **given}
    headers = {name: str(given[HEADERS[name]]) for name in names}
    body = None
    if method == "PUT":
        body = b"x" * int(headers.pop("content-length", 18))
        key = parts.path.removeprefix(f"/{service.bucket}/")
        service.client().delete_object(Bucket=service.bucket, Key=key)  # for If-None-Match
    digit = "0" if url.partition("X-Amz-Signature=")[2][0] != "0" else "1"
    tampered = re.sub(r"(?<=X-Amz-Signature=).", digit, url)
    other = "PUT" if method in ("GET", "HEAD") else "GET"
    tried = [
        requests.request(m, u, data=b, headers=headers).status_code
        for m, u, b in ((method, tampered, body), (other, url, body), (method, url, body))
    ]
    assert tried == [403, 403, 200], tried


def check_form(form: dict[str, Any], service: Service) -> None:
    """A form of createPresignedPost: it takes a file, and its policy is kept."""
    fields = form["fields"]
    policy = json.loads(base64.b64decode(fields["Policy" if "Policy" in fields else "policy"]))
    ranges = [
        c for c in policy["conditions"] if isinstance(c, list) and c[0] == "content-length-range"
    ]
    least, most = (int(n) for n in ranges[0][1:]) if ranges else (0, None)
    size = max(least, 1)

    def send(fields: dict[str, str], size: int) -> int:
        file = {"file": ("photo.jpg", b"x" * size)}
        answer = requests.post(form["url"], fields, files=file, allow_redirects=False)
        return answer.status_code

    policy["expiration"] = "2999-01-01T00:00:00Z"
    longer = base64.b64encode(json.dumps(policy).encode()).decode()
    name = "Policy" if "Policy" in fields else "policy"
    refused = [send(fields | {name: longer}, size), send(fields | {"x-amz-meta-more": "1"}, size)]
    if most is not None:
        assert most < 50_000_000, "too large to be tried: use a smaller limit"
        refused.append(send(fields, most + 1))
        assert send(fields, most) < 400
    accepted = send(fields, size)
    assert all(status in (400, 403) for status in refused), refused
    assert accepted in (200, 201, 204, 303), accepted


@pytest.mark.parametrize("block", BLOCKS)
def test_the_javascript_that_a_lesson_shows(block, node, service):
    check(block, node(block), service)


def test_there_is_javascript_to_run():
    assert BLOCKS


IMPORTS = """\
import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { createPresignedPost } from "@aws-sdk/s3-presigned-post";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";

const s3 = new S3Client({ region: "eu-west-2" });
const Bucket = "presignedurldemo";
const get = new GetObjectCommand({ Bucket, Key: "lesson-99/a.txt" });
const PolicyKey = "lesson-99/form.txt";
"""
SIGN_PUT = """
const command = new PutObjectCommand({ Bucket, Key: "lesson-99/b.txt", %s });
const url = await getSignedUrl(s3, command, { signableHeaders: new Set(["content-type"]) });
"""
FORM = """
const { url, fields } = await createPresignedPost(s3, { Bucket, Key: PolicyKey, Expires: 60, %s });
"""


@pytest.mark.parametrize(
    "code",
    [
        IMPORTS + SIGN_PUT % 'ContentType: "image/png"',
        IMPORTS + SIGN_PUT % "ContentLength: 7",
        IMPORTS + FORM % 'Conditions: [["content-length-range", 1, 1000]]',
        IMPORTS + FORM % 'Fields: { success_action_status: "201" }',
        IMPORTS.replace("get =", "command =")
        + "const urls = [await getSignedUrl(s3, command), await getSignedUrl(s3, command)];",
        IMPORTS
        + "const response = await fetch(await getSignedUrl(s3, get), { method: 'PUT' });\n"
        + "console.log(response.status); // 403",
        IMPORTS
        + "const { Body } = await s3.send(get);\nconst text = await Body.transformToString();\n"
        "console.log(text); // stored by the test",
        'import { readFile } from "node:fs/promises";\n'
        + IMPORTS
        + 'const Body = await readFile("a.txt");\n'
        + 'await s3.send(new PutObjectCommand({ Bucket, Key: "k", Body }));',
    ],
)
def test_what_a_block_may_be(code, node, service):
    check(code, node(code), service)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("const nothing = 1;", "makes no URL"),
        ("const never = missing;", "ReferenceError"),
        ('import x from "no-such-package";\nconst a = 1;', "no-such-package"),
        (IMPORTS + "console.log(await getSignedUrl(s3, get));", "prints a usable URL"),
        (IMPORTS + "console.log(6 * 7); // 43", "'43', '42'"),
        (
            IMPORTS
            + "const response = await fetch(await getSignedUrl(s3, get), { method: 'PUT' });",
            "'response', 403",
        ),
        (IMPORTS.replace("presignedurldemo", "another") + SIGN_PUT % "", "NoSuchBucket|404"),
        (IMPORTS.replace("eu-west-2", "us-east-1") + SIGN_PUT % "", "400"),
        (
            IMPORTS + SIGN_PUT.replace("command", "put") % 'ContentType: "image/png"',
            r"Name it command|top-level name",
        ),
    ],
)
def test_a_block_that_is_wrong_is_noticed(code, reason, node, service):
    with pytest.raises(AssertionError, match=reason):
        check(code, node(code), service)
