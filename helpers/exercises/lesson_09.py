"""Lesson 09, lock it down."""

from __future__ import annotations

import json
import re
from itertools import product
from typing import Any

import requests
from botocore.exceptions import ClientError

from helpers.clean_up import delete_user
from helpers.errors import NotYet
from helpers.exercises.checking import exercise, expect, refuse, send, variation
from helpers.exercises.policies import (
    Grant,
    as_new_user,
    judge,
    policy_text,
    put_bucket_policy,
    unfilled,
    user_named,
)
from helpers.lab import Lab
from strict_s3.explainer.words import duration
from strict_s3.rules.iam import Applicable, evaluate
from strict_s3.rules.identity import ACCOUNT, Identity
from strict_s3.rules.policy import Policy, parse_policy
from strict_s3.rules.s3_operations import BUCKET, OBJECT

_ADA, _ADAM = "s3-lessons-09-ada", "s3-lessons-09-adam"
_BODY = b"of lesson 09"
_SHARE = {"s3:GetObject": "download", "s3:PutObject": "upload"}
_YOUNG, _OLD = (0, 299), (301, 3600, 7 * 24 * 3600)  # seconds since a URL was signed
_KEYS = ("guarded/a.txt", "a", "guarded/2026/ä +.txt", "other/b.jpg")
_USER = user_named("somebody")
_SESSION = Identity(
    "assumed-role",
    ACCOUNT,
    f"arn:aws:sts::{ACCOUNT}:assumed-role/app/one",
    user_id="AROAEXAMPLE:one",
    role_arn=f"arn:aws:iam::{ACCOUNT}:role/app",
)
_ANYTHING = parse_policy(
    {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}, name="all", kind="identity"
)
_PLACES = ("127.0.0.1", "203.0.113.7", "198.51.100.9")
_MILLISECONDS = "Age is in milliseconds, and a Deny without Condition denies everything"


def _denied(policy: Policy, who: Identity, action: str, arn: str, **keys: str) -> str:
    """Why a presigned request of somebody who may do everything is denied; "" if it isn't."""
    context = {
        "s3:authType": "REST-QUERY-STRING",
        "s3:signatureversion": "AWS4-HMAC-SHA256",
        "aws:PrincipalArn": who.role_arn or who.arn,
        "aws:SecureTransport": "true",
        **({"aws:username": who.user_name} if who.user_name else {}),
        **{name.replace("_", ":"): value for name, value in keys.items()},
    }
    found = evaluate(action, arn, context, who, Applicable((_ANYTHING,), (policy,)))
    return "" if found.allowed else found.reason


@variation
def try_address(lab: Lab, bucket: str, addresses: object) -> str:
    """The list of the addresses that are let in: one more than in the lesson."""
    if not isinstance(addresses, list | tuple) or not all(isinstance(a, str) for a in addresses):
        raise NotYet('this should be a list of texts, such as ["203.0.113.0/24"].')
    arn = f"arn:aws:s3:::{bucket}/*"
    deny = {"Effect": "Deny", "Principal": "*", "Action": list(_SHARE), "Resource": arn}
    text = json.dumps(
        {"Statement": [deny | {"Condition": {"NotIpAddress": {"aws:SourceIp": addresses}}}]}
    )
    put_bucket_policy(lab.client(), bucket, text)
    lab.client().delete_bucket_policy(Bucket=bucket)
    policy = parse_policy(text, name="your guardrail", kind="resource")
    for address, inside in (
        *((one, True) for one in ("127.0.0.1", "203.0.113.7", "203.0.113.200")),
        *((one, False) for one in ("127.0.0.2", "127.1.2.3", "198.51.100.9", "203.0.114.1")),
    ):
        why = _denied(policy, _USER, "s3:GetObject", arn[:-1] + "a.txt", aws_SourceIp=address)
        if inside and why:
            raise NotYet(f"{address} is still refused. An address is a network of one: /32.")
        if not why and not inside:
            raise NotYet(f"{address} is let in as well. How many addresses has that network?")
    return "the bucket lets in the office and 127.0.0.1, and none of the others that were tried."


@exercise("09", 1)
def check_guardrail(lab: Lab, bucket: str, policy: object) -> str:
    """A bucket policy that ends every presigned URL five minutes after signing."""
    text = policy_text(policy)
    if re.search(r'"Effect"\s*:\s*"Allow"', text):
        raise NotYet(
            "this policy has an Allow, which gives access and ends nothing. A guardrail is a Deny."
        )
    s3 = lab.client()
    s3.put_object(Bucket=bucket, Key="guarded/a.txt", Body=_BODY)
    put_bucket_policy(s3, bucket, text)
    try:
        lab.let_it_settle()
        _measure_guardrail(parse_policy(text, name="your policy", kind="resource"), bucket)
        _judge_guardrail(lab, s3, bucket)
    finally:
        s3.delete_bucket_policy(Bucket=bucket)
    return "for every signer and key that was tried, a URL works for five minutes and no longer."


