"""Lesson 12, take it to work: the examples' tests, and backends that a learner changed."""

from __future__ import annotations

import hashlib
import importlib
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import strict_s3
from helpers.errors import NotYet, short
from helpers.exercises.checking import (
    ENDS,
    exercise,
    post,
    posted_form,
    raised,
    refuse,
    send,
    variation,
)
from helpers.files import PROJECT
from helpers.lab import Lab
from strict_s3.rules.limits import MIB

EXAMPLES = PROJECT / "notebooks" / "examples"
BACKEND = EXAMPLES / "backends" / "fastapi_app.py"
_CSV, _PNG = "text/csv", "image/png"
_SVG = "image/svg+xml"
Call = Callable[..., tuple[int, Any]]
_found: dict[str, str] = {}  # what run_contract printed, by the files that it was about


def run_contract(*apps: Path, region: str = "eu-west-2") -> None:
    """Run examples/test_contract.py against backends; print which tests failed, by backend.

    For the same files it prints again what it found the first time.
    """
    digest = hashlib.sha256(region.encode())
    for file in [*sorted(EXAMPLES.glob("*.py")), *apps]:
        digest.update(file.name.encode() + file.read_bytes())
    files = digest.hexdigest()
    if files not in _found:
        _found[files] = _contract(apps, region)
    print(_found[files])


def _contract(apps: tuple[Path, ...], region: str) -> str:
    command = [sys.executable, "-m", "pytest", "-q", "--tb=no", "-rfE", "--color=no"]
    command += ["-p", "no:cacheprovider", "-p", "strict_s3.pytest_plugin"]
    command += ["-o", f"strict_s3_region={region}"]
    command += [part for app in apps for part in ("--app", str(app))]
    signers = ["--signer", "user"] if len(apps) > 1 else []
    variables = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(PROJECT)}
    done = subprocess.run(
        [*command, *signers, str(EXAMPLES / "test_contract.py")],
        cwd=EXAMPLES,
        env=os.environ | variables,
        capture_output=True,
        text=True,
    )
    summary = re.search(r"^(\d+ (?:passed|failed|error).*?) in ", done.stdout, re.M)
    if not summary:
        raise NotYet(f"pytest could not run: {done.stdout[-1000:]}{done.stderr[-1000:]}")
    noticed: dict[str, list[str]] = {app.stem: [] for app in apps}
    for test, app in re.findall(r"^(?:FAILED|ERROR) \S+::(\w+)\[(\w+)-", done.stdout, re.M):
        noticed[app] += [] if test in noticed[app] else [test]
    lines = [summary[1]]
    if len(apps) > 1 or any(noticed.values()):
        for app, tests in noticed.items():
            lines += [app, *(f"    {test}" for test in tests or ["(no test noticed)"])]
    return "\n".join(lines)


def start_backend(app: Path, s3: strict_s3.Server) -> Call:
    """A backend in this process: call(method, path, body, user) -> (status, answer).

    It signs with the key of a new user, whose policy is examples/policies/signer-multipart.json.
    """
    policy = (EXAMPLES / "policies" / "signer-multipart.json").read_text(encoding="utf-8")
    key = s3.user(policy.replace("amzn-s3-demo-bucket", s3.bucket))
    with _examples("drivers").drive(app, s3.env(key) | {"UPLOAD_BUCKET": s3.bucket}) as call:
        return call  # type: ignore[no-any-return]


def plant_mistakes(folder: Path) -> dict[str, Path]:
    """Eight broken copies of the FastAPI backend, by mistake."""
    return _examples("mistakes").plant(BACKEND, folder)  # type: ignore[no-any-return]


def _examples(name: str) -> Any:
    """A module of the examples, which are no package."""
    if str(EXAMPLES) not in sys.path:
        sys.path.append(str(EXAMPLES))
    return importlib.import_module(name)


def _started(source: object, s3: strict_s3.Server) -> Call:
    if not isinstance(source, str):
        raise NotYet(f"this should be the backend's source, as text, not {short(source)}.")
    with tempfile.TemporaryDirectory() as folder:
        app = Path(folder) / "my_app.py"
        try:
            app.write_text(source, encoding="utf-8")
            call = start_backend(app, s3)
        except ENDS as problem:
            raise NotYet(f"this source does not start: {raised(problem)}") from None

    def sent(method: str, path: str, *more: Any, **named: Any) -> tuple[int, Any]:
        try:
            return call(method, path, *more, **named)
        except ENDS as problem:  # the backend's own, which a server would log
            raise NotYet(f"at {method} {path} this backend stopped: {raised(problem)}") from None

    return sent


def _begin(call: Call, kind: str, size: int) -> tuple[int, Any]:
    return call("POST", "/uploads", {"type": kind, "size": size})


def _form(call: Call, kind: str, size: int = 5) -> Any:
    status, answer = _begin(call, kind, size)
    if status != 201:
        raise NotYet(f"POST /uploads refuses {kind} of {size:,} bytes: {status} {answer}.")
    posted_form(answer, "what POST /uploads returns")
    _member((status, answer), "id", "POST /uploads")
    return answer


def _member(response: tuple[int, Any], name: str, asked: str) -> str:
    """A text of the backend's JSON. `NotYet` if it isn't there."""
    status, answer = response
    found = answer.get(name) if isinstance(answer, dict) else None
    if not isinstance(found, str):
        raise NotYet(f"{asked} answers {status} {short(answer)}; there should be {name!r} in it.")
    return found


def _stores(form: Any, size: int) -> bool:
    return post(form["url"], form["fields"], bytes(size)).status_code == 204


