"""Level 6: a form whose key may begin with anything."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from helpers.flags.level import Level, Use, expect, must
from helpers.flags.world import Stage, World


def sign(s3: Any, bucket: str, user: str) -> dict[str, Any]:
    rules = [["content-length-range", 1, 10_000]]
    key = "${filename}"
    return s3.generate_presigned_post(bucket, key, None, rules)


def fix(s3: Any, bucket: str, user: str) -> dict[str, Any]:
    rules = [["content-length-range", 1, 10_000]]
    key = f"{user}/${{filename}}"
    return s3.generate_presigned_post(bucket, key, None, rules)


def other_key(world: World) -> object:
    """sends the victim's key in the form's field"""
    return world.post(world.sign(), b"defaced", key=world.target)


def captured(stage: Stage, got: object) -> bool:
    return stage.get(stage.target) != stage.secret


def uses(stage: Stage) -> Iterator[Use]:
    me = stage.me

    def two() -> None:
        form = stage.sign(me)
        expect(stage.post(form, b"one", "one.txt"))
        expect(stage.post(form, b"two", "two words.txt"))
        found = {key for key, body in stage.objects().items() if body in (b"one", b"two")}
        must(len(found) == 2, "One file replaced the other.")
        outside = sorted(key for key in found if not key.startswith(f"{me}/"))
        must(not outside, f"A file is outside of {me}/: {', '.join(outside)}.")

    def largest() -> None:
        expect(stage.post(stage.sign(me), bytes(10_000), "large.bin"))

    def too_large() -> None:
        answer = stage.post(stage.sign(me), bytes(10_001), "larger.bin")
        must(not answer.ok, "S3 took them.")

    yield "a user sends two files with one form, and finds both in their folder", two
    yield "a file of 10,000 bytes, the most that the form allows", largest
    yield "10,001 bytes are still refused", too_large


LEVEL = Level(
    number=6,
    title="An empty beginning",
    minutes=20,
    story="Uploads now go through a form: as many pictures as you like, 10,000 bytes each. S3 puts "
    "the file's name where the key says `${filename}`.",
    goal="Change the content of the victim's file.",
    gives="`world.target`, `world.sign()`, which returns a form, and `world.post(form, body)`: "
    "its `key=` replaces the form's field.",
    incident=(
        "A Ruby library let the form's key begin with anything, so a user could "
        "replace any file "
        "([s3_direct_upload#55](https://github.com/waynehoover/s3_direct_upload/issues/55), "
        "2013). A report to BCM says the same (HackerOne #764243, second-hand)"
    ),
    hints=(
        "Which condition about the key is in the form's policy? Decode it, or give the form to "
        "`python3 -m helpers inspect`.",
        "It is `starts-with $key ''`, which is true of every key. Send a different `key`.",
        "`world.post(world.sign(), b'defaced', key=world.target)`. Fix: the key begins with the "
        "user's folder, slash included.",
    ),
    signers=(sign,),
    attacks=(other_key,),
    captured=captured,
    uses=uses,
    fix=fix,
)
