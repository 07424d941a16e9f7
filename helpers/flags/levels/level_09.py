"""Level 9: a link that works again after the file was checked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from helpers.errors import Denied
from helpers.flags.level import Level, Use, expect, must, pair
from helpers.flags.world import Stage, World

Signed = tuple[str, dict[str, str], str]
GOOD = b"0123456789abcdef"  # as long as the virus


def sign(s3: Any, bucket: str, user: str, name: str, size: int) -> Signed:
    key = f"{user}/{name}"
    file = {"Bucket": bucket, "Key": key, "ContentLength": size}
    url = s3.generate_presigned_url("put_object", file, 900)
    return url, {}, key


def fix(s3: Any, bucket: str, user: str, name: str, size: int) -> Signed:
    key = f"{user}/{name}"
    params = {"Bucket": bucket, "Key": key, "ContentLength": size, "IfNoneMatch": "*"}
    url = s3.generate_presigned_url("put_object", params, 900)
    return url, {"If-None-Match": "*"}, key


def swap(world: World) -> object:
    """the same URL again, after the scan"""
    assert world.confirm
    url, headers, key = world.sign("a.txt", len(GOOD))
    world.send(url, "PUT", GOOD, headers)
    world.confirm(key)
    return world.send(url, "PUT", world.virus, headers)


def without_headers(world: World) -> object:
    """the same URL again, without the headers that came with it, or without one of them"""
    assert world.confirm
    url, headers, key = world.sign("a.txt", len(GOOD))
    world.send(url, "PUT", GOOD, headers)
    world.confirm(key)
    for left_out in headers:
        rest = {name: value for name, value in headers.items() if name != left_out}
        world.send(url, "PUT", world.virus, rest)
    return world.send(url, "PUT", world.virus)


def second_url(world: World) -> object:
    """a second URL for the same name, asked for before the scan or after it"""
    assert world.confirm
    first, second = world.sign("a.txt", len(GOOD)), world.sign("a.txt", len(GOOD))
    world.send(first[0], "PUT", GOOD, first[1])
    world.confirm(first[2])
    world.send(second[0], "PUT", world.virus, second[1])
    try:
        third = world.sign("a.txt", len(GOOD))
    except Denied:
        return None
    return world.send(third[0], "PUT", world.virus, third[1])


def captured(stage: Stage, got: object) -> bool:
    return any(stage.virus in stage.get(key) for key in stage.approved)


def uses(stage: Stage) -> Iterator[Use]:
    me = stage.me

    def upload(name: str, body: bytes) -> bool:
        url, headers, key = pair(stage.sign(me, name, len(body)), "a URL, headers and a key", 3)
        expect(stage.send(url, "PUT", body, headers))
        must(stage.get(key) == body, f"It is not at {key}.")
        return stage.confirm(key)

    def one() -> None:
        must(upload("one.txt", GOOD), "It is not approved.")

    def another() -> None:
        must(upload("two words.txt", b"2"), "It is not approved.")

    def better() -> None:
        must(not upload("draft.txt", stage.virus), "The scanner's test failed.")
        must(upload("draft.txt", GOOD), "It is not approved.")

    yield "a user uploads a file, and it is approved", one
    yield "a second file, of a different name and size", another
    yield "the scanner refuses a file; the user sends a better one under the same name", better


LEVEL = Level(
    number=9,
    title="Checked, then swapped",
    minutes=30,
    story="A scanner reads each uploaded file. It approves the key, or deletes the object. Other "
    "users see what is approved. The size is signed, so nothing else can come in.",
    goal="Have an approved key whose content holds `world.virus`.",
    gives="`url, headers, key = world.sign(name, size)`, `world.confirm(key)`, which runs the "
    "scanner, and `world.virus`, 16 bytes that it refuses.",
    incident=(
        "Civitai's upload links could be used again for 12 hours, after the scan "
        "([civitai#3771](https://github.com/civitai/civitai/issues/3771), 2026). "
        "Twenty signed the length as well; different content of the same length was "
        "enough ([twenty#25342](https://github.com/twentyhq/twenty/pull/25342), 2026)"
    ),
    hints=(
        "How often does a presigned URL work?",
        "Upload something harmless, have it approved, and use the URL again. Which condition makes "
        "a write happen only where nothing is yet?",
        "Fix: sign `IfNoneMatch='*'` and return the header `If-None-Match: *` for the client to "
        "send. Signed, it can't be left out.",
    ),
    signers=(sign,),
    attacks=(swap, without_headers, second_url),
    captured=captured,
    uses=uses,
    fix=fix,
    confirms=True,
)
