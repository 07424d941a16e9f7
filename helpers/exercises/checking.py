"""What every check is made of: the `exercise` decorator, hints, and requests that cannot crash."""

from __future__ import annotations

import base64
import functools
import hashlib
import hmac
import inspect
import json
import re
import textwrap
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from botocore.exceptions import BotoCoreError, ClientError

from helpers.errors import LabError, NotYet, Untouched, short, text_of
from helpers.exercises import progress, room
from helpers.lab import Lab
from strict_s3.explainer import Meant, explain, read_error
from strict_s3.explainer.canonical import unsent
from strict_s3.explainer.words import duration
from strict_s3.redact import redact
from strict_s3.rules import sigv4

NOT_DONE = "Not done yet: "
ENDS = (Exception, SystemExit)  # what a learner's code can end with; Interrupt is for the kernel
PASSED = "Passed: "
_SECONDS = 10  # to wait for an answer
_MAX_VALUES = 200_000  # of an answer
_MAX_TEXT = 2_000  # characters of a hint, which may quote an answer
WIDTH = 78  # characters of a cell's output at 800 pixels


def exercise(lesson: str, number: int) -> Callable[[Callable[..., str]], Callable[..., None]]:
    """Make a check of a function that takes the lab and the learner's answer.

    The function returns what is right about the answer, or raises `NotYet`. The check prints
    that, notes a passed exercise in the learner's progress, and tells the instructor's board if
    the learner has joined one (`room`). An answer that is still ``...`` never reaches the
    function.
    """

    def decorate(function: Callable[..., str]) -> Callable[..., None]:
        progress.register(lesson, number)

        def note(passed: bool) -> None:
            if passed:
                progress.record(lesson, number)
            room.tell(lesson, number, passed)

        return _checked(function, note)

    return decorate


def variation(function: Callable[..., str]) -> Callable[..., None]:
    """Make the check of a change to the cell before ("make it five minutes").

    As `exercise`, but nothing is noted. In a notebook its name begins with ``try_``.
    """
    return _checked(function, lambda passed: None)


def _checked(function: Callable[..., str], note: Callable[[bool], None]) -> Callable[..., None]:
    @functools.wraps(function)
    def check(lab: Lab, *answer: Any, **named: Any) -> None:
        try:
            _look_at((*answer, *named.values()))
            praise = function(lab, *answer, **named)
        except LabError as problem:
            if not isinstance(problem, Untouched):
                note(False)
            _say(f"{NOT_DONE}{problem}")
        except (BotoCoreError, ClientError) as problem:
            _say(f"{NOT_DONE}S3 refused the check's own request: {problem}")
        except Exception as problem:  # of a value that no check foresees
            note(False)
            _say(
                f"{NOT_DONE}the check cannot use one of its values: {raised(problem)} Is each what "
                "the text asks for, and what the lesson made still under its own name?"
            )
        else:
            note(True)
            _say(f"{PASSED}{praise}")

    return check


def _look_at(answers: Iterable[object]) -> None:
    """`NotYet` for what is not the value that any exercise asks for."""
    for value in answers:
        if value is ...:
            raise Untouched("replace the dots with your code and run the cell again.")
        if value is None:
            raise NotYet(
                "your answer is None: replace the dots with the value itself. print() returns "
                "None, and so does a function without a return."
            )
        if inspect.iscoroutine(value):
            value.close()  # or Python warns about it later, somewhere else
            raise NotYet("your answer is a coroutine: write await before the call that makes it.")
        if inspect.iscoroutinefunction(value):
            raise NotYet("your function begins with async def: write def, without await in it.")


def _say(text: str) -> None:
    """Print in lines that fit a narrow window, which would break one in the middle of a word."""
    text = text if len(text) <= _MAX_TEXT else f"{text[:_MAX_TEXT]} …"
    for line in text.splitlines():
        print(textwrap.fill(line, WIDTH, break_long_words=False, break_on_hyphens=False))


def raised(problem: BaseException) -> str:
    """What a learner's code raised, in a hint: no whole URL, which requests puts into its text."""
    text = f": {redact(text_of(problem))}".removesuffix(": ")
    return f"{type(problem).__name__}{text}".rstrip(".") + "."


