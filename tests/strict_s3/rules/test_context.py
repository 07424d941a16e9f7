"""The condition keys that every request has."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from strict_s3.rules.authentication import Authentication
from strict_s3.rules.context import Facts, request_context
from strict_s3.rules.identity import ANONYMOUS, Identity, Session
from strict_s3.rules.request import Request

ACCOUNT = "123456789012"
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
SESSION = Session(datetime(2026, 11, 26, 11, tzinfo=UTC), source_identity="ann")
ROLE = f"arn:aws:iam::{ACCOUNT}:role/r"
ALWAYS = {
    "aws:currenttime": "2026-11-26T12:00:00Z",
    "aws:epochtime": "1795694400",
    "aws:principalisawsservice": "false",
    "aws:requestedregion": "eu-west-2",
    "aws:resourceaccount": ACCOUNT,
    "aws:securetransport": "false",
    "aws:sourceip": "127.0.0.1",
    "aws:viaawsservice": "false",
    "s3:resourceaccount": ACCOUNT,
}


@pytest.mark.parametrize(
    ("identity", "keys"),
    [
        (ANONYMOUS, {"aws:principaltype": "Anonymous", "aws:userid": "anonymous"}),
        (
            Identity("root", ACCOUNT, "arn:root", "", ACCOUNT),
            {
                "aws:principaltype": "Account",
                "aws:principalarn": "arn:root",
                "aws:principalaccount": ACCOUNT,
                "aws:userid": ACCOUNT,
            },
        ),
        (
            Identity("user", ACCOUNT, "arn:ann", "ann", "AIDA"),
            {
                "aws:principaltype": "User",
                "aws:principalarn": "arn:ann",
                "aws:principalaccount": ACCOUNT,
                "aws:userid": "AIDA",
                "aws:username": "ann",
            },
        ),
        (
            Identity("assumed-role", ACCOUNT, "arn:session", "", "AROA:s", ROLE, SESSION),
            {
                "aws:principaltype": "AssumedRole",
                "aws:principalarn": ROLE,
                "aws:principalaccount": ACCOUNT,
                "aws:userid": "AROA:s",
                "aws:multifactorauthpresent": "false",
                "aws:sourceidentity": "ann",
                "aws:tokenissuetime": "2026-11-26T11:00:00Z",
            },
        ),
    ],
)
def test_the_keys_of_a_principal(identity, keys):
    facts = Facts(NOW, "eu-west-2", ACCOUNT)
    request = Request.build("GET", "/b/k", [("Host", "h")])
    assert request_context(request, Authentication(identity), facts) == ALWAYS | keys


def test_tags():
    facts = Facts(
        NOW, "eu-west-2", ACCOUNT, "s3:GetObject", "GetObject", {"Class": "a"}, {"Team": "red"}
    )
    found = request_context(Request.build("GET", "/b/k"), Authentication(), facts)
    assert found["s3:existingobjecttag/Class"] == "a"
    assert found["aws:principaltag/team"] == "red"
