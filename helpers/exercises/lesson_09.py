"""Lesson 09, lock it down."""

from __future__ import annotations

from typing import Any

import requests
from botocore.exceptions import ClientError

from helpers.clean_up import delete_user
from helpers.errors import NotYet
from helpers.exercises.checking import exercise, expect, refuse, send
from helpers.exercises.policies import as_new_user, policy_text, put_bucket_policy
from helpers.lab import Lab

_ADA, _ADAM = "s3-lessons-09-ada", "s3-lessons-09-adam"
_BODY = b"of lesson 09"


@exercise("09", 1)
def check_guardrail(lab: Lab, bucket: str, policy: object) -> str:
    """A bucket policy that ends every presigned URL five minutes after signing."""
    s3 = lab.client()
    s3.put_object(Bucket=bucket, Key="guarded/a.txt", Body=_BODY)
    put_bucket_policy(s3, bucket, policy_text(policy))
    try:
        lab.let_it_settle()
        _judge_guardrail(lab, s3, bucket)
    finally:
        s3.delete_bucket_policy(Bucket=bucket)
    return "every URL ends after five minutes, and until then nothing has changed."


def _judge_guardrail(lab: Lab, s3: Any, bucket: str) -> None:
    object_ = {"Bucket": bucket, "Key": "guarded/a.txt"}
    get = s3.generate_presigned_url("get_object", Params=object_, ExpiresIn=3600)
    put = s3.generate_presigned_url("put_object", Params=object_, ExpiresIn=3600)

    def tried() -> tuple[requests.Response, requests.Response]:
        return send("GET", get), send("PUT", put, data=_BODY)

    milliseconds = "Age is in milliseconds, and a Deny without Condition denies everything"
    for answer in tried():
        expect(answer, f"a URL that was signed this second is refused. {milliseconds}")
    refuse(
        send("GET", get.partition("?")[0]),
        "now a stranger can read without a URL. A guardrail denies; it allows nothing.",
    )
    try:
        s3.get_object(**object_)
    except ClientError:
        raise NotYet(
            "boto3's own requests, which are signed in a header, are refused as well. Deny by age. "
            f"{milliseconds}."
        ) from None
    if not lab.local:
        return
    with lab.later(minutes=4, seconds=50):
        for answer in tried():
            expect(answer, f"after 4 minutes 50 a URL is refused already. {milliseconds}")
        young = s3.generate_presigned_url("get_object", Params=object_, ExpiresIn=9000)
        expect(send("GET", young), "a URL with a long life is refused while it is young")
    with lab.later(minutes=5, seconds=10):
        for answer, what in zip(tried(), ("a download", "an upload"), strict=True):
            refuse(
                answer,
                f"after 5 minutes 10 a URL for {what} still works. Does a Deny name that "
                f"action, every object (arn:aws:s3:::{bucket}/*), and an age of 300,000?",
            )


@exercise("09", 2)
def check_folders(lab: Lab, bucket: str, policy: object) -> str:
    """One identity policy that gives each user a folder under ``team/``."""
    text = policy_text(policy)
    try:
        clients = {name: as_new_user(lab, name, text).client() for name in (_ADA, _ADAM)}
        for name, client in clients.items():
            _judge_folder(client, bucket, name)
        lab.client().put_object(Bucket=bucket, Key="team/all.txt", Body=_BODY)
        for name, client in clients.items():
            _judge_others(client, bucket, name, _ADAM if name == _ADA else _ADA)
    finally:
        for name in (_ADA, _ADAM):
            delete_user(lab.client("iam"), name)
    return "each has a folder, and the other's is shut."


def _use(client: Any, operation: str, bucket: str, key: str) -> requests.Response:
    url = client.generate_presigned_url(operation, Params={"Bucket": bucket, "Key": key})
    return send("PUT", url, data=_BODY) if operation == "put_object" else send("GET", url)


def _judge_folder(client: Any, bucket: str, name: str) -> None:
    for operation, what in (("put_object", "upload to"), ("get_object", "share")):
        for key in (f"team/{name}/plan.txt", f"team/{name}/2026/plan.txt"):
            expect(
                _use(client, operation, bucket, key),
                f"{name} cannot {what} {key}. Is the user's name the variable ${{aws:username}}, "
                "and are both s3:GetObject and s3:PutObject allowed? (In an f-string a brace is "
                "written twice: ${{aws:username}})",
            )


def _judge_others(client: Any, bucket: str, name: str, other: str) -> None:
    alike = " The one name begins with the other: what comes after the variable?"
    for operation in ("get_object", "put_object"):
        refuse(
            _use(client, operation, bucket, f"team/{other}/plan.txt"),
            f"{name} gets into team/{other}/.{alike if name == _ADA else ''}",
        )
        refuse(
            _use(client, operation, bucket, "team/all.txt"),
            f"{name} also gets at team/all.txt, which is in nobody's folder.",
        )
