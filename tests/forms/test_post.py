"""POST without a browser: the code shown, the form, and every way to misuse it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from helpers.errors import FormProblem
from helpers.forms.attempts import carry_out
from helpers.forms.post import FILENAME, Condition, PostModel
from helpers.forms.post_attacks import attacks


def size(least: str, most: str) -> Condition:
    return Condition(kind="content-length-range", first=least, second=most)


def prefix(field: str, start: str, sent: str) -> Condition:
    return Condition(kind="starts-with", field=field, first=start, second=sent)


MODELS = {
    "usual": lambda lab: PostModel(lab, Key="user1/a.txt"),
    "filename": lambda lab: PostModel(lab, Key="user1/" + FILENAME),
    "any key": lambda lab: PostModel(lab, [], Key=FILENAME),
    "elsewhere": lambda lab: PostModel(lab, [], Key="else" + FILENAME),
    "at least": lambda lab: PostModel(lab, [size("5", "19")], Key="k"),
    "quotes": lambda lab: PostModel(
        lab, [Condition(field="x-amz-meta-note", first='it\'s "so" \\ ${x}')], Key="k'\""
    ),
    "anything": lambda lab: PostModel(lab, [prefix("Content-Type", "", "a/b")], Key="k"),
    "other": lambda lab: PostModel(lab, [prefix("x-amz-meta-a", "x-o", "x-oo")], Key="k"),
    "nothing": lambda lab: PostModel(lab, [], Key="k", body="", ExpiresIn="604800"),
}


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_the_code_shown_makes_the_form(lab, real_lab, model, monkeypatch):
    moment = datetime.now(UTC).replace(tzinfo=None)
    for module in ("signers", "auth"):
        monkeypatch.setattr(f"botocore.{module}.get_current_datetime", lambda: moment)
    for where in (lab, real_lab):
        form = model(where)
        names = {"lab": where}
        exec(form.code(), names)
        names["s3"].close()
        signed = form.sign()
        assert names["form"] == {"url": signed.url, "fields": signed.fields}


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_every_attack_ends_as_it_says(lab, model):
    form = model(lab)
    signed = form.sign()
    assert form.try_it(signed).status in (201, 204)
    offered = attacks(signed, form)
    names = [attack.label for attack in offered]
    assert len(names) == len(set(names)) >= 8
    for attack in offered:
        if attack.disabled:
            continue
        answer = carry_out(attack, lab)
        assert answer.refused == attack.refused, (attack.label, answer.text)
        assert not answer.refused or answer.decided, attack.label
    assert not form.try_it(signed).refused


@pytest.mark.parametrize(
    ("label", "code", "check"),
    [
        ("Too late", "AccessDenied", "policy"),
        ("Other key", "AccessDenied", "condition"),
        ("Too big", "EntityTooLarge", "EntityTooLarge"),
        ("Too small", "EntityTooSmall", "EntityTooSmall"),
        ("Add a field", "AccessDenied", "fields"),
        ("Other Content-Type", "AccessDenied", "condition"),
        ("Edit the policy", "SignatureDoesNotMatch", "signature"),
        ("No policy", "AccessDenied", "permission"),
        ("File first", "InvalidArgument", "form"),
    ],
)
def test_the_deciding_check(lab, label, code, check):
    rows = [*PostModel.usual()[:2], size("1", "100000")]
    form = PostModel(lab, rows, Key="user1/" + FILENAME)
    attack = next(a for a in attacks(form.sign(), form) if a.label == label)
    answer = carry_out(attack, lab)
    assert (answer.error.code, answer.decided.partition(":")[0]) == (code, check)
    assert lab.client().list_objects_v2(Bucket=lab.bucket)["KeyCount"] == 0


def test_sizes_too_large_to_send_are_not_tried(lab):
    form = PostModel(lab, [size("0", "5368709120")], Key="k")
    big = next(a for a in attacks(form.sign(), form) if a.label == "Too big")
    with pytest.raises(FormProblem, match="would have to be sent"):
        carry_out(big, lab)


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (Condition(field="", first="x"), "a condition is about a field"),
        (Condition(field="$acl", first="x"), "without $"),
        (Condition(field="KEY", first="x"), "the key has its own field above"),
        (Condition(field="x-amz-date", first="x"), "boto3 adds this condition by itself"),
        (Condition(field="file", first="x"), "choose the size"),
        (prefix("success_action_status", "2", "201"), "S3 compares this field exactly"),
        (size("10", "9"), "9 is less than 10"),
        (size("1kB", "9"), "'1kB' is not a whole number of bytes"),
    ],
)
def test_wrong_conditions_are_told(lab, row, sentence):
    form = PostModel(lab, [row], Key="k")
    assert sentence in form.row_remark(row).text
    assert form.row_remark(row).problem
    with pytest.raises(FormProblem) as problem:
        form.sign()
    assert str(problem.value).startswith("Condition 1: ")


def test_two_rows_for_one_field(lab):
    rows = [Condition(field="acl", first="a"), Condition(field="ACL", first="b")]
    form = PostModel(lab, rows, Key="k")
    assert form.row_remark(rows[1]).text == "There are two rows for acl: remove one."


def test_what_the_rows_mean(lab):
    assert "S3 will refuse it" in prefix("Content-Type", "image/", "text/plain").hint()
    assert prefix("Content-Type", "text/", "text/plain").hint() == ""
    form = PostModel(lab, Key="user1/" + FILENAME)
    assert form.remark("Key").text == "Any name that starts with user1/"
    form.fields["Key"] = FILENAME
    assert form.remark("Key").text == "Any key at all: too much."


def test_a_mismatch_is_no_mistake_but_s3_refuses_it(lab):
    form = PostModel(lab, [prefix("Content-Type", "image/", "text/plain")], Key="k")
    answer = form.try_it(form.sign())
    assert answer.status == 403 and answer.decided.startswith("condition: ")


def test_curl_sends_the_same_form(lab):
    form = PostModel(lab, [Condition(field="x-amz-meta-note", first="@it's;<")], Key="k")
    command = form.sign().curl()
    assert "--form-string 'x-amz-meta-note=@it'\"'\"'s;<'" in command
    assert command.index("file=@FILE") > command.index("x-amz-signature")


def test_no_secret_in_a_repr(lab):
    signed = PostModel(lab, Key="k").sign()
    for thing in (signed, signed.outgoing()):
        assert signed.fields["x-amz-signature"] not in repr(thing)
        assert signed.fields["policy"] not in repr(thing)
