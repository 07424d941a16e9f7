"""Levels 1 to 6 as learners answer them: an attack, right fixes, lazy fixes with the reason."""

from __future__ import annotations

import posixpath
import re
from urllib.parse import quote, unquote

import requests

from helpers.errors import Denied
from helpers.flags.levels import LEVELS

weak = {number: level.signer() for number, level in LEVELS.items()}


def get(s3, bucket, key, expires=300):
    return s3.generate_presigned_url("get_object", {"Bucket": bucket, "Key": key}, expires)


# 1 and 2


def ask(world):
    return requests.get(world.sign(world.target)).content


def first_folder(s3, bucket, user, key):
    if key.split("/")[0] != user:
        raise Denied
    return get(s3, bucket, key)


def another_error(s3, bucket, user, key):
    folder, _, _ = key.partition("/")
    if folder != user:
        raise PermissionError(f"{user} asked for {key}")
    return get(s3, bucket, key)


def nothing(s3, bucket, user, key):
    return get(s3, bucket, key) if key.startswith(user + "/") else None


def name_somewhere(s3, bucket, user, key):
    if user not in key:
        raise Denied
    return get(s3, bucket, key)


def shorter(s3, bucket, user, key):
    return get(s3, bucket, key, 5)


def refuses_all(s3, bucket, user, *more, **named):
    raise Denied


def plain_names_only(s3, bucket, user, key):
    if not re.fullmatch(rf"{user}/\w+\.txt", key):
        raise Denied
    return get(s3, bucket, key)


def one_folder_only(s3, bucket, user, key):
    if not re.fullmatch(rf"{user}/[^/]+", key):
        raise Denied
    return get(s3, bucket, key)


def begins_in_folder(s3, bucket, user, key):
    if not key.split("/")[0].startswith(user):
        raise Denied
    return get(s3, bucket, key)


def folder_anywhere(s3, bucket, user, key):
    if f"{user}/" not in key:
        raise Denied
    return get(s3, bucket, key)


def no_digit_after_the_name(s3, bucket, user, key):
    if not key.startswith(user) or re.match("[0-9a-f]{2}/", key[len(user) :]):
        raise Denied
    return get(s3, bucket, key)


def any_case(s3, bucket, user, key):
    if key.split("/")[0].lower() != user:
        raise Denied
    return get(s3, bucket, key)


# 3


def dots(world):
    return world.send(world.sign("%2e%2e/" + world.target))


def as_it_is(s3, bucket, user, name):
    return get(s3, bucket, f"{user}/{unquote(name)}")


def decoded_first(s3, bucket, user, name):
    name = unquote(name)
    if ".." in name.split("/") or name.startswith("/"):
        raise Denied
    return get(s3, bucket, posixpath.normpath(f"{user}/{name}"))


def compared_paths(s3, bucket, user, name):
    key = posixpath.normpath(posixpath.join(user, unquote(name)))
    if posixpath.commonpath([user, key.lstrip("/")]) != user:
        raise Denied
    return get(s3, bucket, key)


def no_encoded_dots(s3, bucket, user, name):
    if "%2e" in name:
        raise Denied
    return weak[3](s3, bucket, user, name)


def no_percent(s3, bucket, user, name):
    if "%" in name:
        raise Denied
    return weak[3](s3, bucket, user, name)


def no_two_dots(s3, bucket, user, name):
    if ".." in unquote(name):
        raise Denied
    return weak[3](s3, bucket, user, name)


# 4


def list_it(world):
    return re.findall("<Key>(.*?)</Key>", world.send(world.sign("")).text)


def by_boto3(s3, bucket, user, key):
    return get(s3, bucket, key)


def quoted(s3, bucket, user, key):
    if not key:
        raise Denied
    return weak[4](s3, bucket, user, quote(key))


def quoted_all(s3, bucket, user, key):
    if key.strip("/") == "":
        raise Denied
    return weak[4](s3, bucket, user, quote(key, safe="/~"))


def not_empty(s3, bucket, user, key):
    if not key:
        raise Denied
    return weak[4](s3, bucket, user, key)


def no_question_mark(s3, bucket, user, key):
    if not key or "?" in key:
        raise Denied
    return weak[4](s3, bucket, user, key)


def plain_letters(s3, bucket, user, key):
    if not re.fullmatch(r"[\w/.-]+", key):
        raise Denied
    return weak[4](s3, bucket, user, key)


# 5


def other_bucket_key(world):
    return world.send(world.sign("get_object", "x", Key=world.target)).text


def by_name(s3, bucket, user, do, name, **more):
    if do not in {"get_object", "put_object"}:
        raise Denied
    params = {"ContentType": more["ContentType"]} if "ContentType" in more else {}
    if do == "get_object":
        params = {}
    return s3.generate_presigned_url(do, {**params, "Bucket": bucket, "Key": f"{user}/{name}"})


