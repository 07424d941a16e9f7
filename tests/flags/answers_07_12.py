"""Levels 7 to 12 as learners answer them: an attack, right fixes, lazy fixes with the reason."""

from __future__ import annotations

import json
import mimetypes
import re
import secrets

from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest

from helpers.errors import Denied
from helpers.flags.levels import LEVELS

weak = {number: level.signer() for number, level in LEVELS.items()}


def put(s3, bucket, key, expires=300, **more):
    return s3.generate_presigned_url("put_object", {"Bucket": bucket, "Key": key, **more}, expires)


def get(s3, bucket, key, expires=300, **more):
    return s3.generate_presigned_url("get_object", {"Bucket": bucket, "Key": key, **more}, expires)


# 7

IMAGE = ["starts-with", "$Content-Type", "image/"]
PICTURES = {"png": "image/png", "jpg": "image/jpeg", "gif": "image/gif"}


def draw(world):
    form, link = world.sign("pic.png")
    body = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
    world.post(form, body, **{"Content-Type": "image/svg+xml"})
    return link


def form(s3, bucket, key, kind="", *conditions):
    fields = {"Content-Type": kind} if kind else {}
    rules = [*([{"Content-Type": kind}] if kind else []), *conditions]
    return s3.generate_presigned_post(bucket, key, Fields=fields, Conditions=rules)


def attachment(s3, bucket, user, name):
    key, saved = f"{user}/{name}", f'attachment; filename="{name}"'
    return form(s3, bucket, key, "", IMAGE), get(s3, bucket, key, ResponseContentDisposition=saved)


def exact_types(s3, bucket, user, name):
    kind = PICTURES.get(name.rpartition(".")[2])
    if not kind:
        raise Denied
    return form(s3, bucket, f"{user}/{name}", kind), get(s3, bucket, f"{user}/{name}")


def own_type_going_out(s3, bucket, user, name):
    kind = PICTURES.get(name.rpartition(".")[2], "application/octet-stream")
    key = f"{user}/{name}"
    return form(s3, bucket, key, "", IMAGE), get(s3, bucket, key, ResponseContentType=kind)


def no_svg_names(s3, bucket, user, name):
    if name.endswith(".svg"):
        raise Denied
    return weak[7](s3, bucket, user, name)


def png_only(s3, bucket, user, name):
    return form(s3, bucket, f"{user}/{name}", "image/png"), get(s3, bucket, f"{user}/{name}")


def guessed_type(s3, bucket, user, name):
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return form(s3, bucket, f"{user}/{name}", kind), get(s3, bucket, f"{user}/{name}")


def without_slash(s3, bucket, user, name):
    rule = ["starts-with", "$Content-Type", "image"]
    return form(s3, bucket, f"{user}/{name}", "", rule), get(s3, bucket, f"{user}/{name}")


# 8


def understate(world):
    return world.send(world.sign("a", 1), "PUT", b"a" * 20_000)


def signed_size(s3, bucket, user, name, size):
    if not 0 <= size <= 10_000:
        raise Denied
    return put(s3, bucket, f"{user}/{name}", ContentLength=size)


def none_if_large(s3, bucket, user, name, size):
    return put(s3, bucket, f"{user}/{name}", 60, ContentLength=size) if size <= 10_000 else None


def by_hand(s3, bucket, user, name, size):
    assert size <= 10_000
    base, keys = s3.meta.endpoint_url, s3._request_signer._credentials
    headers = {"content-length": str(size)}
    request = AWSRequest("PUT", f"{base}/{bucket}/{user}/{name}", headers=headers)
    S3SigV4QueryAuth(keys, "s3", s3.meta.region_name, 300).add_auth(request)
    return request.url


def signed_unchecked(s3, bucket, user, name, size):
    return put(s3, bucket, f"{user}/{name}", ContentLength=size)


def signed_limit(s3, bucket, user, name, size):
    return put(s3, bucket, f"{user}/{name}", ContentLength=10_000)


def limit_in_kilobytes(s3, bucket, user, name, size):
    if size > 10 * 1024:
        raise Denied
    return put(s3, bucket, f"{user}/{name}", ContentLength=size)


def smaller_limit(s3, bucket, user, name, size):
    if size > 5_000:
        raise Denied
    return put(s3, bucket, f"{user}/{name}", ContentLength=size)


def short_life(s3, bucket, user, name, size):
    if size > 10_000:
        raise Denied
    return put(s3, bucket, f"{user}/{name}", 5)


# 9


def swap(world):
    url, headers, key = world.sign("x.txt", 16)
    world.send(url, "PUT", "harmless content", headers)
    world.confirm(key)
    world.send(url, "PUT", world.virus, headers)


