"""Ways to misuse a signed form: each is one change to the form that was signed."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial

from helpers.forms.attempts import Attack, other_digit, too_late
from helpers.forms.post import EXACT, FILENAME, RANGE, Condition, PostModel, SignedForm
from strict_s3.rules.limits import MIB

_MAX = 5 * MIB  # that are sent to find out whether they are too many


def attacks(signed: SignedForm, model: PostModel) -> list[Attack]:
    """The attacks that make sense on this form."""
    form = signed.fields
    asked = {**form, "x-amz-meta-unasked": "hello"}
    flipped = {**form, "x-amz-signature": other_digit(form["x-amz-signature"])}
    bare = {name: text for name, text in form.items() if not _proof(name)}
    edited = {**form, "policy": _for_a_year(signed)}
    return [
        too_late(model.lab, signed.ends, lambda moment: replace(signed.outgoing(), at=moment)),
        _other_key(signed, model.fields["Key"]),
        *(attack for row in model.rows for attack in _of_a_row(signed, row)),
        _changed(
            signed, "Add a field", "x-amz-meta-unasked=hello added, which has no condition", asked
        ),
        _changed(
            signed,
            "Edit the policy",
            "the policy decoded, made good for a year, and encoded again",
            edited,
        ),
        _changed(signed, "Flip signature", "the last digit of x-amz-signature changed", flipped),
        _changed(signed, "No policy", "policy and signature left out", bare),
        Attack(
            "File first",
            "the file put before the fields",
            partial(signed.outgoing, file_first=True),
        ),
        Attack("Use it twice", "sent twice", signed.outgoing, refused=False, times=2),
    ]


def _changed(signed: SignedForm, label: str, change: str, form: dict[str, str]) -> Attack:
    return Attack(label, change, partial(signed.outgoing, form))


def _proof(name: str) -> bool:
    return name.lower() == "policy" or name.lower().startswith("x-amz-")


def _other_key(signed: SignedForm, key: str) -> Attack:
    # Where the key's end is the file's name, its beginning is what is promised.
    prefix = key.removesuffix(FILENAME) if key.endswith(FILENAME) else key
    other = "elsewhere.txt" if not "elsewhere.txt".startswith(prefix) or not prefix else "other.txt"
    attack = _changed(signed, "Other key", f"key={other}", {**signed.fields, "key": other})
    return replace(attack, refused=bool(prefix))


def _of_a_row(signed: SignedForm, row: Condition) -> Iterator[Attack]:
    name, form = row["field"], signed.fields
    if row["kind"] == RANGE:
        for label, size in (
            ("Too big", int(row["second"]) + 1),
            ("Too small", int(row["first"]) - 1),
        ):
            if size >= 0:
                yield _sized(signed, label, size)
    elif row["kind"] == EXACT or row["first"]:
        other = "x-other" if not row["first"] or not "x-other".startswith(row["first"]) else "other"
        yield _changed(signed, f"Other {name}", f"{name}={other}", {**form, name: other})
        without = {field: text for field, text in form.items() if field != name}
        yield _changed(signed, f"Omit {name}", f"{name} left out", without)


def _sized(signed: SignedForm, label: str, size: int) -> Attack:
    too_many = f"More than {_MAX} bytes would have to be sent for this." if size > _MAX else ""
    return Attack(
        label,
        f"a file of {size} bytes",
        lambda: signed.outgoing(body=b"." * size),
        disabled=too_many,
    )


def _for_a_year(signed: SignedForm) -> str:
    longer = (signed.ends + timedelta(days=365)).strftime("%Y-%m-%dT%H:%M:%SZ")
    text = json.dumps({**signed.policy, "expiration": longer})
    return base64.b64encode(text.encode()).decode()
