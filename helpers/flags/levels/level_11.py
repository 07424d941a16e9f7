"""Level 11: parts that nobody adds up."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from helpers.errors import Denied, short
from helpers.flags.level import Level, Use, expect, must
from helpers.flags.world import Stage, World
from strict_s3.rules.limits import MIN_PART

LIMIT = 12_000_000  # bytes of a whole file


def sign(
    s3: Any,
    bucket: str,
    user: str,
    notes: Any,
    name: str,
    size: int,
    part: int,
    upload: str | None = None,
) -> str:
    where = {"Bucket": bucket, "Key": f"{user}/{name}"}
    if part == 0:  # the start: `size` is the whole file's
        if size > 12_000_000:
            raise Denied
        return s3.create_multipart_upload(**where)["UploadId"]
    params = {**where, "UploadId": upload, "PartNumber": part}
    return s3.generate_presigned_url("upload_part", params)


def fix(
    s3: Any,
    bucket: str,
    user: str,
    notes: Any,
    name: str,
    size: int,
    part: int,
    upload: str | None = None,
) -> str:
    where = {"Bucket": bucket, "Key": f"{user}/{name}"}
    if part == 0:
        if size > 12_000_000:
            raise Denied
        upload = s3.create_multipart_upload(**where)["UploadId"]
        notes[upload] = size, {}
        return upload
    total, parts = notes[upload]
    parts = parts | {part: max(size, parts.get(part, 0))}  # an earlier URL still works
    if size < 1 or sum(parts.values()) > total:
        raise Denied
    notes[upload] = total, parts
    params = {**where, "UploadId": upload, "PartNumber": part, "ContentLength": size}
    return s3.generate_presigned_url("upload_part", params)


def one_part(world: World) -> object:
    """one part that is larger than it says"""
    upload = world.sign("v.bin", 10, 0)
    return world.send(world.sign("v.bin", 10, 1, upload), "PUT", bytes(LIMIT + 1))


def _parts(world: World, total: int, *sizes: int) -> object:
    upload = world.sign("v.bin", total, 0)
    for number, size in enumerate(sizes, 1):
        try:
            url = world.sign("v.bin", size, number, upload)
        except Denied:
            continue
        world.send(url, "PUT", bytes(max(size, 0)))
    return None


def honest_about_it(world: World) -> object:
    """says 12,000,001 bytes at the start and sends them in two parts"""
    return _parts(world, LIMIT + 1, LIMIT // 2, LIMIT // 2 + 1)


def true_parts(world: World) -> object:
    """three parts, each as large as it says, and together too large"""
    return _parts(world, LIMIT, MIN_PART, MIN_PART, MIN_PART)


def large_parts(world: World) -> object:
    """two parts of 7,000,000 bytes, after a start that said 10"""
    return _parts(world, 10, 7_000_000, 7_000_000)


def signed_ahead(world: World) -> object:
    """two parts of 7,000,000 bytes, both signed before one is sent"""
    upload, size = world.sign("v.bin", LIMIT, 0), 7_000_000
    try:
        urls = [world.sign("v.bin", size, number, upload) for number in (1, 2)]
    except Denied:
        return None
    return [world.send(url, "PUT", bytes(size)) for url in urls]


def minus(world: World) -> object:
    """a part of minus ten million bytes, which makes room in the sum"""
    return _parts(world, LIMIT, -10_000_000, LIMIT, 9_000_000)


def shrink(world: World) -> object:
    """a part that is signed again, smaller, after it was sent"""
    upload = world.sign("v.bin", LIMIT, 0)
    world.send(world.sign("v.bin", 7_000_000, 1, upload), "PUT", bytes(7_000_000))
    world.sign("v.bin", 1, 1, upload)
    return world.send(world.sign("v.bin", 7_000_000, 2, upload), "PUT", bytes(7_000_000))


def captured(stage: Stage, got: object) -> bool:
    found = stage.root.list_multipart_uploads(Bucket=stage.bucket).get("Uploads", [])
    return any(_size(stage, each["Key"], each["UploadId"]) > LIMIT for each in found)


def _size(stage: Stage, key: str, upload: str) -> int:
    found = stage.root.list_parts(Bucket=stage.bucket, Key=key, UploadId=upload)
    return sum(part["Size"] for part in found.get("Parts", []))


def uses(stage: Stage) -> Iterator[Use]:
    for sizes in ((700,), (MIN_PART, 99), (MIN_PART, MIN_PART, LIMIT - 2 * MIN_PART)):
        words = f"a user uploads {sum(sizes):,} bytes in {len(sizes)} part(s)"
        yield words, partial(_upload, stage, f"film-{len(sizes)}.bin", sizes)

    def again() -> None:
        upload = stage.sign(stage.me, "again.bin", 700, 0)
        for _ in range(2):
            url = stage.sign(stage.me, "again.bin", 700, 1, upload)
            expect(stage.send(url, "PUT", bytes(700)))

    yield "a part that was lost on the way is signed and sent again", again


def _upload(stage: Stage, name: str, sizes: tuple[int, ...]) -> None:
    upload = stage.sign(stage.me, name, sum(sizes), 0)
    must(isinstance(upload, str), f"The start should return an upload id, not {short(upload)}.")
    done = []
    for number, size in enumerate(sizes, 1):
        answer = stage.send(stage.sign(stage.me, name, size, number, upload), "PUT", bytes(size))
        expect(answer)
        done.append({"PartNumber": number, "ETag": answer.headers.get("etag", "")})
    at = {"Bucket": stage.bucket, "Key": f"{stage.me}/{name}"}
    stage.root.complete_multipart_upload(**at, UploadId=upload, MultipartUpload={"Parts": done})
    found = stage.root.head_object(**at)["ContentLength"]
    must(found == sum(sizes), f"The object has {found:,} bytes.")


LEVEL = Level(
    number=11,
    title="Nobody counts the parts",
    minutes=30,
    story="Films come in parts. The page says at the start how large the whole file will be: at "
    "most 12,000,000 bytes. Unfinished uploads are in no listing of objects, and are billed.",
    goal="Have more than 12,000,000 bytes in one unfinished upload.",
    gives="`upload = world.sign(name, size, 0)` to start, `world.sign(name, size, part, upload)` "
    "for the URL of a part. The application keeps the dict `notes` between calls.",
    incident=(
        "A proxy in front of S3 set no limit to unfinished uploads; their parts filled "
        "the quota of all until a clean-up a day later "
        "([s3-orchestrator#369](https://github.com/afreidah/s3-orchestrator/issues/369), "
        "2026)"
    ),
    hints=(
        "The signer believes a number that was said once. What is sent afterwards?",
        "Say 10 at the start, and send one part of 13,000,000 bytes. Level 8 for each part, and "
        "then?",
        "Fix: keep the total in `notes`, sign `ContentLength=size` for each part, and refuse what "
        "makes the sum of the parts larger than the total. Mind sizes below 1, and a part that is "
        "signed again with a smaller size.",
    ),
    signers=(sign,),
    attacks=(one_part, honest_about_it, true_parts, large_parts, signed_ahead, minus, shrink),
    captured=captured,
    uses=uses,
    fix=fix,
    state=dict,
)
