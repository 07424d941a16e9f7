"""CORS without a browser: the call, the verdict by the rules, and what S3 really answers."""

from __future__ import annotations

import pytest

from helpers.errors import FormProblem
from helpers.forms.cors import CorsModel, RuleRow

ORIGIN = "https://www.example.com"


def test_the_code_shown_sets_the_rules(lab):
    rows = [
        RuleRow(origins=f"{ORIGIN}, https://b.example", methods="PUT, GET", headers="*"),
        RuleRow(origins="*", methods="HEAD", expose="ETag, x-amz-id-2", age="0"),
    ]
    form = CorsModel(lab, rows)
    form.put()
    found = lab.client().get_bucket_cors(Bucket=lab.bucket)["CORSRules"]
    assert found == [row.rule() for row in rows]
    assert found[0]["AllowedOrigins"] == [ORIGIN, "https://b.example"]


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "POST", "DELETE"])
@pytest.mark.parametrize("origin", [ORIGIN, "https://evil.example", "null"])
@pytest.mark.parametrize("headers", ["", "content-type: text/plain", "x-amz-meta-a: 1"])
@pytest.mark.parametrize("allowed", ["GET, PUT", "HEAD, POST, DELETE"])
def test_the_verdict_is_what_happens(lab, method, origin, headers, allowed):
    """The rules' own verdict beside the answers of the server, in 90 cases."""
    rows = [RuleRow(origins=ORIGIN, methods=allowed, headers="content-type", expose="ETag")]
    form = CorsModel(lab, rows, origin=origin, method=method, headers=headers)
    form.put()
    report, steps = form.verdict(), form.as_a_browser()
    assert [step.what for step in steps] == (
        (["asks"] if report.preflight is not None else []) + (["sends"] if report.sent else [])
    )
    names = dict(steps[-1].cors_headers)
    assert ("access-control-allow-origin" in names) == report.visible
    # Whoever is no browser is stopped by nothing of this.
    (bare,) = form.without_a_browser()
    assert bare.answer.error.code in ("", "NoSuchKey", "AccessDenied")
    if headers != "x-amz-meta-a: 1" or method == "PUT":
        assert bare.answer.error.code != "AccessDenied"


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"origins": ""}, "origins: a rule needs one"),
        ({"methods": " ,"}, "methods: a rule needs one"),
        ({"methods": "PATCH"}, "Unsupported method is PATCH"),
        ({"origins": "https://*.a.*"}, "can not have more than one wildcard"),
        ({"origins": "https://a.example/"}, "ends with a slash"),
        ({"expose": "x-*"}, "contains wildcard"),
        ({"age": "soon"}, "'soon' is not a whole number"),
    ],
)
def test_wrong_rules_are_told(lab, values, sentence):
    row = RuleRow(**{"origins": ORIGIN, "methods": "GET", **values})
    form = CorsModel(lab, [row])
    assert form.row_remark(row).problem and sentence in form.row_remark(row).text
    for action in (form.put, form.verdict, form.as_a_browser, form.without_a_browser):
        with pytest.raises(FormProblem, match="Rule 1: "):
            action()


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("origin", "www.example.com", "is not an origin"),
        ("origin", f"{ORIGIN}/", "is not an origin"),
        ("headers", "content-type", "isn't a header: write name: value."),
        ("headers", "a: é", "ASCII characters only"),
        ("Key", "", "an object needs a key"),
    ],
)
def test_wrong_questions_are_told(lab, name, value, sentence):
    form = CorsModel(lab, **{name: value})
    assert sentence in form.remark(name).text and form.remark(name).problem


def test_no_rule_at_all(lab):
    assert CorsModel(lab, []).problems() == [
        "Rule: a configuration needs at least one: add a rule."
    ]
