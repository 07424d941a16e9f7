"""CORS and lifecycle rules as CloudFormation names them, in S3's own names.

Sources: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-s3-bucket-corsrule.html
and …/aws-properties-s3-bucket-rule.html beside it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..errors import ProveError
from .reading import check_keys, mapping, shown
from .world import Document

_CORS = {
    "AllowedHeaders": "AllowedHeaders",
    "AllowedMethods": "AllowedMethods",
    "AllowedOrigins": "AllowedOrigins",
    "ExposedHeaders": "ExposeHeaders",
    "Id": "ID",
    "MaxAge": "MaxAgeSeconds",
}
_DAYS = ("TransitionInDays", "NoncurrentDays", "NewerNoncurrentVersions", "DaysAfterInitiation")
_RULE = (
    *("Id", "Status", "Prefix", "TagFilters", "ObjectSizeGreaterThan", "ObjectSizeLessThan"),
    *("ExpirationInDays", "ExpirationDate", "ExpiredObjectDeleteMarker"),
    *("NoncurrentVersionExpiration", "NoncurrentVersionExpirationInDays"),
    *("AbortIncompleteMultipartUpload", "Transitions", "NoncurrentVersionTransitions"),
)


def bucket_attributes(bucket: str, region: str) -> dict[str, str]:
    """What Ref ("") and GetAtt give of a bucket."""
    return {
        "": bucket,
        "Arn": f"arn:aws:s3:::{bucket}",
        "DomainName": f"{bucket}.s3.amazonaws.com",
        "RegionalDomainName": f"{bucket}.s3.{region}.amazonaws.com",
    }


def cors_document(value: Mapping[str, Any], name: str) -> Document:
    """A CorsConfiguration as PutBucketCors takes it. Raises `ProveError`."""
    check_keys(value, ("CorsRules",), name)
    rules = []
    for rule in _list(value.get("CorsRules"), name):
        given = mapping(rule, name)
        check_keys(given, _CORS, name)
        found = {_CORS[key]: each for key, each in given.items()}
        if "MaxAgeSeconds" in found:
            found["MaxAgeSeconds"] = whole(found["MaxAgeSeconds"], name)
        rules.append(found)
    return Document(name, json.dumps({"CORSRules": rules}))


def access_document(value: Mapping[str, Any], name: str) -> Document:
    """A PublicAccessBlockConfiguration, whose values a template can also write as text."""
    return Document(name, json.dumps({key: truth(each, name) for key, each in value.items()}))


def lifecycle_document(value: Mapping[str, Any], name: str) -> Document:
    """A LifecycleConfiguration as PutBucketLifecycleConfiguration takes it."""
    rules = [_rule(mapping(each, name), name) for each in _list(value.get("Rules"), name)]
    return Document(name, json.dumps({"Rules": rules}))


def _rule(given: dict[str, Any], name: str) -> dict[str, Any]:
    check_keys(given, _RULE, name)
    rule: dict[str, Any] = {"Status": given.get("Status"), "Filter": _filter(given, name)}
    if "Id" in given:
        rule["ID"] = given["Id"]
    expiration: dict[str, Any] = {}
    if "ExpirationInDays" in given:
        expiration["Days"] = whole(given["ExpirationInDays"], name)
    if "ExpirationDate" in given:
        expiration["Date"] = given["ExpirationDate"]
    if "ExpiredObjectDeleteMarker" in given:
        expiration["ExpiredObjectDeleteMarker"] = truth(given["ExpiredObjectDeleteMarker"], name)
    if expiration:
        rule["Expiration"] = expiration
    if "NoncurrentVersionExpirationInDays" in given:
        days = whole(given["NoncurrentVersionExpirationInDays"], name)
        rule["NoncurrentVersionExpiration"] = {"NoncurrentDays": days}
    for key in ("NoncurrentVersionExpiration", "AbortIncompleteMultipartUpload"):
        if key in given:
            rule[key] = _numbers(given[key], name)
    if "Transitions" in given:
        rule["Transitions"] = [
            _renamed(each, name, "Days", "Date") for each in _list(given["Transitions"], name)
        ]
    if "NoncurrentVersionTransitions" in given:
        rule["NoncurrentVersionTransitions"] = [
            _renamed(each, name, "NoncurrentDays", "")
            for each in _list(given["NoncurrentVersionTransitions"], name)
        ]
    return rule


def _renamed(value: Any, name: str, days: str, date: str) -> dict[str, Any]:
    names = {"TransitionInDays": days, "TransitionDate": date or "TransitionDate"}
    return {names.get(key, key): each for key, each in _numbers(value, name).items()}


def _filter(given: Mapping[str, Any], name: str) -> dict[str, Any]:
    tests: dict[str, Any] = {}
    if "Prefix" in given:
        tests["Prefix"] = given["Prefix"]
    for key in ("ObjectSizeGreaterThan", "ObjectSizeLessThan"):
        if key in given:
            tests[key] = whole(given[key], name)
    tags = [mapping(each, name) for each in _list(given.get("TagFilters", []), name)]
    return filter_of(tests, tags)


def filter_of(tests: dict[str, Any], tags: list[dict[str, Any]]) -> dict[str, Any]:
    """A rule's Filter: S3 takes one test as it is, and several under And."""
    if len(tests) + len(tags) > 1:
        return {"And": {**tests, **({"Tags": tags} if tags else {})}}
    return tests or ({"Tag": tags[0]} if tags else {})


def _numbers(value: Any, name: str) -> dict[str, Any]:
    given = mapping(value, name)
    return {key: whole(each, name) if key in _DAYS else each for key, each in given.items()}


def whole(value: Any, name: str) -> int:
    """A whole number, which a template can also write as text."""
    try:
        if isinstance(value, bool):
            raise ValueError
        return int(str(value))
    except ValueError:
        raise ProveError(f"{name}: {shown(value)} is not a whole number.") from None


def truth(value: Any, name: str) -> bool:
    """True or false, which a template can also write as text."""
    if str(value).lower() not in ("true", "false"):
        raise ProveError(f"{name}: {shown(value)} is neither true nor false.")
    return str(value).lower() == "true"


def _list(value: Any, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise ProveError(f"{name}: {shown(value)} must be a list.")
    return value
