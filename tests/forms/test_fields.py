"""What may stand in a field, and what is said beside it if it may not."""

from __future__ import annotations

import hashlib
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.errors import FormProblem
from helpers.forms import fields
from helpers.forms.fields import Field, Fields

# The SHA-256 of nothing.
EMPTY = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="


@pytest.mark.parametrize(
    ("check", "right", "wrong"),
    [
        (
            fields.key,
            ["a", "é" * 512, "a b/+=[]#?%", "arn", "a/arn:aws:s3:::b/k"],
            ["", "é" * 513, "arn:aws:s3:::b/k", "arn:aws:s3:::b", "s3://b/k"],
        ),
        (
            fields.seconds,
            ["1", "604800", " 60", "1800 \n", "0060"],
            ["0", "604801", "-1", "1.5", "½", "", " ", "1e3", "6 0", "9" * 5000],
        ),
        (fields.media_type, ["image/png", "text/plain; charset=utf-8"], ["png", "image/", "a b/c"]),
        (fields.header_value, ['attachment; filename="a.txt"'], ["a\nb", " a", "a ", "é", "\x7f"]),
        (
            fields.saved_as,
            ["attachment", 'attachment; filename="é.txt"', "attachment; filename*=UTF-8''%C3%A9"],
            ['attachment; filename="売上.txt"', "売", " a", "a\nb", "\x7f"],
        ),
        (
            fields.sha256,
            [EMPTY, "+/" * 21 + "8="],
            [
                *("", "sha", "=", "é", f" {EMPTY}", EMPTY[:-1], f"{EMPTY}=", "-_" * 21 + "8="),
                *(EMPTY[:-2] + "V=", "AAAA", "A" * 40, "A" * 44, "e3b0c442" * 8, "E3B0C442" * 8),
            ],
        ),
        (fields.size, ["0", "5368709120", " 10 "], ["5368709121", "-1", "1kB", "", "9" * 20]),
    ],
)
def test_checks(check, right, wrong):
    for value in right:
        assert check(value) == "", value
    for value in wrong:
        sentence = check(value)
        # The fix stands after the colon; the whole is one sentence.
        assert sentence.endswith(".") and ": " in sentence, (value, sentence)


def test_the_message_names_value_rule_and_fix():
    assert fields.seconds("700000") == (
        "700000 seconds are more than seven days, the longest lifetime that S3 accepts (boto3 "
        "would sign it all the same): write 604800 or less."
    )
    assert "are more than seven days" in fields.seconds("9" * 20)
    assert fields.seconds("-5") == "'-5' seconds are less than none: write 1800 for half an hour."
    assert fields.key(" arn:aws:s3:::b/a/k.txt") == (
        "' arn:aws:s3:::b/a/k.txt' names a bucket too, and this field holds the key alone: "
        "write a/k.txt."
    )


@pytest.mark.parametrize(
    ("key", "said"),
    [
        (" a", "A blank"),
        ("a ", "A blank"),
        ("   ", "A blank"),
        ("/a", "The first slash"),
        (".", "Clients take"),
        ("../x", "Clients take"),
        ("lesson-04/../secret.txt", "Clients take"),
        ("a/./b", "Clients take"),
        ("a..b/.c/d.", ""),
        ("a b", ""),
    ],
)
def test_a_key_that_is_seldom_meant(key, said):
    assert fields.key(key) == ""
    assert fields.key_note(key).startswith(said) and bool(said) == bool(fields.key_note(key))


def test_a_checksum_that_is_none_is_told_how_to_become_one():
    made_by = "write what base64.b64encode(hashlib.sha256(content).digest()) gives."
    assert fields.sha256("a b") == f"'a b' isn't base64, in which S3 expects a SHA-256: {made_by}"
    assert fields.sha256("AA==") == f"'AA==' is base64 of 1 byte, and a SHA-256 has 32: {made_by}"
    md5 = "1B2M2Y8AsgTpgAmY7PhCfg=="
    assert fields.sha256(md5) == f"'{md5}' is base64 of 16 bytes, and a SHA-256 has 32: {made_by}"
    # What sha256sum prints is the usual mistake, and the right value can be told.
    printed = hashlib.sha256(b"").hexdigest()
    assert fields.sha256(printed) == (
        "'e3b0c44298fc…' is hexadecimal, and S3 expects a SHA-256 in base64: "
        f"write {EMPTY} in its place."
    )
    assert fields.sha256_of(b"") == EMPTY


@given(st.text(alphabet=st.characters(), max_size=60))
def test_any_text_has_an_answer(text):
    for check in (
        *(fields.key, fields.seconds, fields.media_type, fields.header_value),
        *(fields.size, fields.sha256),
    ):
        held = Fields([Field("f", "F", check=check, note=fields.duration)])
        if check is not fields.seconds:
            held = Fields([Field("f", "F", check=check)])
        held["f"] = text
        assert isinstance(held.remark("f").text, str)


def test_half_a_character_is_refused():
    held = Fields([Field("f", "Key", check=fields.key)])
    held["f"] = "a\ud800"
    assert held.remark("f").problem
    assert held.problems() == [
        "Key: this holds half a character, which no request can carry: delete it."
    ]


def test_only_a_choice_can_be_chosen():
    held = Fields([Field("f", "F", "a", choices=(("a", "A"),))])
    with pytest.raises(FormProblem, match="f is one of a, not 'b'"):
        held["f"] = "b"


def test_durations_in_words():
    assert fields.duration("1") == "1 second"
    assert fields.duration("1800") == "30 minutes"
    assert fields.duration("93784") == "1 day 2 hours"


def test_no_model_needs_a_widget():
    """Models are for programs without a browser: importing all of them imports no ipywidgets."""
    code = (
        "import importlib, pkgutil, sys, helpers.forms as forms\n"
        "names = [m.name for m in pkgutil.iter_modules(forms.__path__) if m.name != 'views']\n"
        "[importlib.import_module(f'helpers.forms.{name}') for name in names]\n"
        "assert len(names) > 5, names\n"
        "assert 'ipywidgets' not in sys.modules and 'anywidget' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_name_beyond_latin_1_is_told_how_to_travel():
    said = fields.saved_as('attachment; filename="売上 Q3.txt"')
    assert "filename*=UTF-8''%E5%A3%B2%E4%B8%8A%20Q3.txt." in said
