"""The views without a browser: what they tell the widgets, and what may be saved of them."""

from __future__ import annotations

import json
import re

import ipywidgets
import pytest

import helpers.forms
from helpers.errors import FormProblem, LabError
from helpers.forms import CorsForm, GetForm, IamForm, PostForm, PutForm, UrlInspector
from helpers.forms.signed_url import GetModel
from helpers.forms.views.base import in_words
from tests.secret_scan import secrets_in

FORMS = {
    "GetForm": lambda lab: GetForm(lab, Key="k"),
    "PutForm": lambda lab: PutForm(lab, Key="k", ContentType="text/plain"),
    "PostForm": lambda lab: PostForm(lab, Key="k"),
    "CorsForm": CorsForm,
    "IamForm": IamForm,
    "UrlInspector": lambda lab: UrlInspector(),
}


@pytest.fixture(autouse=True)
def _no_widgets_left():
    yield
    ipywidgets.Widget.close_all()


def press(form, ask: str, **texts: str) -> str:
    """What the browser sends for a button; the card afterwards."""
    form.result._hear(form.result, {"ask": ask, "view": "v", "texts": texts}, [])
    return form.result.html


def heard(card, monkeypatch) -> list[dict]:
    """The messages that a card sends to the browser from now on."""
    sent: list[dict] = []
    monkeypatch.setattr(card, "send", lambda content, buffers=None: sent.append(content))
    return sent


@pytest.mark.parametrize("name", FORMS)
def test_the_text_of_a_form_is_short_and_always_the_same(lab, name):
    assert name in helpers.forms.__all__
    assert repr(FORMS[name](lab)) == f"{name}: run this cell to use the form"
    assert repr(FORMS[name](lab)) == repr(FORMS[name](lab))


def test_every_form_is_tried_here():
    assert set(FORMS) == set(helpers.forms.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'NoForm'"):
        _ = helpers.forms.NoForm


@pytest.mark.parametrize("name", ["GetForm", "PutForm", "PostForm"])
def test_the_state_of_the_widgets_holds_nothing_usable(lab, name, monkeypatch):
    """JupyterLab may save the state of every widget into the notebook."""
    lab.client().put_object(Bucket=lab.bucket, Key="k", Body=b"body")
    form = FORMS[name](lab)
    form.sign()
    press(form, "try")
    press(form, "break-all")
    sent = heard(form.result, monkeypatch)
    secret = "fields" if name == "PostForm" else "url"
    press(form, f"reveal:{secret}")
    press(form, "copy:curl")
    assert secrets_in(json.dumps(sent))  # what was asked for came, in messages
    assert {message["view"] for message in sent} == {"v"}
    state = json.dumps([w.get_state() for w in _all_widgets()], default=str)
    assert "s3-secret" in state
    assert secrets_in(state) == []
    assert lab.secret_key not in state


def test_what_is_inspected_is_in_no_state(lab):
    form = UrlInspector()
    url = GetModel(lab, Key="k").sign().url
    assert "Its parameters" in press(form, "inspect", text=f"curl '{url}'")
    assert secrets_in(json.dumps([w.get_state() for w in _all_widgets()], default=str)) == []


def _all_widgets():
    return list(ipywidgets.widgets.widget._instances.values())


def test_a_change_is_told_at_once(lab):
    form = GetForm(lab, Key="k")
    row = next(row for row in form.lines if row.input.description == "Lifetime in seconds")
    row.input.value = "0"
    assert row.message.problem and row.message.text.startswith("0 seconds would be over at once")
    assert form.sign_button.disabled
    row.input.value = "61"
    assert not row.message.problem and row.message.text == "1 minute 1 second"
    assert "ExpiresIn=61" in form.call.html and not form.sign_button.disabled


@pytest.mark.parametrize("name", ["GetForm", "PutForm", "PostForm", "IamForm", "CorsForm"])
def test_the_call_for_aws_needs_no_lab(lab, name):
    form = FORMS[name](lab)
    if "Key" in form.model.fields.fields:
        form.model.fields["Key"] = "k"
    form.changed()
    code = form.call.secrets["aws"]
    compile(code, "<aws>", "exec")
    assert not re.search(r"\blab\b", code)
    assert name == "IamForm" or (
        'region_name="eu-west-2",' in code and 'signature_version="s3v4"' in code
    )
    assert ">Copy for AWS<" in form.call.html


def test_an_answer_after_a_change_is_still_about_what_was_signed(lab):
    lab.client().put_object(Bucket=lab.bucket, Key="k", Body=b"body")
    form = GetForm(lab, Key="k")
    form.sign()
    form.lines[0].input.value = ""
    assert "✓ Served" in press(form, "try")


def test_a_result_of_earlier_values_says_so(lab):
    form = PostForm(lab, Key="k")
    form.lines[0].input.value = "other"
    assert form.result.outdated == ""  # nothing was signed yet
    form.sign()
    assert form.result.outdated == ""
    form.lines[0].input.value = "k"
    assert form.result.outdated == "The form has changed: sign again."
    form.lines[0].input.value = "other"
    assert form.result.outdated == ""  # back at what was signed
    form.rows.children[0].remove_button.click()
    assert form.result.outdated
    form.sign()
    assert form.result.outdated == ""
    asked = IamForm(lab)
    press(asked, "try")
    asked.lines[0].input.value = "s3:DeleteObject"
    assert asked.result.outdated == "The form has changed: try it again."
    press(asked, "try")
    assert asked.result.outdated == ""


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        (FormProblem("One sentence."), "One sentence."),
        (LabError("The local S3 has stopped."), "The local S3 has stopped."),
        (RuntimeError("X-Amz-Signature=" + "a" * 64), "a fault of the form, not yours"),
    ],
)
def test_an_error_in_a_callback_is_told_in_words(lab, monkeypatch, problem, words):
    form = GetForm(lab, Key="k")
    form.sign()

    def fails(*_):
        raise problem

    monkeypatch.setattr(form.model, "try_it", fails)
    html = press(form, "try")
    assert words in html and "Traceback" not in html and "aaaa" not in html
    assert "Break it" in html  # nothing that was there is lost
    monkeypatch.setattr(form.model, "sign", fails)
    form.sign_button.click()
    assert words in form.result.html
    monkeypatch.setattr(form.model, "problems", fails)
    form.lines[0].input.value = "other"
    assert words in form.result.html


