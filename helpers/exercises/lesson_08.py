"""Lesson 08, the upload page."""

from __future__ import annotations

from collections.abc import Callable
from itertools import takewhile, zip_longest
from typing import Any

import requests
from botocore.exceptions import ClientError

from helpers.errors import NotYet
from helpers.exercises.checking import (
    ENDS,
    exercise,
    expect,
    expires,
    post,
    posted_form,
    presigned_url,
    raised,
    refuse,
    send,
    texts,
    variation,
)
from helpers.lab import Lab

PREFIX = "lesson-08/"
_ONCE = f"{PREFIX}only-once.txt"
_BODY = b"12345"
_Form = tuple[str, dict[str, str]]  # URL and fields
_KEYS, _GUESSES = 8, 10  # so many keys have to differ in so many characters, at least


@variation
def try_small(lab: Lab, small: object) -> str:
    """A form for the demo's key, for at most 1,000 bytes."""
    form = posted_form(small)
    key = f"{PREFIX}image.jpg"
    if form[1].get("key") != key:
        raise NotYet(f"the form is for {form[1].get('key')!r}, and should be for {key!r}.")
    expect(_post(form, b"x" * 1000), "1,000 bytes should be accepted")
    expect(_post(form, b""), "an empty file has at most 1,000 bytes, and should be accepted")
    refuse(
        _post(form, b"x" * 1001),
        "1,001 bytes are accepted as well. The condition is a list of three: "
        '["content-length-range", least, most].',
    )
    del lab  # the form says where it leads
    return "S3 accepts 1,000 bytes, and refuses one more."


@exercise("08", 1)
def check_sign(lab: Lab, sign: object) -> str:
    """A function that signs a form for one PNG of one size, at a key of its own choice."""
    if not callable(sign):
        raise NotYet("sign should be a function: def sign(user, filename, size): ...")
    forms = [_form(sign, "ann", "holiday.png") for _ in range(_KEYS)]
    for form in [*forms, _form(sign, "ann", "../../bob/x y#?.png")]:
        _key_is_under(form, "ann")
    _key_is_under(_form(sign, "bob", "holiday.png"), "bob")
    _cannot_be_guessed([fields["key"] for _, fields in forms])
    form = forms[0]
    kind = next((form[1][name] for name in form[1] if name.lower() == "content-type"), "none")
    if kind != "image/png":
        raise NotYet(f"the form's Content-Type is {kind}. That of a PNG is image/png.")
    answer = _post(form)
    if answer.status_code == 204:
        raise NotYet(
            "S3 answered 204, without a Location. success_action_status has to be in Fields "
            "and in Conditions."
        )
    expect(answer, f"a PNG of {len(_BODY)} bytes should be accepted", 201)
    larger = 2 * _BODY
    what = f"the form of sign('ann', 'holiday.png', {len(larger)}) should accept so many bytes"
    expect(_post(_form(sign, "ann", "holiday.png", larger), larger), what, 201)
    refuse(
        _post(form, _BODY + b"6"),
        "a larger file is accepted as well. Which condition counts bytes?",
    )
    refuse(_post(form, _BODY[:-1]), "a smaller file is accepted as well; make the size exact.")
    for other in ("text/html", "image/jpeg", "image/pngx"):
        refuse(
            _post(form, _BODY, **{"Content-Type": other}),
            f"{other} is accepted as well. Give Content-Type a condition of one value.",
        )
    _only_its_key(form)
    expires(lab, 900, lambda: _post(form), early=60)
    return (
        "one PNG of one size, at its own key, for a quarter of an hour. (No check can see whether "
        "the key's random part comes from a good source, such as secrets or uuid.uuid4.)"
    )


@exercise("08", 2)
def check_once(lab: Lab, url: object, headers: object) -> str:
    """A PUT that stores once, and needs its header."""
    text = presigned_url(url)
    given = texts(headers, "{'Name': 'value'}")
    s3 = lab.client()
    s3.delete_object(Bucket=lab.bucket, Key=_ONCE)
    first = send("PUT", text, data=b"first", headers=given)
    expect(first, "the first PUT, with your headers, should be accepted", lab=lab)
    refuse(
        send("PUT", text, data=b"again", headers=given),  # as long as the first
        "a second PUT is accepted too. put_object has a parameter IfNoneMatch for this, and its "
        "header has to be sent.",
    )
    for name in ("", *given):
        rest = {other: value for other, value in given.items() if name and other != name}
        refuse(
            send("PUT", text, data=b"other", headers=rest),
            f"without {name or 'the headers'} it overwrites: the condition has to be signed.",
        )
    try:
        stored = s3.get_object(Bucket=lab.bucket, Key=_ONCE)["Body"].read()
    except ClientError:
        raise NotYet(f"nothing is at {_ONCE}. Which Key did you sign for?") from None
    if stored != b"first":
        raise NotYet("the first file has been overwritten.")
    return "S3 stored one file, and refused a second one with the headers and without."


def _form(sign: Callable[..., Any], user: str, name: str, body: bytes = _BODY) -> _Form:
    try:
        form = sign(user, name, len(body))
    except ENDS as problem:  # the learner's own code
        raise NotYet(f"sign({user!r}, {name!r}, {len(body)}) raised {raised(problem)}") from None
    url, fields = posted_form(form, "what sign returns")
    if "key" not in fields:
        raise NotYet("the form has no field key. Return what generate_presigned_post returns.")
    return url, fields


def _key_is_under(form: _Form, user: str) -> None:
    key = form[1]["key"]
    if not key.startswith(f"{PREFIX}{user}/") or ".." in key:
        raise NotYet(
            f"for {user} the key is {key!r}; it should be under {PREFIX}{user}/, whatever the file "
            "is called. Leave out the folders in the file's name, or all of it."
        )


def _cannot_be_guessed(keys: list[str]) -> None:
    begin, end = _alike(keys), _alike([key[::-1] for key in keys])
    parts = [key[begin : len(key) - end] for key in keys]
    different = sum(len(set(characters)) > 1 for characters in zip_longest(*parts))
    if different < _GUESSES or len(set(keys)) < len(keys):
        raise NotYet(
            "two files get keys that are alike, so one can be guessed from the other, or "
            "overwrites it. secrets.token_urlsafe or uuid.uuid4 make a part that can't."
        )


def _alike(keys: list[str]) -> int:
    """In how many characters all keys begin alike."""
    return sum(1 for _ in takewhile(lambda chars: len(set(chars)) == 1, zip(*keys, strict=False)))


def _only_its_key(form: _Form) -> None:
    key = form[1]["key"]
    folder = key.rpartition("/")[0]
    for other in ("bob/a.png", "ann/a.png"):
        _refuse_key(form, f"{PREFIX}{other}")
    for other in (f"{key}x", f"{folder}/other.png", f"{key}/x", key[:-1]):
        _refuse_key(form, other)


def _refuse_key(form: _Form, key: str) -> None:
    refuse(
        _post(form, key=key),
        f"the form also stores a file at {key}. The policy should name one key exactly; "
        "${filename} in the Key that boto3 signs leaves its end open.",
    )


def _post(form: _Form, body: bytes = _BODY, **more: str) -> requests.Response:
    """The form sent with other values in fields that it has, in whatever case."""
    url, fields = form
    changed = {name.lower() for name in more}
    kept = {name: value for name, value in fields.items() if name.lower() not in changed}
    return post(url, {**kept, **more}, body)