def _measure_guardrail(policy: Policy, bucket: str) -> None:
    """`NotYet` about the first request that is denied too early, or still allowed too late."""
    arn = f"arn:aws:s3:::{bucket}"
    actions = sorted({action for table in (OBJECT, BUCKET) for _, action in table.values()} - {""})
    resources = [arn, *(f"{arn}/{key}" for key in _KEYS)]
    for seconds, action, resource in product(_YOUNG, actions, resources):
        age = str(seconds * 1000)
        why = _denied(policy, _USER, action, resource, s3_signatureAge=age, aws_SourceIp=_PLACES[0])
        if why:
            raise NotYet(
                f"{duration(seconds) if seconds else 'right'} after signing, {action} on "
                f"{resource} is already denied. {why} {_MILLISECONDS}."
            )
    for seconds, action, key, who, place in product(
        _OLD, _SHARE, _KEYS, (_USER, _SESSION), _PLACES
    ):
        age = str(seconds * 1000)
        if not _denied(
            policy, who, action, f"{arn}/{key}", s3_signatureAge=age, aws_SourceIp=place
        ):
            raise NotYet(
                f"{duration(seconds)} after signing, a URL for the {_SHARE[action]} of {key} still "
                f"works, signed by {who} and used from {place}. Does a Deny name {action}, every "
                f"object ({arn}/*), everybody, an age of 300,000, and no further condition?"
            )


def _judge_guardrail(lab: Lab, s3: Any, bucket: str) -> None:
    """The same with requests, as far as the clock can be moved."""
    object_ = {"Bucket": bucket, "Key": "guarded/a.txt"}
    get = s3.generate_presigned_url("get_object", Params=object_, ExpiresIn=3600)
    put = s3.generate_presigned_url("put_object", Params=object_, ExpiresIn=3600)

    def tried() -> tuple[requests.Response, requests.Response]:
        return send("GET", get), send("PUT", put, data=_BODY)

    for answer in tried():
        expect(answer, f"a URL that was signed this second is refused. {_MILLISECONDS}")
    try:
        s3.get_object(**object_)
    except ClientError:
        raise NotYet(
            "boto3's own requests, which are signed in a header, are refused as well. Deny by age."
        ) from None
    if not lab.local:
        return
    with lab.later(minutes=4, seconds=50):
        for answer in tried():
            expect(answer, f"after 4 minutes 50 a URL is refused already. {_MILLISECONDS}")
    with lab.later(minutes=5, seconds=10):
        for answer in tried():
            refuse(answer, "after 5 minutes 10 a URL still works.")


@exercise("09", 2)
def check_folders(lab: Lab, bucket: str, policy: object) -> str:
    """One identity policy that gives each user a folder under ``team/``."""
    text = policy_text(policy)
    folders = {name: f"team/{name}/" for name in (_ADA, _ADAM)}
    try:
        clients = {name: as_new_user(lab, name, text).client() for name in folders}
        for name, client in clients.items():
            _judge_folder(client, bucket, name, _hint(text))
        lab.client().put_object(Bucket=bucket, Key="team/all.txt", Body=_BODY)
        for name, client in clients.items():
            _judge_others(client, bucket, name, _ADAM if name == _ADA else _ADA)
        for name, folder in folders.items():
            others = [f"{other}plan.txt" for other in folders.values() if other != folder]
            grant = Grant(frozenset(_SHARE), folder, ("team/all.txt", *others))
            judge(text, bucket, user_named(name), grant)
    finally:
        for name in folders:
            delete_user(lab.client("iam"), name)
    return "each can download and upload in a folder of their own, and was allowed nothing else."


def _use(client: Any, operation: str, bucket: str, key: str) -> requests.Response:
    url = client.generate_presigned_url(operation, Params={"Bucket": bucket, "Key": key})
    return send("PUT", url, data=_BODY) if operation == "put_object" else send("GET", url)


def _hint(text: str) -> str:
    """What a policy that allows too little may lack; without its full stop."""
    if "{aws:username}" not in text.replace("${aws:username}", "") and unfilled(text):
        return unfilled(text).strip().removesuffix(".")
    if "${" in text and '"2012-10-17"' not in text:
        return 'A policy variable is filled in only with "Version": "2012-10-17"'
    return (
        "Is the user's name the variable ${aws:username}, and are both s3:GetObject and "
        "s3:PutObject allowed? (In an f-string a brace is written twice: ${{aws:username}})"
    )


def _judge_folder(client: Any, bucket: str, name: str, hint: str) -> None:
    for operation, what in (("put_object", "upload to"), ("get_object", "share")):
        for key in (f"team/{name}/plan.txt", f"team/{name}/2026/plan.txt"):
            expect(_use(client, operation, bucket, key), f"{name} cannot {what} {key}. {hint}")


def _judge_others(client: Any, bucket: str, name: str, other: str) -> None:
    alike = " The one name begins with the other: what comes after the variable?"
    for operation in ("get_object", "put_object"):
        refuse(
            _use(client, operation, bucket, f"team/{other}/plan.txt"),
            f"{name} gets into team/{other}/.{alike if name == _ADA else ''}",
        )
        refuse(
            _use(client, operation, bucket, "team/all.txt"),
            f"{name} can also use team/all.txt, which is in nobody's folder.",
        )