ONCE = {"If-None-Match": "*"}


def once(s3, bucket, user, name, size):
    key = f"{user}/{name}"
    return put(s3, bucket, key, 900, ContentLength=size, IfNoneMatch="*"), ONCE, key


def random_and_once(s3, bucket, user, name, size):
    key = f"{user}/{secrets.token_hex(8)}/{name}"
    return [put(s3, bucket, key, 60, ContentLength=size, IfNoneMatch="*"), dict(ONCE), key]


def once_by_hand(s3, bucket, user, name, size):
    base, keys = s3.meta.endpoint_url, s3._request_signer._credentials
    headers = {"content-length": str(size), "if-none-match": "*"}
    path = f"{user}/{name}".replace(" ", "%20")
    request = AWSRequest("PUT", f"{base}/{bucket}/{path}", headers=headers)
    S3SigV4QueryAuth(keys, "s3", s3.meta.region_name, 300).add_auth(request)
    return request.url, {"if-none-match": "*"}, f"{user}/{name}"


def five_seconds(s3, bucket, user, name, size):
    key = f"{user}/{name}"
    return put(s3, bucket, key, 5, ContentLength=size), {}, key


def random_key(s3, bucket, user, name, size):
    key = f"{user}/{secrets.token_hex(8)}"
    return put(s3, bucket, key, 900, ContentLength=size), {}, key


def unsigned_header(s3, bucket, user, name, size):
    key = f"{user}/{name}"
    return put(s3, bucket, key, 900, ContentLength=size), dict(ONCE), key


def unsigned_beside_a_type(s3, bucket, user, name, size):
    key, kind = f"{user}/{name}", {"Content-Type": "text/plain"}
    return put(s3, bucket, key, 900, ContentLength=size, ContentType="text/plain"), ONCE | kind, key


def asks_first(s3, bucket, user, name, size):
    key = f"{user}/{name}"
    if s3.list_objects_v2(Bucket=bucket, Prefix=key)["KeyCount"]:
        raise Denied
    return put(s3, bucket, key, 900, ContentLength=size), {}, key


def one_for_each_user(s3, bucket, user, name, size):
    if s3.list_objects_v2(Bucket=bucket, Prefix=f"{user}/")["KeyCount"] > 1:
        raise Denied
    return once(s3, bucket, user, name, size)


# 10


def read_log(world):
    return [world.send(line.split()[-1]).text for line in world.log]


def path_only(s3, bucket, user, log, name):
    url = get(s3, bucket, f"{user}/{name}", 900)
    log.append(f"200 GET {url.split('?')[0]}")
    return url


def redacted(s3, bucket, user, log, name):
    url = get(s3, bucket, f"{user}/{name}", 3600)
    log.append(re.sub("(X-Amz-Signature)=[^&]*", r"\1=hidden", url))
    return url


def key_only(s3, bucket, user, log, name):
    log.append(f"{user} read {user}/{name}")
    return get(s3, bucket, f"{user}/{name}", 1200)


def short_only(s3, bucket, user, log, name):
    url = get(s3, bucket, f"{user}/{name}", 900)
    log.append(f"200 GET {url}")
    return url


def without_host(s3, bucket, user, log, name):
    url = get(s3, bucket, f"{user}/{name}")
    log.append(url.removeprefix(s3.meta.endpoint_url))
    return url


def query_apart(s3, bucket, user, log, name):
    url = get(s3, bucket, f"{user}/{name}")
    log.extend(url.split("?"))
    return url


def parameters_apart(s3, bucket, user, log, name):
    url = get(s3, bucket, f"{user}/{name}")
    log.append(url.replace("?", " ").replace("&", " "))
    return url


def no_log(s3, bucket, user, log, name):
    return get(s3, bucket, f"{user}/{name}", 900)


def ten_seconds(s3, bucket, user, log, name):
    url = get(s3, bucket, f"{user}/{name}", 10)
    log.append(url.partition("?")[0])
    return url


def a_week(s3, bucket, user, log, name):
    url = get(s3, bucket, f"{user}/{name}", 604_800)
    log.append(url.partition("?")[0])
    return url


# 11


def large_part(world):
    upload = world.sign("f", 1, 0)
    return world.send(world.sign("f", 1, 1, upload), "PUT", bytes(13_000_000))


def start(s3, bucket, key, size):
    if size > 12_000_000:
        raise Denied
    return s3.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]


def part_url(s3, bucket, key, upload, part, **more):
    params = {"Bucket": bucket, "Key": key, "UploadId": upload, "PartNumber": part, **more}
    return s3.generate_presigned_url("upload_part", params, 300)


