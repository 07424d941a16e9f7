"""Every ``console`` block of every lesson: its curl and aws commands, run as they stand.

What a block may rely on:

- Each command begins with ``$ `` (a line that ends with a backslash goes on in the next); the
  lines below a command are what it prints, where the lesson shows that. ``…`` there stands for
  anything.
- It runs in a folder of its own, in which every file is there that it sends (``-T NAME``,
  ``--upload-file NAME``, ``@NAME``).
- ``$URL`` is a presigned URL for the method that curl will use (PUT with ``-T`` or
  ``--upload-file``, HEAD with ``-I``, else ``-X`` or GET) and for a key of the lesson; whatever
  ``-H "name: value"`` sends is signed. To GET or HEAD, an object is there.
- In a block with ``-F``, ``$URL`` is a form's address, and each field of the form is in the
  variable of its name in capitals (``$KEY``, ``$POLICY``, ``$X_AMZ_SIGNATURE`` …). Fields with a
  value of the lesson's own (``-F "Content-Type=image/png"``) are in the form, with their condition.
- Keys and endpoint are in the environment (AWS_…), and so is ``$BUCKET``.

What is checked: every command ends with status 0 and prints what the lesson shows, S3 got a
request for each, and each was a success unless the output shown names its status.
"""

from __future__ import annotations

import re
import sys

import pytest

from helpers.setup import environment
from strict_s3.redact import redact
from tests.clients.conftest import run
from tests.lessons.lesson import LESSONS, fenced
from tests.lessons.test_javascript import BODY, around
from tests.programs import program
from tests.service import Service

# Commands that need no S3, or a person: they are tested elsewhere (tests/setup/test_commands.py,
# tests/flags, tests/examples).
NOT_RUN = (
    "python3 -m helpers ",
    "python3 -m helpers.flags.tokens ",
    "python3 -m pytest ",
    "py -m helpers ",
    "git ",
    "cp ",
    "chmod ",
)
BLOCKS = [
    pytest.param(path.name[:2], block, id=f"{path.stem}-{number}")
    for path in LESSONS
    for number, block in enumerate(fenced(path, "console"), 1)
]


def commands_of(block: str) -> list[tuple[str, list[str]]]:
    """Each command, and the lines that it prints."""
    found: list[tuple[str, list[str]]] = []
    for line in re.sub(r"\\\n\s*", "", block).splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        elif line.strip():
            assert found, f"not a command, which would begin with '$ ': {line}"
            found[-1][1].append(line.rstrip())
    return found


def method_of(command: str) -> str:
    if re.search(r"(^|\s)(-T|--upload-file)\b", command):
        return "PUT"
    if re.search(r"(^|\s)(-\w*I\b|--head\b)", command):
        return "HEAD"
    named = re.search(r"(?:-X|--request) ?(\w+)", command)
    return named[1] if named else "GET"


def variables(lesson: str, command: str, service: Service) -> dict[str, str]:
    """$URL, and a form's fields, for one command."""
    key = f"lesson-{lesson}/from-the-console.txt"
    if re.search(r"\s-F\b|--form\b", command):
        own = dict(re.findall(r"""(?:-F|--form) ["']?([\w-]+)=([^$@"' ]+)["'\s]""", command + " "))
        own.pop("key", None)
        form = service.client().generate_presigned_post(
            service.bucket, key, Fields=own, Conditions=[{n: v} for n, v in own.items()]
        )
        fields = {name.upper().replace("-", "_"): value for name, value in form["fields"].items()}
        return {"URL": form["url"], **fields}
    method = method_of(command)
    if method in ("GET", "HEAD"):
        service.put(key, BODY)
    sent = re.findall(r"""-H ["']([\w-]+): ?([^"']*)["']""", command)
    return {
        "URL": service.sign(
            method,
            f"/{service.bucket}/{key}",
            expires=300,
            headers={name.lower(): value for name, value in sent},
        )
    }


def check(lesson: str, block: str, service: Service, folder) -> None:
    bash = program("bash", "install it with your system's packages")
    found = commands_of(block)
    assert found
    for command, shown in found:
        if command.startswith(NOT_RUN):
            continue
        name = command.split()[0]
        assert name in ("curl", "aws"), f"neither run nor in NOT_RUN: {command}"
        program(name, "install it with your system's packages, or see environment.yml")
        for file in re.findall(r"(?:-T |--upload-file |@)([\w.-]+)", command):
            (folder / file).write_bytes(BODY)
        around_it = around(service) | variables(lesson, command, service)
        around_it |= {"BUCKET": service.bucket, "AWS_DEFAULT_REGION": service.region}
        around_it["PATH"] = environment.child_variables(sys.executable)["PATH"]
        before = len(service.decisions())
        done = run([bash, "-c", command], env=around_it, cwd=folder)
        assert done.returncode == 0, (command, redact(done.stderr))
        printed = [line.rstrip() for line in done.stdout.splitlines() if line.strip()]
        pattern = "\n".join(re.escape(line).replace("…", ".*") for line in shown)
        output = redact("\n".join(printed))
        assert not shown or re.fullmatch(pattern, output), (command, shown, output)
        statuses = [decision["status"] for decision in service.decisions()[before:]]
        signs_only = name == "aws" and " presign " in command
        assert statuses or signs_only, f"nothing was sent: {command}"
        for status in statuses:
            assert status < 400 or str(status) in "\n".join(shown), (command, statuses)


@pytest.mark.parametrize(("lesson", "block"), BLOCKS)
def test_the_commands_that_a_lesson_shows(lesson, block, service, tmp_path):
    check(lesson, block, service, tmp_path)


STATUS = "curl -sS -o answer.txt -w '%{http_code}\\n'"


@pytest.mark.parametrize(
    "block",
    [
        '$ curl -sS "$URL"\nstored by the test\n',
        '$ curl -sS -T photo.jpg "$URL"\n',
        f'$ {STATUS} -T photo.jpg \\\n    -H "Content-Type: image/jpeg" "$URL"\n200\n',
        '$ curl -sSI "$URL"\n',
        f'$ {STATUS} -X DELETE "$URL"\n204\n',
        f'$ {STATUS} -X PUT --data-binary @a.txt "${{URL}}1"\n403\n',
        f'$ {STATUS} -F "key=$KEY" -F "policy=$POLICY" -F "x-amz-algorithm=$X_AMZ_ALGORITHM" \\\n'
        '  -F "x-amz-credential=$X_AMZ_CREDENTIAL" -F "x-amz-date=$X_AMZ_DATE" \\\n'
        '  -F "x-amz-signature=$X_AMZ_SIGNATURE" -F "Content-Type=image/png" \\\n'
        '  -F file=@photo.png "$URL"\n204\n',
        '$ aws s3 ls "s3://$BUCKET"\n$ python3 -m helpers check\n',
    ],
)
def test_what_a_block_may_be(block, service, tmp_path):
    check("99", block, service, tmp_path)


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        ("curl $URL", "begin with"),
        ('$ curl -sS "$URL"\nsomething else', "stored by the test"),
        ('$ curl -sS "$URL&more=1"', "403"),
        ("$ curl -sS http://127.0.0.1:9/", "curl -sS http"),
        ("$ curl --version", "nothing was sent"),
        ("$ wget $URL", "NOT_RUN"),
    ],
)
def test_a_block_that_is_wrong_is_noticed(block, reason, service, tmp_path):
    with pytest.raises(AssertionError, match=reason):
        check("99", block, service, tmp_path)
