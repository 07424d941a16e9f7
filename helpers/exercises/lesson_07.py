"""Lesson 07, let the browser in with CORS."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import product
from typing import Any

import requests
from botocore.exceptions import ClientError, ParamValidationError

from helpers.errors import NotYet
from helpers.exercises.checking import error_code, exercise, refuse, send, texts, variation
from helpers.lab import Lab
from helpers.pages import cors

_APP = "https://app.example"
_KEY = "lesson-07/exercise.txt"
_NEEDED = "content-type,x-amz-checksum-sha256"


# No script may do any of these; the origins that the learner names are tried as well.
_ORIGINS = [
    _APP,
    "https://anybody.example",
    f"{_APP}.evil.example",
    "http://app.example",
    "https://www.app.example",
    f"{_APP}:8443",
    "https://evilapp.example",
    "null",
]
_METHODS = ("PUT", "POST", "DELETE", "HEAD")


@variation
def try_if_none_match(lab: Lab, rule: object) -> str:
    """A rule that lets one page send If-None-Match beside the headers that it could send before."""
    if not isinstance(rule, Mapping):
        raise NotYet("this should be one rule, a dict.")
    page, url = "https://page.example", _address(lab)
    with _configured(lab, [rule]):
        for headers in ("content-type,x-amz-meta-a", "if-none-match", "content-type,if-none-match"):
            _allowed(_ask(url, "PUT", page, headers), f"PUT from {page} with {headers}")
    return "the preflight with If-None-Match is answered 200."


@exercise("07", 1)
def check_rules(lab: Lab, rules: object) -> str:
    """PUT with two headers and a readable ETag for one origin, GET for all, and nothing else."""
    if not isinstance(rules, list | tuple) or not all(isinstance(rule, Mapping) for rule in rules):
        raise NotYet("this should be a list of rules, each a dict, for put_bucket_cors.")
    url = _address(lab)
    with _configured(lab, rules):
        for headers in ("", "content-type", _NEEDED):
            what = f"PUT from {_APP} with {headers or 'no header of its own'}"
            _allowed(_ask(url, "PUT", _APP, headers), what)
        for origin in (_APP, "https://anybody.example", "http://other.example:8080"):
            _allowed(_ask(url, "GET", origin), f"GET from {origin}")
        named = [o for rule in rules for o in rule["AllowedOrigins"] if o != "*"]
        origins = [*_ORIGINS, *(name.replace("*", "any") for name in named)]
        for origin, method in product(origins, _METHODS):
            if (method, origin) != ("PUT", _APP):
                answer = _ask(url, method, origin)
                refuse(answer, f"{method} from {origin} is allowed too.")
        stored = send("PUT", url, data=b"x", headers={"Origin": _APP})
        exposed = stored.headers.get("access-control-expose-headers", "").lower()
        if "etag" not in [name.strip() for name in exposed.split(",")]:
            raise NotYet(
                f"a script on {_APP} cannot read the ETag: S3 exposes {exposed or 'nothing'} to "
                "it. S3 uses the first rule that allows origin, method and headers."
            )
    return "one page can upload and read the ETag, every page can GET; the rest is refused."


@exercise("07", 2)
def check_preflight(lab: Lab, asked: object) -> str:
    """The headers of a browser's preflight for a PUT with two headers of its own."""
    given = texts(asked, "{'Origin': '…'}")
    names = {name.lower() for name in given}
    for name in ("Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers"):
        if name.lower() not in names:
            raise NotYet(f"the header {name} is missing.")
    for name in given:
        if name.lower() in ("content-type", "authorization", "cookie") or "x-amz" in name.lower():
            raise NotYet(f"a preflight doesn't send {name}. It only names the headers to come.")
        if name.lower().startswith("access-control-") and "-request-" not in name.lower():
            raise NotYet(f"a preflight doesn't send {name}: that is how S3 responds.")
    rule = {"AllowedOrigins": ["*"], "AllowedMethods": ["PUT"], "AllowedHeaders": ["*"]}

    url = _address(lab)

    def answer(**change: list[str]) -> requests.Response:
        with _configured(lab, [{**rule, **change}]):
            return send("OPTIONS", url, headers=given)

    if answer().status_code != 200:
        raise NotYet(f"S3 answers {error_code(answer())}. Which method will be used?")
    if answer(AllowedOrigins=[f"{_APP}:8443"]).status_code != 200:
        raise NotYet(
            "this is not the page's origin. An origin is scheme, host and port, without a path."
        )
    wanted = ["content-type", "x-amz-meta-author"]
    if answer(AllowedHeaders=wanted).status_code != 200:
        raise NotYet("it asks for a header that the script does not set.")
    for name in wanted:
        rest = [other for other in wanted if other != name]
        refuse(answer(AllowedHeaders=rest), f"it does not ask for {name}, which the script sets.")
    return "S3 understands the question, and it is the one that the browser asks."


def _address(lab: Lab) -> str:
    """A URL of the exercise's object. A preflight needs no signature; this one has one."""
    params = {"Bucket": lab.bucket, "Key": _KEY}
    url: str = lab.client().generate_presigned_url("put_object", params, 60)
    return url


def _ask(url: str, method: str, origin: str, headers: str = "") -> requests.Response:
    asked = {"Origin": origin, "Access-Control-Request-Method": method}
    if headers:
        asked["Access-Control-Request-Headers"] = headers
    return send("OPTIONS", url, headers=asked)


def _allowed(answer: requests.Response, what: str) -> None:
    if answer.status_code != 200:
        raise NotYet(
            f"{what} is refused. One rule has to allow its origin, its method and all its headers."
        )


@contextmanager
def _configured(lab: Lab, rules: Sequence[Any]) -> Iterator[None]:
    """The bucket with these CORS rules, and afterwards with those that it had."""
    s3 = lab.client()
    before = cors.rules_of(s3, lab.bucket)
    try:
        s3.put_bucket_cors(Bucket=lab.bucket, CORSConfiguration={"CORSRules": rules})
    except ParamValidationError as problem:
        raise NotYet(f"boto3 does not accept these rules. {problem}") from None
    except ClientError as problem:
        said = problem.response["Error"]["Message"]
        raise NotYet(f"S3 does not accept these rules: {said}") from None
    try:
        yield
    finally:
        cors.write_rules(s3, lab.bucket, before)
