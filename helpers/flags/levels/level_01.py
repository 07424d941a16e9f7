"""Level 1: the key that is asked for is signed, whoever asks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from helpers.errors import Denied, NotYet
from helpers.flags.level import Level, Use, downloads, read_secret
from helpers.flags.world import Stage, World


def sign(s3: Any, bucket: str, user: str, key: str) -> str:
    params = {"Bucket": bucket, "Key": key}
    return s3.generate_presigned_url("get_object", params, 300)


def fix(s3: Any, bucket: str, user: str, key: str) -> str:
    if not key.startswith(f"{user}/"):
        raise Denied
    return sign(s3, bucket, user, key)


def attack(world: World) -> object:
    """asks for the victim's key"""
    return world.send(world.sign(world.target)).body


def neighbours(world: World) -> object:
    """asks for the files of users whose names contain the attacker's"""
    found, name = [], world.target.rpartition("/")[2]
    for folder in _near(world.me, world.victim):
        try:
            found.append(world.send(world.sign(f"{folder}/{name}")).body)
        except (Denied, NotYet):  # this one is refused
            continue
    return found


def _near(me: str, victim: str) -> list[str]:
    """Folders of others that a comparison with `me` can take for one's own."""
    return [f"x{me}", f"{victim}/{me}", me.upper(), *(f"{me}{end}" for end in "0a-_.é"), f"{me}000"]


def prepare(stage: Stage) -> None:
    """The others have a file too, with the same content as the victim's."""
    for folder in _near(stage.me, stage.victim):
        stage.put(f"{folder}/{stage.secret_name}", stage.secret)


def uses(stage: Stage) -> Iterator[Use]:
    names = ("mine.txt", "2026/a b.txt", f"for {stage.victim}.txt", "v1..v2 ü%2e.txt")
    yield from downloads(stage, names)


LEVEL = Level(
    number=1,
    title="It signs any key",
    minutes=10,
    story="Attic keeps people's papers: the files of user `ann` are under `ann/`. Its first "
    "release makes a link for whatever key the page asks for. You are signed in, so you can ask.",
    goal="Return the content of the victim's file.",
    gives="`world.target`, the victim's key, and `world.sign(key)`.",
    incident=(
        "A reviewer of FreeFrame saw that its avatar endpoint signed a GET for "
        "whatever key it was sent "
        "([freeframe#93](https://github.com/Techiebutler/freeframe/pull/93), 2026)"
    ),
    hints=(
        "The signer is told who asks. What does it do with `user`?",
        "Nothing compares `key` with `user`. Ask for a key that isn't yours, and send the URL.",
        "Attack: `return world.send(world.sign(world.target)).body`. Fix: raise `Denied` unless "
        "the key begins with the user's folder, slash included.",
    ),
    signers=(sign,),
    attacks=(attack, neighbours),
    captured=read_secret,
    uses=uses,
    fix=fix,
    prepare=prepare,
)