def test_in_words_says_what_s3_said(lab):
    with pytest.raises(Exception) as caught:
        lab.client().put_bucket_cors(
            Bucket=lab.bucket,
            CORSConfiguration={"CORSRules": [{"AllowedOrigins": ["*"], "AllowedMethods": ["X"]}]},
        )
    assert in_words(caught.value).startswith("S3 refused: InvalidRequest: Found unsupported")


def test_nonsense_from_the_browser_does_nothing(lab):
    form = GetForm(lab, Key="k")
    for ask in ("", "try", "break:Too late", "reveal:url", "copy:nothing", "<script>"):
        assert press(form, ask) == ""
    form.sign()
    before = form.result.html
    assert press(form, "break:nothing") == before


def test_rows_come_and_go(lab):
    form = PostForm(lab, [], Key="k")
    rows = form.rows
    rows.add_button.click()
    assert form.sign_button.disabled
    (row,) = rows.children[:-1]
    row.inputs["field"].value = "x-amz-meta-a"
    assert not form.sign_button.disabled and '"x-amz-meta-a": ""' in form.call.html.replace(
        "&#34;", '"'
    )
    row.inputs["kind"].value = "content-length-range"
    assert row.inputs["field"].layout.display == "none"
    assert form.sign_button.disabled
    row.remove_button.click()
    assert form.model.rows == [] and len(rows.children) == 1
    assert not form.sign_button.disabled


def test_cors_form(lab):
    form = CorsForm(lab)
    assert "The page sees" in form.answer.html
    assert "AccessForbidden" in press(form, "browser")
    assert "✓ Set: 1 rule(s)" in press(form, "put")
    assert "The page sees the response." in press(form, "browser")
    assert "a program is neither asked nor stopped" in press(form, "bare")


def test_iam_form(lab, real_lab):
    form = IamForm(lab)
    assert "✓ Allowed" in form.answer.html
    assert "s3:GetObject" in form.answer.html
    assert "✓ Served" in press(form, "try")
    assert "AccessDenied" in press(form, "later")
    real = IamForm(real_lab)
    assert " disabled " in real.result.html
    assert "✗ Not done" in press(real, "try")


def test_the_inspector_says_what_to_paste(lab):
    form = UrlInspector()
    assert "Nothing was pasted" in press(form, "inspect", text=" ")
    assert "without a signature" in press(form, "inspect", text="https://a.s3.amazonaws.com/b")