def items(value: Iterable[Any]) -> list[Any]:
    """What an answer holds. `NotYet` if it is a generator that breaks off, or that never ends."""
    try:
        found = list(islice(value, _MAX_VALUES + 1))
    except ENDS as problem:
        raise NotYet(f"your answer ended with {raised(problem)}") from None
    if len(found) > _MAX_VALUES:
        raise NotYet(
            f"your answer has more than {_MAX_VALUES:,} values. Does its generator ever end?"
        )
    return found


def send(method: str, url: str, **more: Any) -> requests.Response:
    """The request, or `NotYet` if it cannot be sent or nobody answers. Follows no redirect."""
    try:
        return requests.request(method, url, timeout=_SECONDS, allow_redirects=False, **more)
    except requests.exceptions.InvalidHeader as problem:
        raise NotYet(f"a header can't be sent: {raised(problem)}") from None
    except (requests.RequestException, ValueError) as problem:  # urllib3's are ValueErrors
        raise NotYet(
            f"this could not be sent ({type(problem).__name__}). Does the URL start with the "
            "endpoint of the client s3, and is the local S3 still running?"
        ) from None


def presigned_url(value: object) -> str:
    """`value` if it looks like a URL presigned with Signature Version 4, else `NotYet`."""
    if not isinstance(value, str) or "://" not in value:
        raise NotYet(f"this should be a URL (text that starts with http), not {short(value)}.")
    if "AWSAccessKeyId=" in value:
        raise NotYet(
            "this URL has Signature Version 2. Make it with a client whose Config says "
            'signature_version="s3v4".'
        )
    if "X-Amz-Signature" not in value:
        raise NotYet(
            "this URL has no X-Amz-Signature. Make it with generate_presigned_url of the client s3."
        )
    return value


def expect(
    answer: requests.Response, what: str, status: int | None = None, *, lab: Lab | None = None
) -> None:
    """`NotYet` with `what` (a sentence without its full stop) unless S3 answered with `status`.

    By default any status below 400 will do. The hint ends with S3's message; with `lab`, whose
    key signed the URL, a wrong signature is traced to the line that differs.
    """
    if answer.status_code >= 400 if status is None else answer.status_code != status:
        code = f"{answer.status_code} {error_code(answer)}".rstrip()
        raise NotYet(f"{what}. S3 answered {code}{_because(answer, lab)}")


def _because(answer: requests.Response, lab: Lab | None) -> str:
    """ ": " and the reason as a sentence, or a full stop if S3 gave none."""
    if answer.status_code < 400:
        return "."
    method = str(answer.request.method)
    if method == "HEAD" and answer.status_code in (400, 403):
        # It has no body, but S3 refuses a GET for the same reason.
        answer = send("GET", str(answer.request.url))
    error = read_error(answer.content)
    if error.code == "SignatureDoesNotMatch":
        seen = error.fields.get("CanonicalRequest", "")  # not every S3 tells it
        if missing := unsent(error.fields):
            return f": {missing[0]} is signed, and was not sent."
        found = explain(answer, _meant(lab, answer) if lab and seen else None)
        words = found.differences[0].words if found.differences else found.why
        return f": {words.replace('GET was sent', f'{method} was sent')}"
    named = f" ({names})" if (names := error.fields.get("HeadersNotSigned")) else ""
    return f": {error.message.rstrip('.')}{named}." if error.message else "."


# Values that are signed by mistake, for headers that a check sends.
_TYPES = [
    *("image/png", "image/PNG", "image/jpeg", "image/jpg", "image/*", "image/", "image"),
    *("png", "jpg", "jpeg", "text/plain", "text/html", "application/pdf"),
    *("application/octet-stream", "binary/octet-stream"),
]
_LENGTHS = range(10_001)


def _meant(lab: Lab, answer: requests.Response) -> Meant | None:
    """The request that a URL was signed for, found by trying what is likely; None if it is not."""
    url, seen = str(answer.request.url), read_error(answer.content).fields
    canonical, to_sign = seen["CanonicalRequest"], seen["StringToSign"]
    method, sent = str(answer.request.method), canonical.splitlines()
    tries = [(other, "", "") for other in ("GET", "PUT", "HEAD", "DELETE", "POST")]
    tries += [(method, "content-type", kind) for kind in _TYPES]
    tries += [(method, "content-length", str(length)) for length in _LENGTHS]
    parts = to_sign.splitlines()
    key = sigv4.signing_key(lab.secret_key, sigv4.Scope(*parts[2].split("/")[:3]))
    for method, name, value in tries:
        begins = f"{name}:" if name else "\n"
        lines = [f"{name}:{value}" if line.startswith(begins) else line for line in sent[1:]]
        digest = hashlib.sha256("\n".join([method, *lines]).encode()).hexdigest()
        signature = sigv4.signature(key, "\n".join([*parts[:3], digest]))
        if hmac.compare_digest(signature.encode(), seen["SignatureProvided"].encode()):
            headers = dict(line.split(":", 1) for line in lines[2:] if ":" in line)
            return Meant(method, url, headers)
    return None


