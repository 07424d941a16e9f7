"""Level 8: the size is checked, and isn't signed."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from helpers.errors import Denied
from helpers.flags.level import Level, Use, expect, must
from helpers.flags.world import Stage, World

LIMIT = 10_000  # bytes


def sign(s3: Any, bucket: str, user: str, name: str, size: int) -> str:
    if size > 10_000:
        raise Denied
    params = {"Bucket": bucket, "Key": f"{user}/{name}"}
    return s3.generate_presigned_url("put_object", params, 300)


def fix(s3: Any, bucket: str, user: str, name: str, size: int) -> str:
    if size > 10_000:
        raise Denied
    params = {"Bucket": bucket, "Key": f"{user}/{name}", "ContentLength": size}
    return s3.generate_presigned_url("put_object", params, 300)


def understate(world: World) -> object:
    """says 10 bytes and sends 50,000"""
    return world.send(world.sign("big.bin", 10), "PUT", bytes(50_000))


def honest_about_it(world: World) -> object:
    """says 10,001 bytes and sends them"""
    return world.send(world.sign("big.bin", LIMIT + 1), "PUT", bytes(LIMIT + 1))


def at_the_limit(world: World) -> object:
    """says 10,000 bytes and sends one more"""
    return world.send(world.sign("big.bin", LIMIT), "PUT", bytes(LIMIT + 1))


def captured(stage: Stage, got: object) -> bool:
    return any(len(body) > LIMIT for body in stage.objects().values())


def uses(stage: Stage) -> Iterator[Use]:
    for size in (2, 4_321, LIMIT):
        words = f"a user says {size:,} bytes and sends them"
        yield words, partial(_upload, stage, size)


def _upload(stage: Stage, size: int) -> None:
    name = f"file-{size}.bin"
    expect(stage.send(stage.sign(stage.me, name, size), "PUT", bytes(size)))
    must(len(stage.get(f"{stage.me}/{name}")) == size, "It isn't there.")


LEVEL = Level(
    number=8,
    title="Small print",
    minutes=15,
    story="Uploads by PUT: at most 10,000 bytes. The page says how many there are, and the signer "
    "checks what the page says.",
    goal="Store an object of more than 10,000 bytes.",
    gives="`world.sign(name, size)` and `world.send(url, 'PUT', body)`.",
    incident=(
        "A limit that nobody enforced: RustFS ignored the size range in a form's "
        "policy ([rustfs#984](https://github.com/rustfs/rustfs/issues/984), 2025; "
        "CVE-2026-27607, second-hand)"
    ),
    hints=(
        "Who compares the number with what is sent?",
        "Nobody: the URL doesn't know the size. Which header of a PUT carries it?",
        "Say 10 and send 50,000 bytes. Fix: keep the check, and sign `ContentLength=size` too.",
    ),
    signers=(sign,),
    attacks=(understate, honest_about_it, at_the_limit),
    captured=captured,
    uses=uses,
    fix=fix,
)
