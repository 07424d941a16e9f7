"""Evaluation: each of AWS's rules in both directions, and who is said to have decided."""

from __future__ import annotations

import fnmatch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strict_s3.rules.iam import Applicable, Step, evaluate
from strict_s3.rules.identity import ANONYMOUS, Identity
from strict_s3.rules.policy import Policy, parse_policy

ACCOUNT = "123456789012"
ANN = Identity("user", ACCOUNT, f"arn:aws:iam::{ACCOUNT}:user/ann", "ann", "AIDAANN")
BOB = Identity("user", ACCOUNT, f"arn:aws:iam::{ACCOUNT}:user/bob", "bob", "AIDABOB")
ROOT = Identity("root", ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root", "", ACCOUNT)
ROLE = f"arn:aws:iam::{ACCOUNT}:role/app"
SESSION = Identity(
    "assumed-role", ACCOUNT, f"arn:aws:sts::{ACCOUNT}:assumed-role/app/s", "", "AROA:s", ROLE
)
GUEST = Identity("federated-user", ACCOUNT, f"arn:aws:sts::{ACCOUNT}:federated-user/guest")
EVERYBODY = (ANN, BOB, ROOT, SESSION, GUEST, ANONYMOUS)
KEY = "arn:aws:s3:::b/photos/cat.jpg"
NO = {"Effect": "Deny", "Sid": "No"}


def policy(*statements, kind="identity", version="2012-10-17") -> Policy:
    """A policy of statements that allow s3:GetObject on everything, but for what is given."""
    full = [{"Effect": "Allow", "Action": "s3:GetObject", **s} for s in statements]
    for statement in full:
        if kind != "trust" and "NotResource" not in statement:
            statement.setdefault("Resource", "*")
        if "NotAction" in statement:
            del statement["Action"]
    return parse_policy({"Version": version, "Statement": full}, name=f"the-{kind}", kind=kind)


def bucket(*statements, **more) -> Policy:
    return policy(
        *[s if "NotPrincipal" in s else {"Principal": "*", **s} for s in statements],
        kind="resource",
        **more,
    )


def ask(
    *policies: Policy,
    identity=ANN,
    action="s3:GetObject",
    resource=KEY,
    session=None,
    context=None,
):
    def of(*kinds):
        return [p for p in policies if p.kind in kinds]

    boundary = next(iter(of("boundary")), None)
    applicable = Applicable(of("identity"), of("resource", "trust"), session, boundary)
    return evaluate(action, resource, context or {}, identity, applicable)


# What a statement covers.


@pytest.mark.parametrize(
    ("statement", "allowed"),
    [
        ({}, True),
        ({"Action": "s3:getobject"}, True),
        ({"Action": "S3:Get*"}, True),
        ({"Action": "s3:GetObjec?"}, True),
        ({"Action": "s3:GetObject?"}, False),
        ({"Action": "s3:GetObjectAcl"}, False),
        ({"Action": ["s3:PutObject", "s3:GetObject"]}, True),
        ({"Action": "*"}, True),
        ({"Action": "iam:*"}, False),
        ({"NotAction": "s3:PutObject"}, True),
        ({"NotAction": ["s3:Get*"]}, False),
        ({"NotAction": ["iam:*", "s3:getobject"]}, False),
        ({"Resource": KEY}, True),
        ({"Resource": "arn:aws:s3:::b/*"}, True),
        ({"Resource": "arn:aws:s3:::b*"}, True),
        ({"Resource": "arn:aws:s3:::*/cat.jpg"}, True),
        ({"Resource": "arn:aws:s3:::b/photos/???.jpg"}, True),
        ({"Resource": "arn:aws:s3:::b/photos/????.jpg"}, False),
        ({"Resource": "arn:aws:s3:::b/photos/Cat.jpg"}, False),
        ({"Resource": "arn:aws:s3:::b"}, False),
        ({"Resource": "arn:aws:s3:::b/"}, False),
        ({"Resource": ["arn:aws:s3:::other/*", KEY]}, True),
        # A star stays within its part of the ARN, and parts left out are stars.
        ({"Resource": "arn:*:b/photos/cat.jpg:::"}, False),
        ({"Resource": "arn:aws:s3"}, True),
        ({"Resource": "arn:aws:sqs"}, False),
        ({"NotResource": "arn:aws:s3:::b/private/*"}, True),
        ({"NotResource": "arn:aws:s3:::b/photos/*"}, False),
        ({"NotResource": ["arn:aws:s3:::b/private/*", KEY]}, False),
    ],
)
def test_action_and_resource(statement, allowed):
    assert ask(policy(statement)).allowed is allowed


def test_a_star_in_the_last_part_spans_slashes_and_colons():
    mine = policy({"Resource": "arn:aws:s3:::b/*.jpg"})
    assert ask(mine, resource="arn:aws:s3:::b/a:b/c:d/e.jpg").allowed
    assert not ask(mine, resource="arn:aws:s3:eu-west-1::b/e.jpg").allowed


@pytest.mark.parametrize(
    ("resource", "user", "allowed"),
    [
        ("arn:aws:s3:::b/${aws:username}/*", "photos", True),
        ("arn:aws:s3:::b/${AWS:UserName}/*", "photos", True),
        ("arn:aws:s3:::b/${aws:username}/*", "photo", False),
        # A name is a name, not a pattern, and its colons are not an ARN's.
        ("arn:aws:s3:::b/${aws:username}/*", "ph*", False),
        ("arn:aws:s3:::b/${aws:username}/*", "photo?", False),
        ("arn:aws:s3${aws:username}::b/*", ":", False),
        ("arn:aws:s3:::b/${aws:username}/*", None, False),
        ("arn:aws:s3:::b/${aws:username}/*", ["photos"], False),
        ("arn:aws:s3:::b/${aws:username, 'photos'}/*", None, True),
        ("arn:aws:s3:::b/${aws:username,'photos'}/*", "other", False),
        ("arn:aws:s3:::b/${aws:username, 'p*'}/*", None, False),
        ("arn:aws:s3:::b/photos${*}", None, False),
        # One variable without a value voids the statement, whatever else it lists.
        (["*", "arn:aws:s3:::b/${aws:username}/*"], None, False),
        (["*", "arn:aws:s3:::b/${aws:username}/*"], "x", True),
    ],
)
def test_variables_in_a_resource(resource, user, allowed):
    context = {} if user is None else {"aws:UserName": user}
    assert ask(policy({"Resource": resource}), context=context).allowed is allowed
    # NotResource turns a match round, but not the lack of a value.
    if user is None and not allowed and "${aws:username}" in resource[-1]:
        assert not ask(policy({"NotResource": resource})).allowed


@pytest.mark.parametrize(
    ("pattern", "key", "allowed"),
    [
        ("100${*}", "100*", True),
        ("100${*}", "1000", False),
        ("what${?}", "what?", True),
        ("what${?}", "whats", False),
        ("${$}{aws:username}", "${aws:username}", True),
        ("${$}5", "$5", True),
    ],
)
def test_escapes(pattern, key, allowed):
    mine = policy({"Resource": f"arn:aws:s3:::b/{pattern}"})
    assert ask(mine, resource=f"arn:aws:s3:::b/{key}").allowed is allowed


def test_variables_are_text_in_the_old_version():
    old = policy({"Resource": "arn:aws:s3:::b/${aws:username}/*"}, version="2008-10-17")
    ann = {"aws:username": "photos"}
    assert not ask(old, context=ann).allowed
    assert ask(old, resource="arn:aws:s3:::b/${aws:username}/x", context=ann).allowed


@pytest.mark.parametrize(
    ("condition", "context", "allowed"),
    [
        ({"StringEquals": {"s3:prefix": "${aws:username}/"}}, {"s3:prefix": "ann/"}, True),
        ({"StringEquals": {"s3:prefix": "${aws:username}/"}}, {"s3:prefix": "bob/"}, False),
        ({"StringLike": {"s3:prefix": "${aws:username}/*"}}, {"s3:prefix": "ann/x"}, True),
        ({"StringLike": {"s3:prefix": "${s3:delimiter}x"}}, {"s3:prefix": "ax"}, False),
        ({"StringLike": {"s3:prefix": "${d}x"}}, {"s3:prefix": "ax", "D": "*"}, False),
        ({"StringLike": {"s3:prefix": "${d}x"}}, {"s3:prefix": "*x", "D": "*"}, True),
        ({"StringEquals": {"s3:prefix": "${d}x"}}, {"s3:prefix": "*x", "D": "*"}, True),
        ({"StringEquals": {"s3:prefix": "a${*}"}}, {"s3:prefix": "a*"}, True),
        ({"StringEquals": {"a": "${aws:PrincipalTag/Team, 'all'}"}}, {"a": "all"}, True),
        # Whatever a variable stands for, it is compared as the operator can, or not at all.
        ({"Null": {"a": "${b}"}}, {"a": "x", "b": "False"}, True),
        ({"Null": {"a": "${b}"}}, {"a": "x", "b": "true"}, False),
        *(
            ({operator: {"a": "${b}"}}, {"a": have, "b": "no value of its"}, False)
            for operator, have in [
                ("Null", "x"),
                ("Bool", "true"),
                ("NumericEquals", "5"),
                ("DateLessThan", "2026-01-01"),
                ("IpAddress", "127.0.0.1"),
                ("BinaryEquals", "YQ=="),
                ("ArnLike", "arn:aws:s3:::b"),
            ]
        ),
        # Not even a negated test holds against a value that nobody knows.
        ({"StringNotEquals": {"s3:prefix": "${gone}"}}, {"s3:prefix": "ann/"}, False),
        ({"StringNotEquals": {"s3:prefix": "${gone}"}}, {}, False),
        # IfExists asks first whether the key is there.
        ({"StringEqualsIfExists": {"s3:prefix": "${gone}"}}, {}, True),
        ({"StringEqualsIfExists": {"s3:prefix": "${gone}"}}, {"s3:prefix": "x"}, False),
    ],
)
def test_variables_in_a_condition(condition, context, allowed):
    mine = policy({"Condition": condition})
    assert ask(mine, context={"aws:username": "ann", **context}).allowed is allowed


@pytest.mark.parametrize(
    ("context", "allowed"),
    [
        ({"s3:authType": "REST-QUERY-STRING", "s3:signatureAge": "599999"}, True),
        ({"S3:AUTHTYPE": "REST-QUERY-STRING", "s3:SignatureAge": "1"}, True),
        ({"s3:authType": "POST", "s3:signatureAge": "599999"}, True),
        ({"s3:authType": "REST-HEADER", "s3:signatureAge": "599999"}, False),
        ({"s3:authType": "REST-QUERY-STRING", "s3:signatureAge": "600000"}, False),
        ({"s3:authType": "REST-QUERY-STRING"}, False),
        ({"s3:authType": "POST", "s3:signatureAge": "1", "aws:SourceIp": "192.0.2.1"}, False),
    ],
)
def test_every_operator_and_key_must_hold_and_one_value_is_enough(context, allowed):
    mine = policy(
        {
            "Condition": {
                "StringEquals": {"s3:authType": ["REST-QUERY-STRING", "POST"]},
                "NumericLessThan": {"s3:signatureAge": "600000"},
                "NotIpAddress": {"aws:SourceIp": ["192.0.2.0/24"]},
            }
        }
    )
    assert ask(mine, context=context).allowed is allowed


def test_two_keys_under_one_operator_must_both_hold():
    mine = policy({"Condition": {"StringEquals": {"a": "1", "b": "2"}}})
    assert ask(mine, context={"a": "1", "b": "2"}).allowed
    assert not ask(mine, context={"a": "1", "b": "1"}).allowed


# Who a statement is for.


@pytest.mark.parametrize(
    ("principal", "allowed"),
    [
        ("*", EVERYBODY),
        ({"AWS": "*"}, EVERYBODY),
        ({"AWS": ANN.arn}, (ANN,)),
        ({"AWS": [ROLE, ANN.arn]}, (ANN, SESSION)),
        ({"AWS": ROLE}, (SESSION,)),
        ({"AWS": SESSION.arn}, (SESSION,)),
        ({"AWS": f"{SESSION.arn}2"}, ()),
        ({"AWS": GUEST.arn}, (GUEST,)),
        # The account passes the question on to its own policies, which say nothing here.
        ({"AWS": ACCOUNT}, ()),
        ({"AWS": ROOT.arn}, ()),
        # Whichever comes first in the list, the closest name counts.
        ({"AWS": [ACCOUNT, ANN.arn]}, (ANN,)),
        ({"AWS": [ROOT.arn, ROLE, SESSION.arn]}, (SESSION,)),
        ({"AWS": ["999999999999", f"arn:aws:iam::{'9' * 12}:root"]}, ()),
        ({"Service": "s3.amazonaws.com"}, ()),
        ({"CanonicalUser": "79a5" * 16}, ()),
        ({"CanonicalUser": "79a5" * 16, "AWS": ANN.arn}, (ANN,)),
        ({"Federated": "*"}, ()),
    ],
)
def test_principal_of_a_bucket_policy(principal, allowed):
    for who in EVERYBODY:
        # The root identity needs no allow: its own test follows.
        expected = who in allowed or who is ROOT
        assert ask(bucket({"Principal": principal}), identity=who).allowed is expected, who


@pytest.mark.parametrize("principal", [ACCOUNT, ROOT.arn])
@pytest.mark.parametrize("who", [ANN, SESSION, GUEST])
def test_an_account_as_principal_leaves_it_to_identity_policies(principal, who):
    theirs = bucket({"Principal": {"AWS": principal}})
    assert ask(theirs, policy({}), identity=who).allowed
    verdict = ask(theirs, policy({"Action": "s3:PutObject"}), identity=who)
    assert (verdict.effect, verdict.missing) == ("ImplicitDeny", "identity")
    assert verdict.reason == (
        f'Nothing allows s3:GetObject on {KEY}: statement "1" of the bucket policy "the-resource" '
        "leaves it to the account's identity policies, and none of them allows it."
    )


def test_an_account_as_principal_of_a_deny_reaches_all_of_it():
    theirs = bucket({**NO, "Principal": {"AWS": ACCOUNT}})
    for who in (ANN, SESSION, ROOT):
        assert ask(theirs, policy({}), identity=who).effect == "ExplicitDeny"
    assert ask(theirs, bucket({}), identity=ANONYMOUS).allowed


@pytest.mark.parametrize(
    ("spared", "allowed"),
    [
        ([ANN.arn], (ANN,)),
        ([ANN.arn, ROOT.arn], (ANN, ROOT)),
        # The account's name spares the root identity, not everybody in the account.
        ([ACCOUNT], (ROOT,)),
        # A session is spared only if its role is named as well.
        ([ROLE, ROOT.arn], (ROOT,)),
        ([SESSION.arn], ()),
        ([SESSION.arn, ROLE], (SESSION,)),
        ([GUEST.arn], (GUEST,)),
        (["*"], EVERYBODY),
    ],
)
def test_not_principal_of_a_deny(spared, allowed):
    theirs = bucket({"Principal": "*"}, {**NO, "NotPrincipal": {"AWS": spared}})
    for who in EVERYBODY:
        verdict = ask(theirs, identity=who)
        assert verdict.effect == ("Allow" if who in allowed else "ExplicitDeny"), who


def test_not_principal_of_a_deny_spares_nobody_with_a_boundary():
    theirs = bucket({**NO, "NotPrincipal": {"AWS": ANN.arn}})
    assert ask(theirs, policy({})).allowed
    assert ask(theirs, policy({}), policy({}, kind="boundary")).effect == "ExplicitDeny"


def test_not_principal_of_an_allow():
    theirs = bucket({"NotPrincipal": {"AWS": [ANN.arn, ROLE]}})
    for who in (BOB, GUEST, ANONYMOUS):
        assert ask(theirs, identity=who).allowed
    for who in (ANN, SESSION):
        assert not ask(theirs, identity=who).allowed


# Which policies are needed.


def test_nothing_is_allowed_by_nothing():
    verdict = ask()
    assert (verdict.allowed, verdict.effect, verdict.missing) == (False, "ImplicitDeny", "identity")
    assert verdict.reason == f"Nothing allows s3:GetObject on {KEY}: no policy applies."
    assert verdict.steps == ()


@pytest.mark.parametrize("kind", ["identity", "resource", "session", "boundary"])
@pytest.mark.parametrize("who", [ANN, SESSION, GUEST, ROOT])
def test_an_explicit_deny_wins_wherever_it_stands(kind, who):
    allows = {
        "identity": policy({}),
        "resource": bucket({}),
        "session": policy({}, kind="session"),
        "boundary": policy({}, kind="boundary"),
    }

    def verdict(resource):
        denying = {**NO, "Resource": resource}
        forbids = bucket({}, denying) if kind == "resource" else policy({}, denying, kind=kind)
        given = {**allows, kind: forbids}
        return ask(*given.values(), identity=who, session=[given["session"]])

    refused = verdict("arn:aws:s3:::b/photos/*")
    assert (refused.effect, refused.allowed, refused.missing) == ("ExplicitDeny", False, None)
    assert (refused.policy.kind, refused.statement.label) == (kind, "No")
    assert verdict("arn:aws:s3:::b/other/*").allowed


@pytest.mark.parametrize("verb", ["Get", "Put", "Delete"])
def test_root_is_never_locked_out_of_a_bucket(verb):
    no, action = bucket({**NO, "Action": "s3:*"}), f"s3:{verb}BucketPolicy"
    assert ask(no, identity=ROOT, action=action, resource="arn:aws:s3:::b").allowed
    assert not ask(no, identity=ROOT, action="s3:GetBucketAcl", resource="arn:aws:s3:::b").allowed
    yes = policy({"Action": "s3:*"})
    assert not ask(no, yes, identity=ANN, action=action, resource="arn:aws:s3:::b").allowed


def test_root_may_do_anything_that_is_not_denied():
    verdict = ask(identity=ROOT)
    assert verdict.allowed
    assert verdict.reason == "The account's root user can do anything that no policy denies."
    assert ask(bucket({"Principal": {"AWS": ANN.arn}}), identity=ROOT).allowed
    assert not ask(bucket({**NO}), identity=ROOT).allowed


def test_nobody_has_no_identity_policies():
    assert not ask(policy({}), identity=ANONYMOUS).allowed
    assert ask(policy({}), bucket({}), identity=ANONYMOUS).allowed


def test_one_allow_is_enough_from_either_side():
    none = policy({"Action": "s3:PutObject"})
    assert ask(policy({}), bucket({"Action": "s3:PutObject"})).allowed
    assert ask(none, bucket({})).allowed
    assert not ask(none, bucket({"Action": "s3:PutObject"})).allowed


def test_a_session_policy_narrows_the_role():
    mine = policy({"Action": "s3:*"})
    narrow = [policy({"Resource": "arn:aws:s3:::b/photos/*"}, kind="session")]
    assert ask(mine, identity=SESSION, session=narrow).allowed
    verdict = ask(mine, identity=SESSION, session=narrow, resource="arn:aws:s3:::b/other")
    assert (verdict.allowed, verdict.missing) == (False, "session")
    assert verdict.reason == (
        "Nothing allows s3:GetObject on arn:aws:s3:::b/other: "
        "the session policy does not, and it limits every other allow."
    )
    assert ask(identity=SESSION, session=narrow).missing == "identity"
    assert not ask(mine, identity=SESSION, session=[]).allowed
    # Several session policies: one of them is enough.
    two = [*narrow, policy({"Action": "s3:PutObject"}, kind="session")]
    assert ask(mine, identity=SESSION, session=two, action="s3:PutObject").allowed


def test_a_boundary_limits():
    inside = policy({"Action": "s3:Get*"}, kind="boundary")
    assert ask(policy({}), inside).allowed
    verdict = ask(policy({"Action": "s3:*"}), inside, action="s3:PutObject")
    assert (verdict.allowed, verdict.missing) == (False, "boundary")
    assert 'the permissions boundary "the-boundary" does not' in verdict.reason
    # A boundary gives nothing.
    assert ask(inside).missing == "identity"


def test_a_boundary_and_a_session_policy_must_both_allow():
    both = {"identity": SESSION, "session": [policy({}, kind="session")]}
    assert ask(policy({}), policy({}, kind="boundary"), **both).allowed
    elsewhere = {"Action": "s3:PutObject"}
    assert ask(policy({}), policy(elsewhere, kind="boundary"), **both).missing == "boundary"
    both["session"] = [policy(elsewhere, kind="session")]
    assert ask(policy({}), policy({}, kind="boundary"), **both).missing == "session"


@pytest.mark.parametrize(
    ("principal", "who", "allowed"),
    [
        (ANN.arn, ANN, True),
        (SESSION.arn, SESSION, True),
        (GUEST.arn, GUEST, True),
        ("*", ANN, True),
        ("*", SESSION, True),
        (ROLE, SESSION, False),
        (ACCOUNT, ANN, False),
        (ROOT.arn, SESSION, False),
    ],
)
@pytest.mark.parametrize("limit", ["session", "boundary"])
def test_what_a_bucket_policy_gives_to_a_principal_itself_is_not_limited(
    principal, who, allowed, limit
):
    theirs = bucket({"Principal": {"AWS": principal}})
    elsewhere = policy({"Resource": "arn:aws:s3:::other/*"}, kind=limit)
    limits = {"session": [elsewhere]} if limit == "session" else {}
    boundary = [elsewhere] if limit == "boundary" else []
    verdict = ask(theirs, policy({}), *boundary, identity=who, **limits)
    assert verdict.allowed is allowed
    assert verdict.missing == (None if allowed else limit)


@pytest.mark.parametrize(
    ("principal", "who", "alone", "with_identity_policy"),
    [
        (ANN.arn, ANN, True, True),
        (ROLE, SESSION, True, True),
        (SESSION.arn, SESSION, True, True),
        ("*", ANN, True, True),
        (ACCOUNT, ANN, False, True),
        (ROOT.arn, ANN, False, True),
        (BOB.arn, ANN, False, False),
        (BOB.arn, ROOT, False, False),
    ],
)
def test_a_trust_policy(principal, who, alone, with_identity_policy):
    trust = policy({"Action": "sts:AssumeRole", "Principal": {"AWS": principal}}, kind="trust")
    question = {"action": "sts:AssumeRole", "resource": ROLE, "identity": who}
    assert ask(trust, **question).allowed is alone
    may = policy({"Action": "sts:AssumeRole", "Resource": ROLE})
    verdict = ask(trust, may, **question)
    assert verdict.allowed is with_identity_policy
    if not with_identity_policy:
        assert verdict.missing == "trust"
        assert verdict.reason == (
            f"Nothing allows sts:AssumeRole on {ROLE}: "
            f'the trust policy "the-trust" has no statement that matches {who.arn}.'
        )
    assert not ask(trust, may, **{**question, "action": "sts:TagSession"}).allowed


def test_a_trust_policy_can_deny():
    trust = policy(
        {"Action": "sts:AssumeRole", "Principal": "*"},
        {**NO, "Action": "sts:AssumeRole", "Principal": {"AWS": ANN.arn}},
        kind="trust",
    )
    question = {"action": "sts:AssumeRole", "resource": ROLE}
    assert ask(trust, **question).effect == "ExplicitDeny"
    assert ask(trust, identity=BOB, **question).allowed


# What is said about it.


def test_the_verdict_names_the_statement():
    theirs = bucket({"Sid": "NoOldUrls", "Effect": "Deny"})
    refused = ask(policy({}), theirs)
    assert refused.reason == (
        'Statement "NoOldUrls" of the bucket policy "the-resource" denies s3:GetObject.'
    )
    assert (refused.policy, refused.statement) == (theirs, theirs.statements[0])
    aged = bucket(
        {
            "Sid": "NoOldUrls",
            "Effect": "Deny",
            "Condition": {"NumericGreaterThan": {"s3:signatureAge": "300000"}},
        }
    )
    assert ask(policy({}), aged, context={"s3:signatureAge": "300001"}).reason == (
        'Statement "NoOldUrls" of the bucket policy "the-resource" denies s3:GetObject on the '
        "condition NumericGreaterThan s3:signatureAge 300000."
    )
    given = ask(policy({"Action": "s3:PutObject"}, {}))
    assert given.reason == (
        'Statement "2" of the identity policy "the-identity" allows s3:GetObject.'
    )


def test_a_refusal_says_why_nothing_matched():
    asked = {"action": "s3:PutObject", "resource": "arn:aws:s3:::b/k"}
    outside = "does not match (Action s3:PutObject is not in s3:GetObject)"
    assert ask(policy({}), bucket({"Effect": "Deny"}), **asked).reason == (
        "Nothing allows s3:PutObject on arn:aws:s3:::b/k: "
        f'statement "1" of the identity policy "the-identity" {outside}.'
    )
    many = ask(policy({}, {}, {}), bucket({}), **asked).reason
    assert many.count(outside) == 3
    assert many.endswith("; and 1 more.")
    assert ask(**asked).reason.endswith("no policy applies.")
    assert ask(policy({"Effect": "Deny"}), **asked).reason.endswith(
        "no statement that applies allows anything."
    )


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ({"Action": "s3:PutObject"}, "Action s3:GetObject is not in s3:PutObject"),
        (
            {"Action": ["s3:PutObject", "iam:*"]},
            "Action s3:GetObject is not in s3:PutObject, iam:*",
        ),
        ({"NotAction": "s3:*"}, "Action s3:GetObject is in NotAction s3:*"),
        ({"Resource": "arn:aws:s3:::b"}, f"Resource {KEY} is not in arn:aws:s3:::b"),
        ({"NotResource": "arn:aws:s3:::b/*"}, f"Resource {KEY} is in NotResource arn:aws:s3:::b/*"),
        (
            {"Resource": "arn:aws:s3:::b/${aws:username}"},
            f"Resource {KEY} is not in arn:aws:s3:::b/${{aws:username}}",
        ),
        (
            {"Resource": "arn:aws:s3:::b/${s3:prefix}"},
            "Variable ${s3:prefix}: the request has no such key",
        ),
        ({"Principal": {"AWS": BOB.arn}}, f"Principal {ANN} is not in {BOB.arn}"),
        (
            {"Condition": {"NumericGreaterThan": {"s3:signatureAge": "900000"}}},
            "Condition NumericGreaterThan s3:signatureAge 900000: the request has 1000",
        ),
        (
            {"Condition": {"StringEquals": {"s3:RequestObjectTagKeys": ["a", "b"]}}},
            "Condition StringEquals s3:RequestObjectTagKeys a, b: the request has x, y",
        ),
        (
            {"Condition": {"Bool": {"aws:SecureTransport": False}}},
            "Condition Bool aws:SecureTransport false: the request has no such key",
        ),
        (
            {"Condition": {"StringEquals": {"aws:username": "ann", "s3:prefix": "${gone}"}}},
            "Variable ${gone}: the request has no such key",
        ),
        # The first thing that did not match, in this order.
        (
            {"Action": "s3:PutObject", "Resource": "arn:aws:s3:::b"},
            "Action s3:GetObject is not in s3:PutObject",
        ),
    ],
)
def test_a_step_names_the_first_thing_that_did_not_match(statement, why):
    context = {
        "aws:username": "ann",
        "s3:signatureAge": "1000",
        "s3:RequestObjectTagKeys": ["x", "y"],
    }
    asked = bucket(statement) if "Principal" in statement else policy(statement)
    assert ask(asked, context=context).steps == (Step(asked.name, "1", False, why),)


