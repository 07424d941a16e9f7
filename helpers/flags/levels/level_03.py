"""Level 3: the name is checked, and changed afterwards."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from functools import partial
from typing import Any
from urllib.parse import unquote

from helpers.errors import Denied
from helpers.flags.level import Level, Use, download, downloads, read_secret
from helpers.flags.world import OWN, Stage, World


def sign(s3: Any, bucket: str, user: str, name: str) -> str:
    if ".." in name or name.startswith("/"):
        raise Denied
    key = posixpath.normpath(f"{user}/{unquote(name)}")
    params = {"Bucket": bucket, "Key": key}
    return s3.generate_presigned_url("get_object", params, 300)


def sign_cleaned(s3: Any, bucket: str, user: str, name: str) -> str:
    name = unquote(name).replace("../", "")
    key = posixpath.normpath(f"{user}/{name}")
    params = {"Bucket": bucket, "Key": key}
    return s3.generate_presigned_url("get_object", params, 300)


def sign_joined(s3: Any, bucket: str, user: str, name: str) -> str:
    name = unquote(name)
    if ".." in name.split("/"):
        raise Denied
    key = posixpath.join(user, name).lstrip("/")
    params = {"Bucket": bucket, "Key": key}
    return s3.generate_presigned_url("get_object", params, 300)


def fix(s3: Any, bucket: str, user: str, name: str) -> str:
    key = posixpath.normpath(f"{user}/{unquote(name)}")
    if not key.startswith(f"{user}/"):
        raise Denied
    params = {"Bucket": bucket, "Key": key}
    return s3.generate_presigned_url("get_object", params, 300)


def encoded(world: World) -> object:
    """two dots, percent-encoded in one of several ways"""
    found = []
    for dots in ("%2e%2e", "%2E%2E", ".%2e", "%2E."):
        try:
            found.append(world.send(world.sign(f"{dots}/{world.target}")).body)
        except Denied:
            continue
    return found


def nested(world: World) -> object:
    """a name that becomes ../ when ../ is taken out of it"""
    return world.send(world.sign(f"....//{world.target}")).body


def absolute(world: World) -> object:
    """a name that begins with a slash"""
    return world.send(world.sign(f"/{world.target}")).body


def uses(stage: Stage) -> Iterator[Use]:
    yield from downloads(stage, ("mine.txt", "2026/a.txt"), whole_key=False)
    sent = {"a%2Fb.txt": "a/b.txt", "a%20b.txt": "a b.txt", "%C3%BC.txt": "ü.txt"}
    for asked, name in {**sent, "v1..v2.txt": "v1..v2.txt"}.items():
        stage.put(f"{stage.me}/{name}", OWN)
        words = f"a user asks for their own {name!r} as {asked!r}"
        yield words, partial(download, stage, stage.me, asked, OWN)


LEVEL = Level(
    number=3,
    title="Checked too early",
    minutes=20,
    story="The page now sends a name and not a key, sometimes percent-encoded. The signer forbids "
    "what leads out of the folder. Then it tidies the name up.",
    goal="Return the content of the victim's file.",
    gives="`world.target` and `world.sign(name)`. (Each contestant may have a different signer.)",
    incident=(
        "In Suna's demo a proxy took `mine%2F..%2Fvictim` for `mine`, and asked for "
        "the victim's secrets "
        "([suna#5710](https://github.com/kortix-ai/suna/pull/5710), 2026)"
    ),
    imports="import posixpath\nfrom urllib.parse import unquote",
    hints=(
        "S3 knows no folders and no `..`: what counts is the key that is signed. Call the signer "
        "with your own names and look at the URL's path.",
        "Find the line that changes the text after the check. What becomes of `%2e%2e/`, of "
        "`....//`, of a name that begins with `/`?",
        "One of `%2e%2e/`, `....//` and `/` before `world.target` does it. Fix: build the "
        "final key first, check it, and sign that very text.",
    ),
    signers=(sign, sign_cleaned, sign_joined),
    attacks=(encoded, nested, absolute),
    captured=read_secret,
    uses=uses,
    fix=fix,
)