def sum_of_parts(s3, bucket, user, notes, name, size, part, upload=""):
    key = f"{user}/{name}"
    if part == 0:
        upload = start(s3, bucket, key, size)
        notes[upload, "all"] = size
        return upload
    before = notes.get((upload, part), 0)
    others = sum(v for k, v in notes.items() if k[0] == upload and k[1] not in ("all", part))
    if size <= 0 or others + max(before, size) > notes[upload, "all"]:
        raise Denied
    notes[upload, part] = max(before, size)
    return part_url(s3, bucket, key, upload, part, ContentLength=size)


def everything_ever_signed(s3, bucket, user, notes, name, size, part, upload=""):
    """Each part's size is fixed by its first URL."""
    key = f"{user}/{name}"
    if part == 0:
        upload = start(s3, bucket, key, size)
        notes[upload] = {"left": size, "parts": {}}
        return upload
    mine = notes[upload]
    if part not in mine["parts"]:
        if not 0 < size <= mine["left"]:
            raise Denied
        mine["left"] -= size
        mine["parts"][part] = size
    return part_url(s3, bucket, key, upload, part, ContentLength=mine["parts"][part])


def parts_of_one_size(s3, bucket, user, notes, name, size, part, upload=""):
    """All parts have 5 MiB, and the last the rest: nothing has to be added up."""
    key, whole = f"{user}/{name}", 5 * 1024 * 1024
    if part == 0:
        upload = start(s3, bucket, key, size)
        notes[upload] = size
        return upload
    rest = notes[upload] - (part - 1) * whole
    if rest <= 0 or size != min(rest, whole):
        raise Denied
    return part_url(s3, bucket, key, upload, part, ContentLength=size)


def few_parts(s3, bucket, user, notes, name, size, part, upload=""):
    if part > 3:
        raise Denied
    return weak[11](s3, bucket, user, notes, name, size, part, upload)


def trusts_the_start(s3, bucket, user, notes, name, size, part, upload=""):
    if part == 0:
        upload = start(s3, bucket, f"{user}/{name}", 0)
        notes[upload, "all"] = size
        return upload
    return sum_of_parts(s3, bucket, user, notes, name, size, part, upload)


def signed_not_summed(s3, bucket, user, notes, name, size, part, upload=""):
    key = f"{user}/{name}"
    if part == 0:
        return start(s3, bucket, key, size)
    return part_url(s3, bucket, key, upload, part, ContentLength=size)


def summed_not_signed(s3, bucket, user, notes, name, size, part, upload=""):
    url = sum_of_parts(s3, bucket, user, notes, name, size, part, upload)
    return url if part == 0 else part_url(s3, bucket, f"{user}/{name}", upload, part)


def forgets_minus(s3, bucket, user, notes, name, size, part, upload=""):
    key = f"{user}/{name}"
    if part == 0:
        upload = start(s3, bucket, key, size)
        notes[upload] = [size, {}]
        return upload
    total, parts = notes[upload]
    parts[part] = max(size, parts.get(part, size))
    if sum(parts.values()) > total:
        raise Denied
    return part_url(s3, bucket, key, upload, part, ContentLength=size)


def forgets_earlier(s3, bucket, user, notes, name, size, part, upload=""):
    key = f"{user}/{name}"
    if part == 0:
        upload = start(s3, bucket, key, size)
        notes[upload] = [size, {}]
        return upload
    total, parts = notes[upload]
    if size < 1 or sum((parts | {part: size}).values()) > total:
        raise Denied
    parts[part] = size
    return part_url(s3, bucket, key, upload, part, ContentLength=size)


def counts_what_has_arrived(s3, bucket, user, notes, name, size, part, upload=""):
    key = f"{user}/{name}"
    if part == 0:
        upload = start(s3, bucket, key, size)
        notes[upload] = size
        return upload
    there = s3.list_parts(Bucket=bucket, Key=key, UploadId=upload).get("Parts", [])
    others = sum(each["Size"] for each in there if each["PartNumber"] != part)
    if size < 1 or others + size > notes[upload]:
        raise Denied
    return part_url(s3, bucket, key, upload, part, ContentLength=size)


def one_part(s3, bucket, user, notes, name, size, part, upload=""):
    if part > 1:
        raise Denied
    return sum_of_parts(s3, bucket, user, notes, name, size, part, upload)


# 12


def payroll(world):
    return world.send(world.sign("get_object", "salaries.csv", world.other_bucket)).text


def statement(actions, *resources, effect="Allow"):
    return {"Effect": effect, "Action": actions, "Resource": list(resources)}


BOTH = ["s3:GetObject", "s3:PutObject"]


