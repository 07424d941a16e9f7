"""IAM without a browser: the policy, the verdict by the rules, and what S3 really answers."""

from __future__ import annotations

import json

import pytest

from helpers.errors import FormProblem
from helpers.forms.iam import ASKED, IamModel, StatementRow

ALLOW = {"actions": "s3:GetObject, s3:PutObject", "resource": "lesson-02/*"}
POLICIES = {
    "usual": IamModel.usual,
    "read all": lambda: [StatementRow()],
    "list": lambda: [StatementRow(actions="s3:ListBucket")],
    "deny wins": lambda: [StatementRow(actions="*"), StatementRow(kind="Deny", **ALLOW)],
    "not presigned": lambda: [
        StatementRow(actions="s3:*"),
        StatementRow(kind="Deny", actions="s3:*", condition="presigned"),
    ],
    "from here": lambda: [StatementRow(condition="ip", value="127.0.0.0/8", **ALLOW)],
    "from elsewhere": lambda: [
        StatementRow(**ALLOW),
        StatementRow(kind="Deny", actions="s3:*", condition="not-ip", value="192.0.2.0/24"),
    ],
    "encrypted": lambda: [
        StatementRow(**ALLOW),
        StatementRow(kind="Deny", actions="s3:*", condition="http"),
    ],
}


@pytest.mark.parametrize("rows", POLICIES.values(), ids=POLICIES)
@pytest.mark.parametrize("action", ASKED)
def test_the_verdict_is_what_happens(lab, rows, action):
    """The rules' verdict beside the answer to a request of a user with this very policy."""
    lab.client().put_object(Bucket=lab.bucket, Key="lesson-02/report.txt", Body=b"body")
    form = IamModel(lab, rows(), action=action)
    answer = form.try_it()
    assert form.verdict().allowed == (not answer.refused), answer.text
    if answer.refused:
        assert answer.decided.startswith("permission: ")
    iam = lab.client("iam")
    assert [user["UserName"] for user in iam.list_users()["Users"]] == []


def test_an_old_signature(lab):
    form = IamModel(lab)
    # The object is made for it, and is gone afterwards.
    assert not form.try_it(14).refused
    assert lab.client().list_objects_v2(Bucket=lab.bucket)["KeyCount"] == 0
    answer = form.try_it(16)
    assert 'Statement "Row2"' in answer.decided and "denies" in answer.decided


def test_the_code_shown_gives_the_policy(lab):
    iam = lab.client("iam")
    iam.create_user(UserName="ann")
    form = IamModel(lab, user="ann")
    names = {"lab": lab}
    exec(form.code(), names)
    names["iam"].close()
    got = iam.get_user_policy(UserName="ann", PolicyName="from-the-form")["PolicyDocument"]
    assert (json.loads(got) if isinstance(got, str) else got) == form.policy()
    # And a user who was there before is neither used nor deleted.
    with pytest.raises(FormProblem, match="There is a user 'ann' already"):
        form.try_it()
    assert iam.get_user(UserName="ann")


def test_nothing_is_left_where_s3_refuses_the_policy(lab, monkeypatch):
    form = IamModel(lab)
    monkeypatch.setattr(form, "policy", lambda: {"Version": "2012-10-17", "Statement": []})
    with pytest.raises(Exception, match="MalformedPolicyDocument"):
        form.try_it()
    assert lab.client("iam").list_users()["Users"] == []


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"actions": ""}, "actions: a statement needs an action"),
        ({"actions": "GetObject"}, 'has the action "GetObject"'),
        ({"resource": ""}, "on keys: a statement needs a resource"),
        ({"condition": "age", "value": "0"}, "0 minutes would deny every request"),
        ({"condition": "age", "value": ""}, "'' is not a whole number of minutes"),
        ({"condition": "age", "value": "99999999"}, "older than seven days"),
        ({"condition": "age", "value": "-5"}, "less than none"),
        ({"resource": " "}, "on keys: a statement needs a resource"),
        ({"condition": "ip", "value": "localhost"}, "cannot compare"),
    ],
)
def test_wrong_statements_are_told(lab, values, sentence):
    row = StatementRow(**values)
    form = IamModel(lab, [row])
    assert form.row_remark(row).problem and sentence in form.row_remark(row).text
    with pytest.raises(FormProblem, match="Statement 1: "):
        form.verdict()


def test_a_real_account_is_left_alone(real_lab):
    form = IamModel(real_lab)
    assert form.verdict().allowed
    with pytest.raises(FormProblem, match="on the local S3 only"):
        form.try_it()


def test_an_arn_and_blanks_are_understood(lab):
    whole = f"arn:aws:s3:::{lab.bucket}/lesson-02/*"
    for resource in ("lesson-02/*", f" {whole} "):
        row = StatementRow(resource=resource, condition="age", value=" 20 ")
        assert row.problem() == ""
        statement = row.statement(1, lab.bucket)
        assert statement["Resource"] == whole
        assert statement["Condition"] == {"NumericGreaterThan": {"s3:signatureAge": "1200000"}}
    assert StatementRow(actions="s3:GetObjet").hint().endswith("Did you mean s3:GetObject?")
    assert StatementRow(actions="s3:GetBucketLocation").hint().endswith("it gives nothing.")
    assert "first slash" in StatementRow(resource="/lesson-02/*").hint()
    assert StatementRow(resource=whole).hint() == ""


def test_too_much_is_said(lab):
    assert "more than an application needs" in StatementRow(actions="s3:*").hint()
    assert StatementRow(actions="s3:Get*").hint() == ""
    assert StatementRow(actions="s3:ListBucket").hint() == ""
    idle = StatementRow(actions="s3:GetObject, s3:GetBucketLocation").hint()
    assert idle.startswith("'s3:GetBucketLocation' does not apply to any resource")
    assert IamModel(lab, []).problems() == [
        "Statement: a policy needs at least one: add a statement."
    ]
