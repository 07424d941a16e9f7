"""What SAM makes for a function: its role's trust policy, and its policies for a bucket.

Source: https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-policy-template-list.html.
None of SAM's other policy templates has an action of S3, IAM or STS.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

LAMBDA_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}
_READ = (
    *("GetObject", "GetObjectVersion", "ListBucket", "GetBucketLocation"),
    "GetLifecycleConfiguration",
)
_WRITE = ("PutObject", "PutObjectAcl", "PutLifecycleConfiguration")
_TAGS = tuple(f"{verb}Object{kind}Tagging" for verb in ("Get", "Put", "Delete")
              for kind in ("", "Version"))  # fmt: skip
POLICIES = {
    "S3ReadPolicy": _READ,
    "S3WritePolicy": _WRITE,
    "S3CrudPolicy": (*_READ, *_WRITE, "DeleteObject"),
    "S3FullAccessPolicy": (*_READ, *_WRITE, "DeleteObject", "GetObjectAcl", *_TAGS),
}
ARNS = ("arn:aws:s3:::${Bucket}", "arn:aws:s3:::${Bucket}/*")
_KNOWN_TRANSFORMS = ("AWS::Serverless-2016-10-31", "AWS::LanguageExtensions")


def statement(name: str, resources: list[Any]) -> dict[str, Any]:
    """The statement of one of the `POLICIES`."""
    actions = [f"s3:{action}" for action in POLICIES[name]]
    return {"Sid": name, "Effect": "Allow", "Action": actions, "Resource": resources}


def unknown_macros(template: Mapping[str, Any]) -> list[str]:
    """Macros of the template that can write anything into it: where each is used."""
    used = template.get("Transform") or []
    names = [str(each) for each in (used if isinstance(used, list) else [used])]
    macros = [f"Transform {name}" for name in names if name not in _KNOWN_TRANSFORMS]
    for logical, resource in template["Resources"].items():
        if "Fn::Transform" in resource or "Fn::Transform" in (resource.get("Properties") or {}):
            macros.append(f"{logical}, Fn::Transform")
    return macros


def connects_bucket(resources: Mapping[str, Any], logical: str) -> bool:
    """Can this connector, or a resource's own Connectors, let somebody use a bucket?"""
    buckets = [name for name, each in resources.items() if each["Type"] == "AWS::S3::Bucket"]
    text = json.dumps([logical, resources[logical]])
    return any(f'"{name}"' in text for name in ("AWS::S3::Bucket", *buckets))