def own_objects(bucket, user):
    return statement(BOTH, f"arn:aws:s3:::{bucket}/{user}/*")


def two_statements(bucket, user):
    return [statement(action, f"arn:aws:s3:::{bucket}/{user}/*") for action in BOTH]


def whole_document(bucket, user):
    return {"Version": "2012-10-17", "Statement": [own_objects(bucket, user)]}


def as_json(bucket, user):
    return json.dumps(whole_document(bucket, user))


def statement_as_json(bucket, user):
    return json.dumps(own_objects(bucket, user))


def broken_json(bucket, user):
    return "{'Effect': 'Allow'}"


def no_slash(bucket, user):
    return statement(BOTH, f"arn:aws:s3:::{bucket}/{user}*")


def whole_bucket(bucket, user):
    return statement(BOTH, f"arn:aws:s3:::{bucket}/*")


def every_action(bucket, user):
    return statement("s3:*", f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/{user}/*")


def no_delete(bucket, user):
    inside = statement("s3:*", f"arn:aws:s3:::{bucket}/{user}/*")
    return [inside, statement("s3:Delete*", "*", effect="Deny")]


_first: dict[str, str] = {}


def made_once(bucket, user):
    return own_objects(bucket, _first.setdefault(bucket, user))


def read_only(bucket, user):
    return statement("s3:GetObject", f"arn:aws:s3:::{bucket}/{user}/*")


def deny_all(bucket, user):
    return statement("s3:*", "*", effect="Deny")


SOLVERS = {7: draw, 8: understate, 9: swap, 10: read_log, 11: large_part, 12: payroll}
RIGHT = {
    7: [attachment, exact_types, own_type_going_out],
    8: [signed_size, none_if_large, by_hand],
    9: [once, random_and_once, once_by_hand],
    10: [path_only, redacted, key_only],
    11: [sum_of_parts, everything_ever_signed, parts_of_one_size],
    12: [own_objects, two_statements, whole_document, as_json, statement_as_json],
}
LAZY = {
    7: [
        (no_svg_names, "your own attack still works"),
        (without_slash, "your own attack still works"),
        (guessed_type, "(image/svg+xml, which can hold a script) still works"),
        (png_only, "me.jpg, with the type image/jpeg. S3 answered 403"),
    ],
    8: [
        (short_life, "your own attack still works"),
        (signed_unchecked, "(says 10,001 bytes and sends them) still works"),
        (limit_in_kilobytes, "(says 10,001 bytes and sends them) still works"),
        (signed_limit, "says 2 bytes and sends them. S3 answered 403"),
        (smaller_limit, "says 10,000 bytes and sends them. Your code refuses"),
    ],
    9: [
        (five_seconds, "your own attack still works"),
        (random_key, "your own attack still works"),
        (unsigned_header, "(the same URL again, without the headers"),
        (unsigned_beside_a_type, "(the same URL again, without the headers"),
        (asks_first, "your own attack still works"),
        (one_for_each_user, "a second file, of a different name and size. Your code refuses"),
    ],
    10: [
        (short_only, "your own attack still works"),
        (without_host, "(takes the links out of the log, or their queries)"),
        (query_apart, "(takes the links out of the log, or their queries)"),
        (parameters_apart, "(takes the links out of the log, or their queries)"),
        (no_log, "which file was downloaded. No line of the log names"),
        (ten_seconds, "ten minutes later. S3 answered 403"),
        (a_week, "an hour later a link is worth nothing. The link still works"),
    ],
    11: [
        (few_parts, "your own attack still works"),
        (trusts_the_start, "(says 12,000,001 bytes at the start and sends them in two parts)"),
        (signed_not_summed, "(three parts, each as large as it says"),
        (summed_not_signed, "your own attack still works"),
        (forgets_minus, "(a part of minus ten million bytes"),
        (forgets_earlier, "(a part that is signed again, smaller"),
        (counts_what_has_arrived, "(two parts of 7,000,000 bytes, both signed before one is sent)"),
        (one_part, "5,242,979 bytes in 2 part(s). Your code refuses"),
    ],
    12: [
        (no_slash, "(reads the victim's file) still works"),
        (whole_bucket, "(reads the victim's file) still works"),
        (every_action, "(lists the bucket) still works"),
        (no_delete, "it also allows s3:"),
        (made_once, "the victim downloads their own file. S3 answered 403"),
        (read_only, "2026/new file.txt'. S3 answered 403"),
        (broken_json, "Your function returned a text that is not JSON: \"{'Effect'"),
        (deny_all, "downloads their own 'mine.txt'. S3 answered 403"),
    ],
}
