"""Evaluation: each of AWS's rules in both directions, and who is said to have decided."""

from __future__ import annotations

import fnmatch
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.rules.iam import evaluate
from helpers.rules.iam_conditions import Operator, wildcard
from helpers.rules.identity import ANONYMOUS, Identity
from helpers.rules.policy import Policy, parse_policy

ACCOUNT = "123456789012"
ANN = Identity("user", ACCOUNT, f"arn:aws:iam::{ACCOUNT}:user/ann", "ann", "AIDAANN")
ROOT = Identity("root", ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root", "", ACCOUNT)
ROLE = f"arn:aws:iam::{ACCOUNT}:role/app"
SESSION = Identity(
    "assumed-role", ACCOUNT, f"arn:aws:sts::{ACCOUNT}:assumed-role/app/s", "", "AROA:s", ROLE
)
KEY = "arn:aws:s3:::b/photos/cat.jpg"


def policy(*statements, kind="identity", version="2012-10-17") -> Policy:
    full = [{"Effect": "Allow", "Action": "s3:GetObject", **s} for s in statements]
    for statement in full:
        if kind != "trust" and "NotResource" not in statement:
            statement.setdefault("Resource", "*")
        if "NotAction" in statement:
            del statement["Action"]
    return parse_policy({"Version": version, "Statement": full}, name=f"the-{kind}", kind=kind)


def ask(*policies: Policy, identity=ANN, action="s3:GetObject", resource=KEY, session=None, **ctx):
    def of(kind):
        return [p for p in policies if p.kind == kind]

    return evaluate(
        action=action,
        resource=resource,
        context={k.replace("__", ":").replace("_", "-"): v for k, v in ctx.items()},
        identity=identity,
        identity_policies=of("identity"),
        resource_policies=of("resource") + of("trust"),
        session_policies=session,
        boundary=next(iter(of("boundary")), None),
    )


def test_nothing_is_allowed_by_nothing():
    verdict = ask()
    assert (verdict.allowed, verdict.effect, verdict.missing) == (False, "ImplicitDeny", "identity")


@pytest.mark.parametrize(
    ("statement", "allowed"),
    [
        ({}, True),
        ({"Action": "s3:getobject"}, True),
        ({"Action": "S3:Get*"}, True),
        ({"Action": "s3:GetObjec?"}, True),
        ({"Action": "s3:GetObjectAcl"}, False),
        ({"Action": "*"}, True),
        ({"Action": "iam:*"}, False),
        ({"NotAction": "s3:PutObject"}, True),
        ({"NotAction": ["s3:Get*"]}, False),
        ({"Resource": KEY}, True),
        ({"Resource": "arn:aws:s3:::b/*"}, True),
        ({"Resource": "arn:aws:s3:::b/photos/???.jpg"}, True),
        ({"Resource": "arn:aws:s3:::b/photos/Cat.jpg"}, False),
        ({"Resource": "arn:aws:s3:::b"}, False),
        ({"NotResource": "arn:aws:s3:::b/private/*"}, True),
        ({"NotResource": "arn:aws:s3:::b/photos/*"}, False),
    ],
)
def test_action_and_resource(statement, allowed):
    assert ask(policy(statement)).allowed is allowed


def test_an_explicit_deny_wins_wherever_it_stands():
    deny = {"Effect": "Deny", "Sid": "No", "Resource": "arn:aws:s3:::b/photos/*"}
    verdict = ask(policy({}, deny))
    assert verdict.effect == "ExplicitDeny"
    assert (
        verdict.reason
        == 'Statement "No" of the identity policy "the-identity" denies s3:GetObject.'
    )
    in_bucket = policy({**deny, "Principal": "*"}, kind="resource")
    assert ask(policy({}), in_bucket).effect == "ExplicitDeny"
    assert ask(policy({}), in_bucket, identity=ROOT).effect == "ExplicitDeny"
    assert ask(policy({}), session=[policy({}, deny, kind="session")]).effect == "ExplicitDeny"
    assert ask(policy({}), policy({}, deny, kind="boundary")).effect == "ExplicitDeny"
    assert ask(policy({}, deny), resource="arn:aws:s3:::b/other").allowed


def test_root_may_do_anything_that_is_not_denied():
    assert ask(identity=ROOT).allowed


@pytest.mark.parametrize(
    ("principal", "identity", "allowed"),
    [
        ("*", ANN, True),
        ("*", ANONYMOUS, True),
        ({"AWS": "*"}, ANONYMOUS, True),
        ({"AWS": ANN.arn}, ANN, True),
        ({"AWS": [ROLE, ANN.arn]}, ANN, True),
        ({"AWS": ANN.arn}, ANONYMOUS, False),
        ({"AWS": f"arn:aws:iam::{ACCOUNT}:user/bob"}, ANN, False),
        ({"AWS": ROLE}, SESSION, True),
        ({"AWS": SESSION.arn}, SESSION, True),
        ({"AWS": ROLE}, ANN, False),
        # The account passes the question on to its own policies, which say nothing here.
        ({"AWS": ACCOUNT}, ANN, False),
        ({"AWS": ROOT.arn}, ANN, False),
        ({"Service": "s3.amazonaws.com"}, ANN, False),
        ({"CanonicalUser": "79a59d"}, ANN, False),
    ],
)
def test_principal_of_a_bucket_policy(principal, identity, allowed):
    bucket = policy({"Principal": principal}, kind="resource")
    assert ask(bucket, identity=identity).allowed is allowed


def test_not_principal():
    bucket = policy(
        {"Principal": "*"},
        {"Effect": "Deny", "NotPrincipal": {"AWS": ANN.arn}},
        kind="resource",
    )
    assert ask(bucket).allowed
    assert ask(bucket, identity=SESSION).effect == "ExplicitDeny"


def test_a_session_policy_narrows_the_role():
    mine = policy({"Action": "s3:*"})
    narrow = [policy({"Resource": "arn:aws:s3:::b/photos/*"}, kind="session")]
    assert ask(mine, identity=SESSION, session=narrow).allowed
    verdict = ask(mine, identity=SESSION, session=narrow, resource="arn:aws:s3:::b/other")
    assert (verdict.allowed, verdict.missing) == (False, "session")
    assert not ask(identity=SESSION, session=narrow).allowed
    assert not ask(mine, identity=SESSION, session=[]).allowed
    # A bucket policy that names the session itself is not narrowed; one that names the role is.
    elsewhere = [policy({"Resource": "arn:aws:s3:::other/*"}, kind="session")]
    for principal, allowed in ((SESSION.arn, True), (ROLE, False)):
        bucket = policy({"Principal": {"AWS": principal}}, kind="resource")
        assert ask(bucket, identity=SESSION, session=elsewhere).allowed is allowed


def test_a_boundary_limits():
    inside = policy({"Action": "s3:Get*"}, kind="boundary")
    assert ask(policy({}), inside).allowed
    verdict = ask(policy({"Action": "s3:*"}), inside, action="s3:PutObject")
    assert (verdict.allowed, verdict.missing) == (False, "boundary")


def test_a_trust_policy():
    def assume(principal, *mine):
        trust = policy({"Action": "sts:AssumeRole", "Principal": principal}, kind="trust")
        return ask(trust, *mine, action="sts:AssumeRole", resource=ROLE).allowed

    may = policy({"Action": "sts:AssumeRole"})
    assert assume({"AWS": ANN.arn})
    assert not assume({"AWS": ACCOUNT})
    assert assume({"AWS": ACCOUNT}, may)
    assert not assume({"AWS": f"arn:aws:iam::{ACCOUNT}:user/bob"}, may)


@pytest.mark.parametrize(
    ("resource", "context", "allowed"),
    [
        ("arn:aws:s3:::b/${aws:username}/*", {"aws__username": "photos"}, True),
        ("arn:aws:s3:::b/${AWS:UserName}/*", {"aws__username": "photos"}, True),
        ("arn:aws:s3:::b/${aws:username}/*", {"aws__username": "bob"}, False),
        # A name is a name, not a pattern.
        ("arn:aws:s3:::b/${aws:username}/*", {"aws__username": "ph*"}, False),
        ("arn:aws:s3:::b/${aws:username}/*", {}, False),
        ("arn:aws:s3:::b/${aws:username, 'photos'}/*", {}, True),
        ("arn:aws:s3:::b/photos${*}", {}, False),
    ],
)
def test_variables(resource, context, allowed):
    assert ask(policy({"Resource": resource}), **context).allowed is allowed


def test_variables_are_text_in_the_old_version():
    old = policy({"Resource": "arn:aws:s3:::b/${aws:username}/*"}, version="2008-10-17")
    assert not ask(old, aws__username="photos").allowed
    assert ask(old, resource="arn:aws:s3:::b/${aws:username}/x", aws__username="photos").allowed


@pytest.mark.parametrize(
    ("operator", "wanted", "have", "holds"),
    [
        ("StringEquals", ["a", "b"], ["b"], True),
        ("StringEquals", ["a"], ["A"], False),
        ("StringEqualsIgnoreCase", ["a"], ["A"], True),
        ("StringNotEquals", ["a", "b"], ["b"], False),
        ("StringNotEquals", ["a"], ["c"], True),
        ("StringNotEquals", ["a"], None, True),
        ("StringEquals", ["a"], None, False),
        ("StringEqualsIfExists", ["a"], None, True),
        ("StringEqualsIfExists", ["a"], ["b"], False),
        ("StringLike", ["home/*"], ["home/ann/x"], True),
        ("StringLike", ["home/?"], ["home/ann"], False),
        ("StringNotLike", ["home/*"], ["home/x"], False),
        ("NumericEquals", ["10"], ["10.0"], True),
        ("NumericGreaterThan", ["900000"], ["900001"], True),
        ("NumericGreaterThan", ["900000"], ["900000"], False),
        ("NumericGreaterThanEquals", ["900000"], ["900000"], True),
        ("NumericLessThan", ["5"], ["4"], True),
        ("NumericLessThanEquals", ["5"], ["6"], False),
        ("NumericLessThan", ["5"], ["none"], False),
        ("NumericNotEquals", ["5"], ["5"], False),
        ("DateLessThan", ["2026-01-01T00:00:00Z"], ["2025-12-31T23:59:59Z"], True),
        ("DateLessThan", ["2026-01-01T00:00:00Z"], ["2026-01-01T00:00:00Z"], False),
        ("DateGreaterThan", ["1767225600"], ["2026-01-01T00:00:01Z"], True),
        ("DateEquals", ["1767225600"], ["2026-01-01T00:00:00Z"], True),
        ("Bool", ["true"], ["True"], True),
        ("Bool", ["false"], ["true"], False),
        ("BinaryEquals", ["QQ=="], ["QQ=="], True),
        ("IpAddress", ["203.0.113.0/24"], ["203.0.113.77"], True),
        ("IpAddress", ["203.0.113.0/24"], ["203.0.114.1"], False),
        ("IpAddress", ["2001:db8::/32"], ["2001:db8::1"], True),
        ("NotIpAddress", ["203.0.113.0/24"], ["203.0.113.1"], False),
        ("NotIpAddress", ["203.0.113.0/24"], ["198.51.100.1"], True),
        ("ArnLike", ["arn:aws:iam::*:user/*"], ["arn:aws:iam::1:user/ann"], True),
        ("ArnEquals", ["arn:aws:iam::*:user/*"], ["arn:aws:iam::1:user/ann"], True),
        ("ArnLike", ["arn:aws:*:user/ann"], ["arn:aws:iam::1:user/ann"], False),
        ("ArnNotLike", ["arn:aws:iam::*:user/*"], ["arn:aws:iam::1:user/ann"], False),
        ("Null", ["true"], None, True),
        ("Null", ["true"], ["x"], False),
        ("Null", ["false"], ["x"], True),
        ("ForAnyValue:StringEquals", ["a"], ["a", "b"], True),
        ("ForAnyValue:StringEquals", ["c"], ["a", "b"], False),
        ("ForAnyValue:StringEquals", ["c"], None, False),
        ("ForAllValues:StringEquals", ["a", "b"], ["a", "b"], True),
        ("ForAllValues:StringEquals", ["a"], ["a", "b"], False),
        ("ForAllValues:StringEquals", ["a"], None, True),
        ("ForAnyValue:StringNotEquals", ["a"], ["a", "b"], True),
        ("ForAllValues:StringNotEquals", ["a"], ["a", "b"], False),
    ],
)
def test_condition_operators(operator, wanted, have, holds):
    assert Operator(operator).holds(have, wanted) is holds


def test_all_conditions_of_a_statement_are_needed():
    both = policy(
        {
            "Condition": {
                "StringEquals": {"s3:authType": "REST-QUERY-STRING"},
                "NumericLessThan": {"s3:signatureAge": "600000"},
            }
        }
    )
    assert ask(both, s3__authType="REST-QUERY-STRING", s3__signatureAge="1").allowed
    verdict = ask(both, s3__authType="REST-QUERY-STRING", s3__signatureAge="600000")
    assert not verdict.allowed
    assert verdict.steps[0].why == (
        "Condition NumericLessThan s3:signatureAge: the request has 600000"
    )


statements = st.builds(
    lambda effect, action, resource: {"Effect": effect, "Action": action, "Resource": resource},
    st.sampled_from(["Allow", "Deny"]),
    st.sampled_from(["s3:GetObject", "s3:PutObject", "s3:*", "s3:Get*"]),
    st.sampled_from(["*", KEY, "arn:aws:s3:::b/*", "arn:aws:s3:::other/*"]),
)


@given(st.lists(statements, min_size=1, max_size=6))
def test_against_a_naive_evaluator(given_statements):
    def matches(s):
        return fnmatch.fnmatchcase("s3:GetObject", s["Action"]) and fnmatch.fnmatchcase(
            KEY, s["Resource"]
        )

    effects = {s["Effect"] for s in given_statements if matches(s)}
    assert ask(policy(*given_statements)).allowed is (effects == {"Allow"})


@given(st.text("ab*?.[", max_size=8), st.text("ab.[", max_size=8))
def test_wildcards_against_another_translation(pattern, text):
    theirs = re.escape(pattern).replace(r"\*", "(.|\n)*").replace(r"\?", "(.|\n)")
    assert bool(wildcard(pattern).fullmatch(text)) is bool(re.fullmatch(theirs, text))