def test_a_step_of_not_principal():
    verdict = ask(bucket({**NO, "NotPrincipal": {"AWS": [ANN.arn, ROOT.arn]}}))
    assert verdict.steps[0].why == f"Principal {ANN} is in NotPrincipal {ANN.arn}, {ROOT.arn}"


def test_steps_stand_in_the_order_of_the_looking_and_end_at_a_deny():
    verdict = ask(policy({"Action": "s3:PutObject"}, {}), bucket({**NO}, {}))
    assert [(s.policy, s.statement, s.matched) for s in verdict.steps] == [
        ("the-identity", "1", False),
        ("the-identity", "2", True),
        ("the-resource", "No", True),
    ]


def test_steps_are_of_the_moment_of_the_question():
    context = {"a": "1"}
    verdict = ask(policy({"Condition": {"StringEquals": {"a": "2"}}}), context=context)
    context["a"] = "3"
    assert verdict.steps[0].why == "Condition StringEquals a 2: the request has 1"


# Whatever the policies are.

statements = st.fixed_dictionaries(
    {
        "Effect": st.sampled_from(["Allow", "Deny"]),
        "Action": st.sampled_from(["s3:GetObject", "s3:PutObject", "s3:*", "s3:Get*"]),
        "Resource": st.sampled_from(["*", KEY, "arn:aws:s3:::b/*", "arn:aws:s3:::other/*"]),
    }
)
documents = st.lists(statements, min_size=1, max_size=5)
UNRELATED = [
    {"Action": "s3:PutObject"},
    {"Effect": "Deny", "Resource": "arn:aws:s3:::elsewhere/*"},
    {"Effect": "Deny", "Condition": {"StringEquals": {"aws:username": "nobody"}}},
    {"NotAction": "s3:*", "Effect": "Deny"},
]