@variation
def try_two_minutes(lab: Lab, shorter: object) -> str:
    """The backend with forms and links for two minutes."""
    del lab
    with strict_s3.in_process() as s3:
        call = _started(shorter, s3)
        form = _form(call, _PNG)
        stored = _stores(form, 5)
        url = _member(call("GET", f"/files/{form['id']}"), "url", "GET /files/…")
        with s3.later(seconds=110):
            if not stored or not _stores(form, 5):
                raise NotYet("the form should still work after 110 seconds.")
        with s3.later(seconds=130):
            refuse(send("GET", url), "the link still works after 130 seconds.")
            if _stores(form, 5):
                raise NotYet("the form still works after 130 seconds.")
    return "form and link end after two minutes."


@exercise("12", 1)
def check_csv(lab: Lab, my_app: object) -> str:
    """The backend with CSV of at most 1 MiB; all else as it was."""
    del lab
    with strict_s3.in_process() as s3:
        call = _started(my_app, s3)
        form = _form(call, _CSV)
        if not form["id"].endswith(".csv"):
            raise NotYet(f"the key of a CSV ends with {form['id'][-4:]!r} and not with '.csv'.")
        for kind, limit in ((_CSV, MIB), (_PNG, 10 * MIB)):
            _check_limit(call, kind, limit)
        _check_parts(call, s3)
        _is_as_before(call, form)
    return "CSV up to 1 MiB, by form and in parts; pictures as before."


def _check_limit(call: Call, kind: str, limit: int) -> None:
    form = _form(call, kind, limit)
    if not _stores(form, limit):
        raise NotYet(f"S3 refuses {kind} of {limit:,} bytes, which should be allowed.")
    if _begin(call, kind, limit + 1) != (413, {"error": "too_large"}):
        raise NotYet(f"POST /uploads signs {kind} of {limit + 1:,} bytes. It should answer 413.")
    asked = {"method": "PUT", "key": "x", "contentType": kind}
    signed = call("POST", "/sign", asked)
    _member(signed, "url", f"POST /sign for {kind}")
    for made in (form, signed[1]):
        if _stores(made, limit + 1):
            raise NotYet(
                f"S3 stores {kind} of {limit + 1:,} bytes: who says 5 bytes can send more. The "
                "form's content-length-range has to depend on the type."
            )


def _check_parts(call: Call, s3: strict_s3.Server) -> None:
    """No signature limits the sum of parts: the backend does, when it is told that all is sent."""
    for kind, size, wanted in ((_CSV, MIB, 200), (_CSV, MIB + 1, 413), (_PNG, MIB + 1, 200)):
        begun = call("POST", "/sign", {"method": "POST", "key": "x", "contentType": kind})
        key = _member(begun, "key", f"POST /sign for {kind}")
        client, at = s3.client(), {"Bucket": s3.bucket, "Key": key}
        client.put_object(**at, ContentType=kind, Body=bytes(size))
        path = f"/uploads/{key.rpartition('/')[2]}/complete"
        status, answer = call("POST", path)
        if status != wanted:
            raise NotYet(
                f"{kind} of {size:,} bytes was sent in parts, and /complete answers {status} "
                f"{answer}; it should answer {wanted}."
            )


def _is_as_before(call: Call, form: Any) -> None:
    for kind in ("image/jpeg", "application/pdf"):
        _form(call, kind, 10 * MIB)
    _member(call("GET", f"/files/{form['id']}"), "url", "GET /files/…")
    for size, verb in ((0, "stores"), (1, "refuses")):
        if _stores(form, size) == (verb == "stores"):
            raise NotYet(f"S3 {verb} a file of {size} bytes with the form for a CSV; before, not.")
    changed = {**form["fields"], "Content-Type": "text/html"}
    refuse(
        post(form["url"], changed, b"<h1>"),
        "S3 stores a web page with the form for a CSV: the form has to lock the type.",
    )
    for body, user, wanted in (
        ({"type": "text/html", "size": 5}, "ann", 415),
        ({"type": _CSV, "size": 5}, None, 401),
    ):
        status = call("POST", "/uploads", body, user)[0]
        if status != wanted:
            raise NotYet(f"POST /uploads with {body} as {user} is {status}; it was {wanted}.")


@exercise("12", 2)
def check_svg(lab: Lab, my_test: Callable[[Call], None]) -> str:
    """A test that notices a backend which signs SVG."""
    del lab
    if not callable(my_test):
        raise NotYet("my_test should be a function: def my_test(call): ...")
    right = BACKEND.read_text(encoding="utf-8")
    types = '"application/pdf": "pdf"'
    with strict_s3.in_process() as s3:
        _passes(my_test, _started(right, s3), "the backend as it is")
        more = right.replace(types, f'{types}, "text/csv": "csv"')
        _passes(my_test, _started(more, s3), "a backend that also signs CSV, as in exercise 1")
        wrong = right.replace(types, f'{types}, "{_SVG}": "svg"')
        problem = _ends(my_test, _started(wrong, s3))
    if problem and type(problem).__name__ != "Skipped":
        return "it passes with the backend as it is, and fails when SVG is allowed."
    does = "is skipped" if problem else "passes"
    raise NotYet(
        f"it {does} with a backend that signs {_SVG}. Ask for a form of that type, and assert "
        "that the status is 415."
    )


def _passes(my_test: Callable[[Call], None], call: Call, which: str) -> None:
    if problem := _ends(my_test, call):
        raise NotYet(f"it fails with {which}: {raised(problem)}")


def _ends(my_test: Callable[[Call], None], call: Call) -> BaseException | None:
    """What a test raises, if anything. pytest.fail's and skip's are no `Exception`."""
    try:
        my_test(call)
    except KeyboardInterrupt:
        raise
    except BaseException as problem:
        return problem
    return None