def match_it(s3, bucket, user, do, name, **more):
    where = {"Bucket": bucket, "Key": f"{user}/{name}"}
    match do, more:
        case "get_object", {}:
            return s3.generate_presigned_url("get_object", where, 60)
        case "put_object", {"ContentType": kind}:
            return s3.generate_presigned_url("put_object", where | {"ContentType": kind}, 60)
        case "put_object", {}:
            return s3.generate_presigned_url("put_object", where, 60)
    return None


def strict_parameters(s3, bucket, user, do, name, ContentType=None):
    if do == "get_object":
        return get(s3, bucket, f"{user}/{name}")
    if do != "put_object":
        raise ValueError(do)
    params = {"Bucket": bucket, "Key": f"{user}/{name}", "ContentType": ContentType}
    params = {key: value for key, value in params.items() if value}
    return s3.generate_presigned_url("put_object", params, 300)


def no_copy(s3, bucket, user, do, name, **more):
    if "copy" in do or "delete" in do:
        raise Denied
    return weak[5](s3, bucket, user, do, name, **more)


def own_last(s3, bucket, user, do, name, **more):
    if do not in ("get_object", "put_object"):
        raise Denied
    params = {**more, "Bucket": bucket, "Key": f"{user}/{name}"}
    return s3.generate_presigned_url(do, params)


def any_verb_own_key(s3, bucket, user, do, name, **more):
    return s3.generate_presigned_url(do, {**more, "Bucket": bucket, "Key": f"{user}/{name}"})


def reads_only(s3, bucket, user, do, name, **more):
    if do != "get_object" or more:
        raise Denied
    return get(s3, bucket, f"{user}/{name}")


# 6

RANGE = ["content-length-range", 1, 10_000]


def deface(world):
    form = world.sign()
    return world.post(form, b"changed", key=world.target)


def form(s3, bucket, key, *conditions):
    return s3.generate_presigned_post(bucket, key, Conditions=list(conditions), ExpiresIn=300)


def own_folder(s3, bucket, user):
    return form(s3, bucket, user + "/${filename}", RANGE)


def sub_folder(s3, bucket, user):
    return form(s3, bucket, f"{user}/photos/${{filename}}", RANGE)


def both_conditions(s3, bucket, user):
    key = f"{user}/${{filename}}"
    return form(s3, bucket, key, RANGE, ["starts-with", "$key", f"{user}/"])


def one_more_condition(s3, bucket, user):
    return form(s3, bucket, "${filename}", RANGE, ["starts-with", "$key", user])


def no_slash(s3, bucket, user):
    return form(s3, bucket, user + "${filename}", RANGE)


def fixed_key(s3, bucket, user):
    return form(s3, bucket, f"{user}/upload", RANGE)


def no_range(s3, bucket, user):
    return form(s3, bucket, user + "/${filename}")


SOLVERS = {1: ask, 2: ask, 3: dots, 4: list_it, 5: other_bucket_key, 6: deface}
RIGHT = {
    1: [first_folder, another_error, nothing],
    2: [first_folder, another_error, nothing],
    3: [as_it_is, decoded_first, compared_paths],
    4: [by_boto3, quoted, quoted_all],
    5: [by_name, match_it, strict_parameters],
    6: [own_folder, sub_folder, both_conditions],
}
LAZY = {
    1: [
        (name_somewhere, "your own attack still works"),
        (shorter, "your own attack still works"),
        (folder_anywhere, "(asks for the files of users whose names contain"),
        (refuses_all, "their own 'mine.txt'. Your code refuses it (Denied)"),
        (plain_names_only, "2026/a b.txt'. Your code refuses it"),
    ],
    2: [
        (begins_in_folder, "your own attack still works"),
        (no_digit_after_the_name, "(asks for the files of users whose names contain"),
        (any_case, "(asks for the files of users whose names contain"),
        (name_somewhere, "your own attack still works"),
        (one_folder_only, "2026/a b.txt'. Your code refuses it"),
    ],
    3: [
        (no_encoded_dots, "(two dots, percent-encoded in one of several ways) still works"),
        (no_percent, "as 'a%2Fb.txt'. Your code refuses it"),
        (no_two_dots, "asks for their own 'v1..v2.txt'"),
    ],
    4: [
        (not_empty, "(a key that begins with a question mark) still works"),
        (no_question_mark, "(a key that begins with #) still works"),
        (plain_letters, "what?.txt'. Your code refuses it"),
    ],
    5: [
        (no_copy, "your own attack still works"),
        (any_verb_own_key, "(a copy of the victim's file"),
        (own_last, "(an upload that carries the application's own mark"),
        (reads_only, "uploads 'a b.txt' (put_object). Your code refuses it"),
    ],
    6: [
        (one_more_condition, "your own attack still works"),
        (no_slash, "your own attack still works"),
        (fixed_key, "One file replaced the other"),
        (no_range, "10,001 bytes are still refused. S3 took them"),
    ],
}