@given(documents)
def test_against_a_naive_evaluator(given_statements):
    def matches(s):
        return fnmatch.fnmatchcase("s3:GetObject", s["Action"]) and fnmatch.fnmatchcase(
            KEY, s["Resource"]
        )

    effects = {s["Effect"] for s in given_statements if matches(s)}
    expected = "ExplicitDeny" if "Deny" in effects else "Allow" if effects else "ImplicitDeny"
    assert ask(policy(*given_statements)).effect == expected


@given(documents, documents, st.sampled_from(EVERYBODY), st.sampled_from(["identity", "resource"]))
def test_a_deny_that_matches_always_wins(mine, theirs, who, kind):
    mine_too = [*mine, NO] if kind == "identity" else mine
    theirs_too = [*theirs, NO] if kind == "resource" else theirs
    verdict = ask(policy(*mine_too), bucket(*theirs_too), identity=who)
    if who is not ANONYMOUS or kind == "resource":
        assert verdict.effect == "ExplicitDeny"


@given(
    documents,
    documents,
    st.sampled_from(EVERYBODY),
    st.sampled_from(UNRELATED),
    st.integers(0, 5),
)
def test_a_statement_about_something_else_changes_no_verdict(mine, theirs, who, other, place):
    before = ask(policy(*mine), bucket(*theirs), identity=who).effect
    more_mine = [*mine[:place], other, *mine[place:]]
    more_theirs = [*theirs[:place], other, *theirs[place:]]
    assert ask(policy(*more_mine), bucket(*theirs), identity=who).effect == before
    assert ask(policy(*mine), bucket(*more_theirs), identity=who).effect == before


@given(documents, documents)
def test_a_boundary_and_a_session_policy_only_ever_take_away(mine, limit):
    free = ask(policy(*mine)).allowed
    assert ask(policy(*mine), policy(*limit, kind="boundary")).allowed <= free
    assert ask(policy(*mine), session=[policy(*limit, kind="session")]).allowed <= free


@given(documents, documents)
def test_the_order_of_policies_changes_no_verdict(first, second):
    one, two = policy(*first), policy(*second)
    assert ask(one, two).effect == ask(two, one).effect == ask(policy(*first, *second)).effect
