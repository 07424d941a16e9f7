"""Level 10: a link that lives for a week, in a log that others read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from helpers.errors import LabError
from helpers.flags.level import Level, Use, download, expect, must, read_secret
from helpers.flags.world import OWN, Stage, World


def sign(s3: Any, bucket: str, user: str, log: list[str], name: str) -> str:
    file = {"Bucket": bucket, "Key": f"{user}/{name}"}
    url = s3.generate_presigned_url("get_object", file, 604_800)
    log.append(f"200 GET {url}")
    return url


def fix(s3: Any, bucket: str, user: str, log: list[str], name: str) -> str:
    file = {"Bucket": bucket, "Key": f"{user}/{name}"}
    url = s3.generate_presigned_url("get_object", file, 1800)
    log.append(f"200 GET {url.partition('?')[0]}")
    return str(url)


def read_the_log(world: World) -> object:
    """takes the links out of the log, or their queries"""
    found = []
    own = str(world.sign("mine.txt")).partition("?")[0]
    place = own.replace(f"{world.me}/mine.txt", world.target)
    lines = list(map(str, world.log))
    together = ["&".join(re.findall(r"X-Amz-\w[\w-]*=[^&\s]+", line)) for line in lines]
    for word in [*" ".join(lines).split(), *together]:
        if "X-Amz-Signature=" not in word:
            continue
        try:
            found.append(world.send(f"{place}?{word.rpartition('?')[2]}").body)
        except LabError:
            continue
    return found


def prepare(stage: Stage) -> None:
    """The victim's visit, which is in the log."""
    try:
        stage.sign(stage.victim, stage.secret_name)
    except LabError:
        return  # the honest uses will say so


def uses(stage: Stage) -> Iterator[Use]:
    def slow() -> None:
        url = stage.sign(stage.me, "mine.txt")
        with stage.later(minutes=10):
            expect(stage.send(url), OWN)

    def support() -> None:
        stage.sign(stage.me, "mine.txt")
        key = f"{stage.me}/mine.txt"
        must(any(key in line for line in stage.state), f"No line of the log names {key}.")

    def over() -> None:
        url = stage.sign(stage.me, "mine.txt")
        with stage.later(minutes=61):
            must(not stage.send(url).ok, "The link still works.")

    def at_once() -> None:
        download(stage, stage.me, "mine.txt", OWN)

    yield "a user downloads 'mine.txt' at once", at_once
    yield "a slow reader opens the link ten minutes later", slow
    yield "support finds in the log which file was downloaded", support
    yield "an hour later a link is worth nothing", over


LEVEL = Level(
    number=10,
    title="The link in the log",
    minutes=25,
    story="Every download is written to the access log, which all of support can read. So can "
    "you: `world.log` has the lines of the victim's visit. (We run your attack a day later, and "
    "again a minute later.)",
    goal="Return the content of the victim's file.",
    gives="`world.log`, a tuple of lines, and `world.send(url)`. (`world.sign(name)` is for your "
    "own files.)",
    incident=(
        "An SDK logged each presigned URL at level INFO "
        "([agbcloud-sdk#14](https://github.com/agbcloud/agbcloud-sdk/pull/14), "
        "CWE-532, 2026)"
    ),
    hints=(
        "A presigned URL is a key. Where do you see one?",
        "Take the URL out of the line and send it. How long is it valid? `inspect` says.",
        "Fix both: write the URL without its query (`url.partition('?')[0]`), and sign for an hour "
        "at most.",
    ),
    signers=(sign,),
    attacks=(read_the_log,),
    captured=read_secret,
    uses=uses,
    fix=fix,
    moments=({"hours": 24}, {"minutes": 1}),
    state=list,
    prepare=prepare,
)
