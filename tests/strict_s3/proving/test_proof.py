"""What a proof says: requests, what S3 said, what decided, what is too much or not proved."""

from __future__ import annotations

import pytest

from tests.strict_s3.proving.conftest import SIGNER, wrong

HEAD = "bucket: shop\nidentities: {signer: {user: signer.json}, app: {role: signer.json}}\n"


def deny(**condition: object) -> dict[str, object]:
    statement = {
        "Sid": "Guard",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::shop/*",
        "Condition": condition,
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def test_the_statement_that_decided_is_named(prove):
    rows = "expect: {signer: {GET in/a: 200, GET out/a: 403}, app: {GET in/a: 403}}"
    guard = deny(StringLike={"aws:userid": "AROA*"})
    proof = prove(f"{HEAD}bucket-policy: guard.json\n{rows}", guard__json=guard)
    allowed, elsewhere, denied = proof
    assert proof.passed
    assert allowed.decided == "signer.json, statement Sign, allows s3:GetObject."
    assert elsewhere.decided.startswith("Nothing allows s3:GetObject on arn:aws:s3:::shop/out/a")
    assert denied.decided.startswith("guard.json, statement Guard, denies s3:GetObject")
    assert (denied.said, denied.identity, str(denied)) == (
        "403 AccessDenied",
        "app",
        "app: GET in/a",
    )


@pytest.mark.parametrize(
    ("row", "answer"),
    [
        ("PUT in/a", "200"),
        ("POST in/a", "204"),
        ("POST in/a, limit 1 KB, size 1 KB", "204"),
        ("POST in/a, limit 1 KB, size 1.001 KB", "400 EntityTooLarge"),
        ("POST in/a, type image/png", "204"),
        ("POST in/a, signed type image/*, type image/png", "204"),
        ("POST in/a, signed type image/png, type text/html", "403 AccessDenied"),
        ("PUT in/a, signed type image/png, type text/html", "403 SignatureDoesNotMatch"),
        ("GET in/a, expires 5 min, after 4 min", "200"),
        ("GET in/a, expires 5 min, after 6 min", "403 AccessDenied"),
        ("GET in/a, expires 8 d", "400 AuthorizationQueryParametersError"),
        ("POST in/a, expires 5 min, after 6 min", "403 AccessDenied"),
        ("GET in/a, by header, after 8 d", "200"),
        ("GET in/a, missing", "403 AccessDenied"),
        ('GET "in/a, b?c#d%41"', "200"),
        ("PUT in/../b", "200"),
        ("PUT in/a, header If-None-Match=*", "200"),
        ("PUT in/a, header x-amz-acl=public-read", "403 AccessDenied"),
        ("CreateMultipartUpload in/a", "200"),
        ("CompleteMultipartUpload in/a", "200"),
        ("ListParts in/a", "403 AccessDenied"),
        ("GetBucketPolicy", "403 AccessDenied"),
    ],
)
def test_each_sort_of_request_gets_the_answer_of_s3(prove, row, answer):
    (result,) = prove(f"{HEAD}expect:\n  signer:\n    {row}: {answer}")
    assert result.passed, result.report()
    assert result.said == answer


@pytest.mark.parametrize("bucket", ["127", "http", "test"])
def test_a_bucket_whose_name_is_part_of_the_address(prove, bucket):
    rows = "expect: {root: {GET a: 200, 'GET a, over http': 200, POST a: 204}}"
    assert wrong(prove(f"bucket: '{bucket}'\n{rows}")) == {}


def test_a_wrong_expectation_fails_and_says_what_s3_said(prove):
    proof = prove(f"{HEAD}expect: {{signer: {{GET in/a: 403, LIST in/: yes, PUT in/a: no}}}}")
    assert not proof.passed
    assert [each.said for each in proof] == ["200", "403 AccessDenied", "200"]
    first = proof.results[0].report()
    assert first == (
        "table.prove.yaml: signer: GET in/a: expected 403, and S3 said 200: signer.json, statement "
        "Sign, allows s3:GetObject."
    )


def test_every_key_that_a_star_stands_for_is_asked(prove):
    narrow = {
        **SIGNER,
        "Statement": [{**SIGNER["Statement"][0], "Resource": "arn:aws:s3:::shop/in/?.txt"}],
    }
    proof = prove(f"{HEAD}expect: {{signer: {{PUT in/*: 200}}}}", signer__json=narrow)
    assert "in/2026/11/b.txt" in proof.results[0].decided


def test_a_session_ends_and_has_a_time_of_issue(prove):
    table = (
        "bucket: shop\nnow: 2026-11-26T11:30:00Z\n"
        "identities:\n  old: {role: [signer.json, old.json], lasts: 2 h}\n"
        "  new: {role: [signer.json, old.json], issued: 31 min}\n"
        "expect:\n  old: {GET in/a: 403}\n"
        "  new: {GET in/a: 200, 'GET in/a, after 61 min': 400 ExpiredToken}\n"
    )
    ended = {"DateLessThan": {"aws:TokenIssueTime": "2026-11-26T12:00:00Z"}}
    statement = {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": ended}
    old = {"Version": "2012-10-17", "Statement": statement}
    assert wrong(prove(table, old__json=old)) == {}


@pytest.mark.parametrize(
    ("condition", "reason"),
    [
        ({"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}, "requests come from no VPC"),
        ({"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}, "in no organization"),
        ({"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, "from 127.0.0.1"),
        ({"StringNotEquals": {"s3:AccessPointTag/a": "b"}}, "no access points"),
    ],
)
def test_what_cant_be_proved_is_left_out_and_said(prove, condition, reason):
    table = f"{HEAD}bucket-policy: guard.json\nexpect: {{signer: {{GET in/a: 200}}}}"
    proof = prove(table, guard__json=deny(**condition))
    assert proof.passed
    (note,) = proof.notes
    assert note.startswith("guard.json, statement Guard: what it denies is not proved")
    assert reason in note


def test_tls_is_judged_by_the_scheme_and_this_is_said(prove):
    table = (
        f"{HEAD}bucket-policy: guard.json\nexpect: "
        "{signer: {GET in/a: 200, 'GET in/a, over http': 403, 'PUT in/a, over http': 200}}"
    )
    proof = prove(table, guard__json=deny(Bool={"aws:SecureTransport": "false"}))
    assert proof.passed, str(proof)
    assert "no TLS is negotiated" in proof.notes[0]


def more(action: str, resource: str, **others: object) -> dict[str, object]:
    statement = {"Sid": "More", "Effect": "Allow", "Action": action, "Resource": resource}
    return {**SIGNER, "Statement": [*SIGNER["Statement"], {**statement, **others}]}


@pytest.mark.parametrize(
    ("policy", "named"),
    [
        (more("s3:GetObjectVersion", "arn:aws:s3:::shop/in/*"), "s3:GetObjectVersion"),
        (more("s3:GetObject", "arn:aws:s3:::shop/in*"), "s3:GetObject"),
        (more("s3:PutObject", "arn:aws:s3:::*/in/*"), "shop-other/in/"),
        (more("iam:PassRole", "*"), "iam:"),
        (
            more("s3:*", "*", Condition={"StringEquals": {"aws:SourceVpce": "vpce-1"}}),
            "s3:",
        ),
    ],
)
def test_the_first_thing_too_much_is_found(prove, policy, named):
    rows = "expect: {signer: {PUT in/*: 200, GET in/*: 200, anything else: no}}"
    found = wrong(prove(HEAD + rows, signer__json=policy))
    assert set(found) == {"signer: anything else"}
    assert "signer.json, statement More, allows" in found["signer: anything else"]
    assert named in found["signer: anything else"]


def test_a_listing_of_one_prefix_grants_no_other(prove):
    rows = "expect: {signer: {PUT in/*: 200, GET in/*: 200, LIST in/: 200, anything else: no}}"
    for prefixes, refused in (([], False), (["in/*"], True), (["in/*", "out/*"], False)):
        condition = {"Condition": {"StringLike": {"s3:prefix": prefixes}}} if prefixes else {}
        policy = more("s3:ListBucket", "arn:aws:s3:::shop", **condition)
        found = wrong(prove(HEAD + rows, signer__json=policy))
        assert (found == {}) is refused, prefixes
        assert refused or "statement More, allows s3:ListBucket" in found["signer: anything else"]


def test_what_a_not_resource_or_a_boundary_spares_is_asked_about(prove):
    arn = "arn:aws:s3:::shop"
    spares = {"Effect": "Deny", "Action": "s3:*", "NotResource": [f"{arn}/in/*", f"{arn}/out/*"]}
    all_keys = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{arn}/*"}
    rows = "expect: {signer: {GET in/*: 200, anything else: no}}"
    denied = {"Version": "2012-10-17", "Statement": [all_keys, spares]}
    assert "shop/out/" in wrong(prove(HEAD + rows, signer__json=denied))["signer: anything else"]
    boundary = {"Effect": "Allow", "Action": "s3:*", "Resource": spares["NotResource"]}
    files = {
        "signer__json": {"Version": "2012-10-17", "Statement": all_keys},
        "bound__json": {"Version": "2012-10-17", "Statement": boundary},
    }
    head = "bucket: shop\nidentities: {signer: {user: signer.json, boundary: bound.json}}\n"
    assert "shop/out/" in wrong(prove(head + rows, **files))["signer: anything else"]


def test_what_another_service_may_be_asked_is_noted_and_no_excess(prove):
    rows = "expect: {signer: {PUT in/*: 200, GET in/*: 200, anything else: no}}"
    proof = prove(HEAD + rows, signer__json=more("logs:PutLogEvents", "*"))
    assert wrong(proof) == {}
    assert "actions of logs are not proved" in proof.notes[0]


def test_what_one_row_names_is_all_that_it_grants(prove):
    rows = "expect: {signer: {anything else: no, PUT in/a.txt: 200, GET in/*: 200}}"
    found = wrong(prove(HEAD + rows))
    assert "allows s3:PutObject" in found["signer: anything else"]


def test_strangers_get_nothing_of_a_policy_that_names_somebody(prove):
    named = deny()
    named["Statement"][0] |= {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
    }
    del named["Statement"][0]["Condition"]
    table = f"{HEAD}bucket-policy: guard.json\nexpect: {{anonymous: nothing}}"
    assert wrong(prove(table, guard__json=named)) == {}
    public = {**named, "Statement": [{**named["Statement"][0], "Principal": "*"}]}
    block = dict.fromkeys(("BlockPublicAcls", "BlockPublicPolicy"), False)
    table = f"public-access-block: block.json\n{table}"
    found = wrong(prove(table, guard__json=public, block__json=block))
    assert "guard.json, statement Guard, allows s3:GetObject" in found["anonymous: anything else"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("s3:PutObject", "s3:PutObjekt", "S3 has no such action"),
        ("s3:GetObject", "s3:Get", "S3 has no such action"),
    ],
)
def test_a_misspelt_action_that_iam_accepts_fails(prove, old, new, said):
    import json

    policy = json.dumps(SIGNER).replace(f'"{old}"', f'"{new}"')
    proof = prove(f"{HEAD}expect: {{root: {{GET a: 200}}}}", signer__json=policy)
    assert said in wrong(proof)["signer.json, statement Sign: spelling"]


@pytest.mark.parametrize("action", ["s3:CreateAccessPoint", "s3:DescribeJob", "s3:Get*", "s3:*"])
def test_actions_of_other_parts_of_s3_are_not_misspelt(prove, action):
    proof = prove(f"{HEAD}expect: {{root: {{GET a: 200}}}}", signer__json=more(action, "*"))
    assert proof.passed, str(proof)


def test_policies_can_name_the_tables_own_identities(prove):
    named = deny()
    named["Statement"][0]["Principal"] = {"AWS": "arn:aws:iam::123456789012:role/app"}
    del named["Statement"][0]["Condition"]
    trust = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"AWS": "arn:aws:iam::123456789012:user/signer"},
    }
    table = (
        "bucket: shop\nbucket-policy: guard.json\n"
        "identities: {app: {role: signer.json, trust: trust.json}, signer: {user: signer.json}}\n"
        "expect: {app: {GET in/a: 403, ASSUME app: 403}, signer: {GET in/a: 200, ASSUME app: 200}}"
    )
    files = {"guard__json": named, "trust__json": {"Version": "2012-10-17", "Statement": trust}}
    assert wrong(prove(table, **files)) == {}


def test_a_policy_by_tags(prove):
    table = (
        "bucket: shop\nidentities:\n  ann: {user: signer.json, tags: {team: red}}\n"
        "  app: {role: signer.json, tags: {team: blue}}\n  bob: {user: signer.json}\nexpect:\n"
        "  ann: {PUT red/*: 200, GET red/*: 200, GET blue/a: 403, anything else: no}\n"
        "  app: {PUT blue/*: 200, GET blue/*: 200, GET red/a: 403, anything else: no}\n"
        "  bob: nothing\n"
    )
    own = "arn:aws:s3:::shop/${aws:PrincipalTag/team}/*"
    by_team = {**SIGNER, "Statement": [{**SIGNER["Statement"][0], "Resource": own}]}
    assert wrong(prove(table, signer__json=by_team)) == {}
    found = wrong(prove(table.replace("PUT red/*: 200, ", ""), signer__json=by_team))
    assert "allows s3:PutObject" in found["ann: anything else"]


@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE", "HEAD"])
def test_a_header_is_exposed_to_whatever_the_rule_allows(prove, method):
    rule = {"AllowedOrigins": ["https://a.example"], "AllowedMethods": [method]}
    rows = "expect: {'origin https://a.example': {exposes ETag: yes, exposes Date: no}}"
    cors = [{**rule, "ExposeHeaders": ["ETag"]}]
    assert wrong(prove(f"bucket: shop\ncors: cors.json\n{rows}", cors__json=cors)) == {}


def test_a_public_policy_that_block_public_access_keeps_back(prove):
    public = deny()
    public["Statement"][0]["Effect"] = "Allow"
    del public["Statement"][0]["Condition"]
    table = f"{HEAD}bucket-policy: guard.json\npublic-access-block: block.json\n"
    block = {"BlockPublicPolicy": False, "RestrictPublicBuckets": True}
    files = {"guard__json": public, "block__json": block}
    assert wrong(prove(f"{table}expect: {{anonymous: nothing}}", **files)) == {}


def test_a_boundary_limits_a_user(prove):
    table = (
        "bucket: shop\nidentities: {a: {user: signer.json, boundary: edge.json}}\n"
        "expect: {a: {GET in/*: 200, PUT in/a: 403, anything else: no}}"
    )
    edge = {**SIGNER, "Statement": [{**SIGNER["Statement"][0], "Action": "s3:GetObject"}]}
    assert wrong(prove(table, edge__json=edge)) == {}


def test_no_secret_is_in_a_report(prove):
    proof = prove(f"{HEAD}expect: {{app: {{'GET in/a, after 61 min': 200, PUT in/a: 403}}}}")
    text = f"{proof}{proof.as_dict()}"
    assert "AKIA" not in text and "ASIA" not in text and "X-Amz-Signature" not in text
