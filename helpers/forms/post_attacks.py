"""Ways to misuse a signed form: each is one change to the form that was signed."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial

from helpers.forms.attack import WAITING, Attack
from helpers.forms.post import EXACT, FILENAME, RANGE, Condition, PostModel, SignedForm
from helpers.forms.sending import Outgoing

_MOST = 5 * 1024**2  # bytes that are sent to find out whether they are too many


def attacks(signed: SignedForm, model: PostModel) -> list[Attack]:
    """The attacks that make sense on this form."""
    form = signed.fields
    flipped = form["x-amz-signature"][:-1] + ("0" if form["x-amz-signature"][-1] != "0" else "1")
    found = [
        Attack(
            "expired",
            "Too late",
            "sent just after its end",
            lambda: replace(signed.outgoing(), later=signed.remaining() + timedelta(seconds=2)),
            disabled="" if model.lab.local else WAITING,
        ),
        _other_key(signed, model.fields["Key"]),
    ]
    for row in model.rows:
        found += _sizes(signed, row) if row["kind"] == RANGE else _field(signed, row)
    return [
        *found,
        Attack(
            "extra",
            "Add a field",
            "x-amz-meta-unasked=hello added, which has no condition",
            lambda: signed.outgoing({**form, "x-amz-meta-unasked": "hello"}),
        ),
        Attack(
            "policy",
            "Edit the policy",
            "the policy decoded, made good for a year, and encoded again",
            lambda: signed.outgoing({**form, "policy": _for_a_year(signed)}),
        ),
        Attack(
            "signature",
            "Flip signature",
            "the last digit of x-amz-signature changed",
            lambda: signed.outgoing({**form, "x-amz-signature": flipped}),
        ),
        Attack(
            "bare",
            "No policy",
            "policy and signature left out",
            lambda: signed.outgoing(
                {name: text for name, text in form.items() if not _proof(name)}
            ),
        ),
        Attack(
            "order",
            "File first",
            "the file put before the fields",
            lambda: signed.outgoing(file_first=True),
        ),
        Attack("again", "Use it twice", "sent twice", signed.outgoing, refused=False, times=2),
    ]


def _proof(name: str) -> bool:
    return name.lower() == "policy" or name.lower().startswith("x-amz-")


def _other_key(signed: SignedForm, key: str) -> Attack:
    # Where the key's end is the file's name, its beginning is what is promised.
    prefix = key.removesuffix(FILENAME) if key.endswith(FILENAME) else key
    other = "elsewhere.txt" if not "elsewhere.txt".startswith(prefix) or not prefix else "other.txt"
    return Attack(
        "key",
        "Other key",
        f"key={other}",
        lambda: signed.outgoing({**signed.fields, "key": other}),
        refused=bool(prefix),
    )


def _sizes(signed: SignedForm, row: Condition) -> list[Attack]:
    least, most = int(row["first"]), int(row["second"])
    too_many = f"More than {_MOST} bytes would have to be sent for this."

    def sized(size: int) -> Callable[[], Outgoing]:
        return lambda: signed.outgoing(body=b"." * size)

    found = [
        Attack(
            "big",
            "Too big",
            f"a file of {most + 1} bytes",
            sized(most + 1),
            disabled=too_many if most >= _MOST else "",
        )
    ]
    if least:
        found.append(
            Attack(
                "small",
                "Too small",
                f"a file of {least - 1} bytes",
                sized(least - 1),
                disabled=too_many if least > _MOST else "",
            )
        )
    return found


def _field(signed: SignedForm, row: Condition) -> list[Attack]:
    name, form = row["field"], signed.fields
    found = []
    if row["kind"] == EXACT or row["first"]:
        other = "x-other" if not row["first"] or not "x-other".startswith(row["first"]) else "other"
        changed = partial(signed.outgoing, {**form, name: other})
        found.append(Attack(f"other-{name}", f"Other {name}", f"{name}={other}", changed))
        without = {field: text for field, text in form.items() if field != name}
        omitted = partial(signed.outgoing, without)
        found.append(Attack(f"no-{name}", f"Omit {name}", f"{name} left out", omitted))
    return found


def _for_a_year(signed: SignedForm) -> str:
    longer = (signed.ends + timedelta(days=365)).strftime("%Y-%m-%dT%H:%M:%SZ")
    text = json.dumps({**signed.policy, "expiration": longer})
    return base64.b64encode(text.encode()).decode()
