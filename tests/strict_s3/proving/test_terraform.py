"""Terraform's JSON as a world: a plan, a state and configuration."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from strict_s3 import ProveError
from tests.strict_s3.proving.conftest import SIGNER, wrong

ROWS = """
expect:
  signer: {PUT in/a: 200, GET in/*, after 11 min: 403, GET out/a: 403}
  origin https://a.example: {PUT in/a: yes, DELETE in/a: no}
""".replace("GET in/*, after 11 min: 403", "'GET in/*, after 11 min': 403")
OLD = {
    "Sid": "Old",
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": "arn:aws:s3:::shop/*",
    "Condition": {"NumericGreaterThan": {"s3:signatureAge": "600000"}},
}
GUARD = {"Version": "2012-10-17", "Statement": [OLD]}
TRUST = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"Service": "lambda.amazonaws.com"},
    },
}
CORS = {
    "allowed_origins": ["https://a.example"],
    "allowed_methods": ["PUT"],
    "allowed_headers": None,
}


def resource(kind: str, name: str, /, **values: Any) -> dict[str, Any]:
    address = f"{kind}.{name}"
    return {"address": address, "mode": "managed", "type": kind, "name": name, "values": values}


def applied() -> list[dict[str, Any]]:
    """The resources of a state."""
    return [
        resource("aws_s3_bucket", "files", bucket="shop", id="shop", arn="arn:aws:s3:::shop"),
        resource("aws_s3_bucket_policy", "files", bucket="shop", policy=json.dumps(GUARD)),
        resource("aws_s3_bucket_cors_configuration", "files", bucket="shop", cors_rule=[CORS]),
        resource(
            "aws_iam_role",
            "signer",
            name="s",
            tags={"team": "in"},
            assume_role_policy=json.dumps(TRUST),
        ),
        resource("aws_iam_role_policy", "signer", role="s", policy=json.dumps(SIGNER)),
        resource("aws_sqs_queue", "q", name="q"),
    ]


def test_a_state(prove):
    state = {"format_version": "1.0", "values": {"root_module": {"resources": applied()}}}
    proof = prove("terraform: t.json" + ROWS, t__json=state)
    assert wrong(proof) == {}
    assert any("not made here: aws_sqs_queue.q" in note for note in proof.notes)


def test_a_state_with_modules(prove):
    root = {"resources": [], "child_modules": [{"address": "module.a", "resources": applied()}]}
    assert wrong(prove("terraform: t.json" + ROWS, t__json={"values": {"root_module": root}})) == {}


def test_a_plan_says_what_is_known_only_after_apply(prove):
    resources = applied()
    for each in resources[1:3]:
        each["values"].pop("bucket")
    resources[1]["values"].pop("policy")
    resources[4]["values"].pop("role")
    refers = {"references": ["aws_s3_bucket.files.id", "aws_s3_bucket.files"]}
    role = {"references": ["aws_iam_role.signer.id", "aws_iam_role.signer"]}
    both = {"bucket": refers, "policy": refers}
    configuration = [
        {"type": kind, "name": name, "expressions": expressions}
        for kind, name, expressions in (
            ("aws_s3_bucket_policy", "files", both),
            ("aws_s3_bucket_cors_configuration", "files", {"bucket": refers}),
            ("aws_iam_role_policy", "signer", {"role": role}),
        )
    ]
    plan = {
        "planned_values": {"root_module": {"resources": resources}},
        "configuration": {"root_module": {"resources": configuration}},
    }
    proof = prove("terraform: t.json" + ROWS, t__json=plan)
    found = wrong(proof)  # whatever the unknown policy of the bucket allows or denies
    assert set(found) == {"signer: PUT in/a", "signer: GET in/*, after 11 min", "signer: GET out/a"}
    assert all(said.startswith("can't tell") for said in found.values())
    assert any("aws_s3_bucket_policy.files.policy is known only after" in n for n in proof.notes)


def configuration() -> dict[str, Any]:
    return {
        "variable": {"bucket": {"type": "string"}, "origin": {"default": "https://a.example"}},
        "locals": {"arn": "${aws_s3_bucket.files.arn}"},
        "data": {
            "aws_iam_policy_document": {
                "guard": {
                    "statement": [
                        {
                            "sid": "Old",
                            "effect": "Deny",
                            "actions": ["s3:*"],
                            "resources": ["${local.arn}/*"],
                            "principals": [{"type": "*", "identifiers": ["*"]}],
                            "condition": [
                                {
                                    "test": "NumericGreaterThan",
                                    "variable": "s3:signatureAge",
                                    "values": ["600000"],
                                }
                            ],
                        }
                    ]
                }
            }
        },
        "resource": {
            "aws_s3_bucket": {"files": {"bucket": "${var.bucket}"}},
            "aws_s3_bucket_policy": {
                "files": {
                    "bucket": "${aws_s3_bucket.files.id}",
                    "policy": "${data.aws_iam_policy_document.guard.json}",
                }
            },
            "aws_s3_bucket_cors_configuration": {
                "files": {
                    "bucket": "${aws_s3_bucket.files.bucket}",
                    "cors_rule": {**CORS, "allowed_origins": ["${var.origin}"]},
                }
            },
            "aws_iam_user": {"signer": {"name": "s"}},
            "aws_iam_policy": {
                "signer": {
                    "name": "p",
                    "policy": '${replace(file("${path.module}/signer.json"), "shop", var.bucket)}',
                }
            },
            "aws_iam_user_policy_attachment": {
                "signer": {
                    "user": "${aws_iam_user.signer.name}",
                    "policy_arn": "${aws_iam_policy.signer.arn}",
                }
            },
        },
    }


def test_configuration(prove):
    head = "terraform: t.tf.json\nvariables: {bucket: shop-2}"
    assert wrong(prove(head + ROWS, **{"t__tf.json": configuration()})) == {}


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ('${templatefile("a", {})}', "cannot be read here"),
        ("${jsonencode(local.arn)}", r"jsonencode\(…\) is not carried out here"),
        ("${data.aws_iam_policy_document.none.json}", "is not known offline"),
        ("${var.secret}", "variable secret has no value"),
        ("${aws_sqs_queue.q.arn}", r"aws_sqs_queue.q.arn is not in this file"),
        ("${aws_s3_bucket.files.website}", "is known only after"),
        ("%{ if true }x%{ endif }", "cannot be read here"),
        ("${" * 40, "cannot be read here"),
    ],
)
def test_what_cant_be_known_is_said(prove, expression, said):
    value = configuration()
    value["resource"]["aws_s3_bucket_policy"]["files"]["policy"] = expression
    rows = "\nexpect: {signer: {PUT in/a: 200}}"
    head = "terraform: t.tf.json\nvariables: {bucket: shop-2}"
    proof = prove(head + rows, **{"t__tf.json": value})
    assert re.search(f"aws_s3_bucket_policy.files: is not proved: .*{said}", proof.notes[0])


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"count": 1}, ""),
        ({"count": "${var.made}"}, ""),
        ({"count": 2}, r"has count \(2\)"),
        ({"count": "${var.made > 0 ? 1 : 0}"}, r"has count \("),
        ({"for_each": "${var.all}"}, "has for_each, which is not carried out here"),
    ],
)
def test_how_often_a_resource_is_made(prove, more, said):
    value = configuration()
    value["variable"]["made"] = {"default": 0}
    value["resource"]["aws_s3_bucket_policy"]["files"] |= more
    table = "terraform: t.tf.json\nvariables: {bucket: shop-2}\nexpect: "
    rows = table + "{signer: {'GET in/a, after 11 min': 403}}"
    if said:
        with pytest.raises(ProveError, match=said):
            prove(rows, **{"t__tf.json": value})
        return
    # The guard that refuses old URLs is there, or it isn't.
    assert bool(wrong(prove(rows, **{"t__tf.json": value}))) is (more["count"] != 1)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({}, "is not Terraform's JSON"),
        ([], "must be a mapping"),
        ({"values": {"root_module": {"resources": []}}}, "makes 0 buckets"),
        ({"values": {"root_module": {"resources": 5}}}, "has not the form|must be a mapping"),
        ({"resource": {"aws_s3_bucket": {"a": 5}}}, "aws_s3_bucket.a is 5; it is an object"),
        ({"resource": 5}, "resource is 5; it must be an object"),
        (
            {
                "resource": {"aws_s3_bucket": {"a": {"bucket": "${local.a}"}}},
                "locals": {"a": "${local.a}"},
            },
            "local.a depends on itself",
        ),
        (
            {
                "values": {
                    "root_module": {
                        "resources": [
                            resource("aws_s3_bucket", "a", bucket="shop"),
                            resource("aws_s3_bucket_policy", "a", bucket="shop", policy="{x"),
                        ]
                    }
                }
            },
            "is not JSON",
        ),
    ],
)
def test_what_is_wrong_with_a_file(prove, value, said):
    with pytest.raises(ProveError) as problem:
        prove("terraform: t.json\nexpect: {root: {GET a: 200}}", t__json=value)
    assert re.search(said, str(problem.value)), str(problem.value)
