"""POST policies against a second evaluator, written here and naive."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strict_s3.rules import sigv4
from strict_s3.rules.authentication import Endpoint, Verifier
from strict_s3.rules.decision import Decision
from strict_s3.rules.errors import (
    AccessDenied,
    EntityTooLarge,
    EntityTooSmall,
    InvalidArgument,
    S3Error,
)
from strict_s3.rules.post_policy import authenticate, check, parse_post_policy, with_filename
from strict_s3.rules.sigv4 import Scope
from tests.strict_s3.rules.signing import ACCESS_KEY, KEYS, REGION, SECRET_KEY, USER

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def encoded(*conditions, expiration="2026-01-01T00:00:00.000Z") -> str:
    document = {"expiration": expiration, "conditions": list(conditions)}
    return base64.b64encode(json.dumps(document).encode()).decode()


def obeys(conditions, fields, size=5) -> bool:
    try:
        policy = parse_post_policy(encoded(*conditions))
        check(policy, fields, "b", Decision("POST", "/b"), NOW)
        policy.check_length(size, whole=True)
    except (AccessDenied, EntityTooLarge, EntityTooSmall):
        return False
    return True


def naive(conditions, fields, size) -> bool:
    """What the documentation says, sentence by sentence."""
    covered = set()
    for condition in conditions:
        if isinstance(condition, dict):
            ((name, wanted),) = condition.items()
            operator = "eq"
        elif condition[0] == "content-length-range":
            if size < condition[1] or size > condition[2]:
                return False
            continue
        else:
            operator, name, wanted = condition
            name = name.replace("$", "")
        name = name.lower()
        covered.add(name)
        have = "b" if name == "bucket" else fields.get(name)
        if have is None or (operator == "eq" and have != wanted):
            return False
        if operator == "starts-with":
            values = have.split(",") if name == "content-type" else [have]
            for value in values:
                if value.strip()[: len(wanted)] != wanted and value[: len(wanted)] != wanted:
                    return False
    for name in (*fields, "bucket"):
        if name in covered or name in ("file", "policy", "x-amz-signature"):
            continue
        if not name.startswith("x-ignore-"):
            return False
    return True


names = st.sampled_from(["key", "acl", "content-type", "x-amz-meta-a", "x-ignore-b", "policy"])
values = st.sampled_from(["", "a", "ab", "a/b", "image/png", "image/png,image/gif", "text/html"])
conditions = st.one_of(
    st.builds(lambda n, v: {n: v}, names, values),
    st.builds(
        lambda o, n, v: [o, f"${n}", v], st.sampled_from(["eq", "starts-with"]), names, values
    ),
    st.builds(lambda v: {"bucket": v}, st.sampled_from(["b", "c"])),
    st.builds(
        lambda a, b: ["content-length-range", min(a, b), max(a, b)],
        st.integers(0, 10),
        st.integers(0, 10),
    ),
)


@given(
    st.lists(conditions, max_size=6), st.dictionaries(names, values, max_size=5), st.integers(0, 10)
)
def test_against_a_naive_evaluator(given_conditions, fields, size):
    assert obeys(given_conditions, fields, size) is naive(given_conditions, fields, size)


@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_any_bytes_are_a_policy_or_one_error(data):
    for text in (data.decode("latin-1"), base64.b64encode(data).decode()):
        try:
            parse_post_policy(text)
        except S3Error as error:
            assert (error.status, error.code) == (400, "InvalidPolicyDocument")


def test_expiration_to_the_second():
    policy = parse_post_policy(encoded({"bucket": "b"}))
    check(policy, {}, "b", Decision("POST", "/b"), NOW)
    with pytest.raises(AccessDenied, match=r"Policy expired\."):
        check(policy, {}, "b", Decision("POST", "/b"), NOW.replace(second=1))


@pytest.mark.parametrize(
    ("name", "last"),
    [("a.txt", "a.txt"), ("a/b.txt", "b.txt"), ("C:\\a\\b.txt", "b.txt"), ("a/", ""), ("", "")],
)
def test_filename(name, last):
    assert with_filename("up/${filename}", name) == f"up/{last}"
    assert with_filename("none", name) == "none"


def signed_form(day: datetime, date: datetime) -> dict[str, str]:
    """Fields that are right, but for the day of the scope, if that is not the date's."""
    scope, policy = Scope(f"{day:%Y%m%d}", REGION), encoded()
    return {
        "policy": policy,
        "x-amz-algorithm": sigv4.ALGORITHM,
        "x-amz-credential": f"{ACCESS_KEY}/{scope}",
        "x-amz-date": sigv4.amz_date(date),
        "x-amz-signature": sigv4.signature(sigv4.signing_key(SECRET_KEY, scope), policy),
    }


def test_the_day_of_the_scope_is_the_day_of_the_date():
    def who(fields: dict[str, str]):
        verifier = Verifier(Endpoint(REGION), KEYS.get, NOW)
        return authenticate(fields, Decision("POST", "/b"), verifier)

    assert who(signed_form(NOW, NOW.replace(hour=23))).identity == USER
    for day in (NOW - timedelta(days=1), NOW + timedelta(days=1)):
        with pytest.raises(InvalidArgument) as caught:
            who(signed_form(day, NOW))
        assert f'Invalid credential date "{day:%Y%m%d}"' in caught.value.message
        assert caught.value.status == 400
