"""What every check is made of: the `exercise` decorator, hints, and requests that cannot crash."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import requests
from botocore.exceptions import BotoCoreError, ClientError

from helpers.errors import LabError, NotYet
from helpers.exercises import progress
from helpers.lab import Lab
from strict_s3.explainer import read_error

NOT_DONE = "Not done yet: "
PASSED = "Passed: "
_SECONDS = 10  # to wait for an answer


def exercise(lesson: str, number: int) -> Callable[[Callable[..., str]], Callable[..., None]]:
    """Make a check of a function that takes the lab and the learner's answer.

    The function returns what is right about the answer, or raises `NotYet`. The check prints
    that, and notes a passed exercise in the learner's progress. An answer that is still ``...``
    never reaches the function.
    """

    def decorate(function: Callable[..., str]) -> Callable[..., None]:
        progress.register(lesson, number)

        @functools.wraps(function)
        def check(lab: Lab, *answer: Any, **named: Any) -> None:
            try:
                if any(value is ... or value is None for value in (*answer, *named.values())):
                    raise NotYet("replace the dots with your code and run the cell again.")
                praise = function(lab, *answer, **named)
            except LabError as problem:
                print(f"{NOT_DONE}{problem}")
            except (BotoCoreError, ClientError) as problem:
                print(f"{NOT_DONE}S3 refused the check's own request: {problem}")
            else:
                progress.record(lesson, number)
                print(f"{PASSED}{praise}")

        return check

    return decorate


def send(method: str, url: str, **more: Any) -> requests.Response:
    """The request, or `NotYet` if it cannot be sent or nobody answers. Follows no redirect."""
    try:
        return requests.request(method, url, timeout=_SECONDS, allow_redirects=False, **more)
    except (requests.RequestException, UnicodeError) as problem:
        raise NotYet(
            f"this could not be sent ({type(problem).__name__}). Does the URL start with the "
            "endpoint of the client s3, and is the local S3 still running?"
        ) from None


def presigned_url(value: object) -> str:
    """`value` if it looks like a URL presigned with Signature Version 4, else `NotYet`."""
    if not isinstance(value, str) or "://" not in value:
        raise NotYet(f"this should be a URL (text that starts with http), not {value!r:.60}.")
    if "X-Amz-Signature" not in value:
        raise NotYet(
            "this URL has no X-Amz-Signature. Make it with generate_presigned_url of the client s3."
        )
    return value


def expect(answer: requests.Response, status: int, what: str) -> None:
    """`NotYet` with `what` (a sentence without its full stop) unless the status is `status`."""
    if answer.status_code != status:
        raise NotYet(
            f"{what}. S3 answered {answer.status_code} {error_code(answer)}".rstrip() + "."
        )


def error_code(answer: requests.Response) -> str:
    """The Code in S3's XML, or an empty text."""
    return read_error(answer.content).code
