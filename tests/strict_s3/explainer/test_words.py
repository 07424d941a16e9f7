"""The short ways of the inspector's words: they give what the long ways give, and are taken."""

from __future__ import annotations

import base64
import re
from textwrap import wrap

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from strict_s3.explainer import inspect_url, words
from tests.strict_s3.explainer.test_paste import URL

# One text for each pattern of `hide` and of `redact`, no longer than it has to be.
SECRETS = (
    *("signature=s", "x-amz-signature%3Ds", "security-token: s", "x-amz-s3session-token%253Ds"),
    *('"security-token":"s"', 'signature" : "s', "<Token-1>s", "<SignatureProvided>s"),
    *("AKIA" + "A" * 8, "ASIA" + "A" * 8, "AKIA" + "A" * 16, "aF" * 20, "0a" * 32),
    *("ab " * 20 + "ab", base64.b64encode(b'"AKIA%s": "%s"' % (b"A" * 16, b"b" * 36)).decode()),
    *("\u017fignature=s", "security-to\u212aen=s"),  # letters that re.I takes for s and k
)  # fmt: skip
TEXTS = st.lists(
    st.sampled_from(
        [*SECRETS, *(" ", "  ", "\u00a0", "\u2003", "\n", "\t", "-", "word", "&", "x" * 40)]
    ),
    max_size=6,
).map("".join)


def everything(monkeypatch, text: str) -> str:
    """What `hide` gives where it leaves nothing out."""
    with monkeypatch.context() as patch:
        patch.setattr(words, "_SUSPECT", re.compile(""))
        return words.hide(text)


@pytest.mark.parametrize("secret", SECRETS)
def test_no_secret_looks_harmless(monkeypatch, secret):
    assert secret != words.hide(secret) == everything(monkeypatch, secret)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=TEXTS)
def test_what_looks_harmless_has_nothing_to_hide(monkeypatch, text):
    """`hide` leaves out its ten searches only where they find nothing."""
    assert words.hide(text) == everything(monkeypatch, text)


def as_any_text(text: str, first: str) -> list[str]:
    return wrap(
        words.one_line(text, 20 * words.MAX_VALUE),
        words.WIDTH,
        initial_indent=first,
        subsequent_indent="    ",
        break_long_words=False,
        break_on_hyphens=False,
    ) or [first.rstrip()]


@given(TEXTS, st.integers(0, 60))
def test_a_text_of_one_line_is_wrapped_as_any_other(text, margin):
    first = " " * margin
    assert words.wrapped(text, first, "    ") == as_any_text(text, first)


def test_lines_end_at_the_same_column():
    for size in range(words.WIDTH - 5, words.WIDTH + 3):
        text = "a " + "b" * (size - 6)
        assert words.wrapped(text, "    ", "    ") == as_any_text(text, "    ")


def test_a_thousand_parameters_are_a_thousand_rows_and_little_work(monkeypatch):
    """Nothing slow is done for each row: neither the searches for secrets nor the wrapping."""
    calls = []
    for name in ("redact", "wrap"):
        slow = getattr(words, name)
        monkeypatch.setattr(
            words, name, lambda *a, slow=slow, **k: [calls.append(slow), slow(*a, **k)][1]
        )
    inspect_url(URL).full()
    usual = len(calls)
    report = inspect_url(URL + "&a=b" * 1000).full()
    assert report.count("\n  a ") == 1000
    assert 0 < usual < 100
    assert len(calls) - usual < usual + 10
