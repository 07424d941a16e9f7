"""Level 4: a URL put together as text, so that a key can be no key at all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest

from helpers.flags.level import Level, Use, content, downloads
from helpers.flags.world import Stage, World


def sign(s3: Any, bucket: str, user: str, key: str) -> str:
    base, region = s3.meta.endpoint_url, s3.meta.region_name
    request = AWSRequest("GET", f"{base}/{bucket}/{key}")
    keys = s3._request_signer._credentials
    S3SigV4QueryAuth(keys, "s3", region, 300).add_auth(request)
    return request.url


def fix(s3: Any, bucket: str, user: str, key: str) -> str:
    params = {"Bucket": bucket, "Key": key}
    return s3.generate_presigned_url("get_object", params, 300)


def empty(world: World) -> object:
    """the empty key"""
    return world.send(world.sign("")).text


def query(world: World) -> object:
    """a key that begins with a question mark"""
    return world.send(world.sign("?list-type=2")).text


def fragment(world: World) -> object:
    """a key that begins with #"""
    return world.send(world.sign("#")).text


def captured(stage: Stage, got: object) -> bool:
    return stage.target.encode() in content(got)


def uses(stage: Stage) -> Iterator[Use]:
    names = ("mine.txt", "2026/b.txt", "what?.txt", "a b#c.txt", "100%25 ü.txt")
    yield from downloads(stage, names)


LEVEL = Level(
    number=4,
    title="A key that isn't a key",
    minutes=20,
    story="Shared files have random names. Anyone who knows a name can read the file, so the "
    "signer doesn't ask who it is. Somebody found SDKs slow and wrote the URL by hand.",
    goal="Return the victim's key, or a text that contains it.",
    gives="`world.victim` and `world.sign(key)`, but no `world.target`: you are after that name.",
    incident=(
        "Articles by Detectify (2018) and ivision found signers that signed an empty "
        "key, and so a listing of the bucket (second-hand: we read texts that quote "
        "them)"
    ),
    imports="from botocore.auth import S3SigV4QueryAuth\n"
    "from botocore.awsrequest import AWSRequest",
    hints=(
        "What is the URL of a bucket, and what does a GET of it return?",
        "In this signer a key is text in a URL. Which characters end the path?",
        "The empty key gives a listing; so does `?list-type=2`. Fix: let boto3 build the URL, or "
        "quote the key and refuse an empty one.",
    ),
    signers=(sign,),
    attacks=(empty, query, fragment),
    captured=captured,
    uses=uses,
    fix=fix,
    hides_target=True,
)