def refuse(answer: requests.Response, hint: str) -> None:
    """`NotYet` with `hint`, a sentence, unless S3 refused."""
    if answer.status_code < 400:
        raise NotYet(hint)


def expires(
    lab: Lab, seconds: int, use: Callable[[], requests.Response], *, early: int = 10
) -> None:
    """`NotYet` unless `use` works for so long after signing and no longer.

    It may end `early` seconds before. A real S3's clock can't be moved: there the request says it.
    """
    hint = "ExpiresIn is in seconds"
    if not lab.local:
        found = _lifetime(use().request)
        if not seconds - early <= found <= seconds + 10:
            raise NotYet(f"it says that it works for {duration(found)}. {hint}.")
        return
    with lab.later(seconds=seconds - early):
        expect(use(), f"it should still work after {duration(seconds - early)}. {hint}")
    with lab.later(seconds=seconds + 10):
        refuse(use(), f"it still works after {duration(seconds + 10)}. {hint}.")


def _lifetime(request: requests.PreparedRequest) -> int:
    """How many seconds a URL says that it works after signing, or a form from now on."""
    asked = parse_qs(urlsplit(str(request.url)).query).get("X-Amz-Expires")
    if asked:
        return int(asked[0])
    body = request.body if isinstance(request.body, bytes) else str(request.body).encode()
    field = re.search(rb'name="policy"\r\n\r\n([A-Za-z0-9+/=]+)', body)
    policy = json.loads(base64.b64decode(field[1])) if field else {}
    if "expiration" not in policy:
        raise NotYet("nothing says when this request expires.")
    left = datetime.fromisoformat(policy["expiration"]) - datetime.now(UTC)
    return round(left.total_seconds())


def lifetime(url: str, seconds: int) -> None:
    """`NotYet` unless the URL says that it expires so long after signing."""
    found = parse_qs(urlsplit(url).query).get("X-Amz-Expires", ["missing"])[0]
    if found != str(seconds):
        raise NotYet(
            f"X-Amz-Expires is {found}, and should be {seconds}: {duration(seconds)} in seconds. "
            "boto3 calls it ExpiresIn."
        )


def error_code(answer: requests.Response) -> str:
    """The Code in S3's XML, or an empty text."""
    return read_error(answer.content).code


def texts(value: object, like: str) -> dict[str, str]:
    """`value` if it is a dict of texts, such as `like`, else `NotYet`."""
    if not isinstance(value, Mapping) or not all(
        isinstance(part, str) for pair in value.items() for part in pair
    ):
        raise NotYet(f"this should be a dict of texts, such as {like}.")
    return dict(value)


def posted_form(value: object, what: str = "this") -> tuple[str, dict[str, str]]:
    """URL and fields of what generate_presigned_post returned, else `NotYet`."""
    if not isinstance(value, Mapping) or not {"url", "fields"} <= set(value):
        raise NotYet(
            f"{what} should be what generate_presigned_post returns: a dict with 'url' and "
            "'fields'."
        )
    url, fields = value["url"], value["fields"]
    if not isinstance(url, str) or not isinstance(fields, Mapping):
        raise NotYet("'url' should be a text and 'fields' a dict.")
    found = {str(name): str(text) for name, text in fields.items()}
    if "x-amz-signature" not in {name.lower() for name in found}:
        raise NotYet("the form has no field x-amz-signature. Was it signed with s3v4?")
    return url, found


def post(url: str, fields: dict[str, str], body: bytes) -> requests.Response:
    """A file sent with a form, as a browser sends it."""
    return send("POST", url, data=fields, files={"file": ("file.bin", body)})


def is_stored(lab: Lab, key: str) -> None:
    """`NotYet` unless the lessons' bucket has an object of that key."""
    found = lab.client().list_objects_v2(Bucket=lab.bucket, Prefix=key).get("Contents", [])
    if key not in [item["Key"] for item in found]:
        raise NotYet(f"S3 accepted the upload, but there is no {key}. Which key did you sign for?")
