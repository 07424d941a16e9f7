"""Level 2: a prefix without its slash is a prefix of a neighbour's name too."""

from __future__ import annotations

from typing import Any

from helpers.errors import Denied
from helpers.flags.level import Level, read_secret
from helpers.flags.levels import level_01
from helpers.flags.world import World


def sign(s3: Any, bucket: str, user: str, key: str) -> str:
    if not key.startswith(user):
        raise Denied
    params = {"Bucket": bucket, "Key": key}
    return s3.generate_presigned_url("get_object", params, 300)


def attack(world: World) -> object:
    """asks for the key of somebody whose name begins with the attacker's"""
    return world.send(world.sign(world.target)).body


LEVEL = Level(
    number=2,
    title="Half a name",
    minutes=10,
    story="After that, Attic checks how the key begins. Names are handed out in order: you are "
    "`u1`, and there are also `u10` to `u19`.",
    goal="Return the content of the victim's file.",
    gives="`world.me`, `world.victim`, `world.target` and `world.sign(key)`. Print them.",
    incident=(
        "In Camunda, a tenant whose prefix began another's could read, overwrite and "
        "delete its documents "
        "([camunda#56448](https://github.com/camunda/camunda/issues/56448), 2026)"
    ),
    hints=(
        "Print `world.me` and `world.victim`. What do they have in common?",
        "A prefix is only text: `'u12/a.txt'.startswith('u1')` is true.",
        "The attack of level 1 works again. Fix: compare with `f'{user}/'`.",
    ),
    signers=(sign,),
    attacks=(attack, level_01.neighbours),
    captured=read_secret,
    uses=level_01.uses,
    fix=level_01.fix,
    prepare=level_01.prepare,
)
