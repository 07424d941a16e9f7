"""Let a page in at a bucket: the one CORS rule that it needs, added and taken away again.

Other rules of the bucket stay as they are. Source: "Using cross-origin resource sharing (CORS)"
in the Amazon S3 user guide.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from helpers.clean_up import SETTINGS
from strict_s3.explainer.cors_read import read_configuration


def page_rule(
    name: str, origins: Iterable[str], methods: Iterable[str], headers: Iterable[str]
) -> dict[str, Any]:
    """A CORS rule for pages of `origins`. `name` becomes its ID, by which it is found again.

    Without MaxAgeSeconds a browser asks again after a few seconds: in a lesson, the preflight is
    there to be seen. ETag is named, because a page may not read it otherwise.
    """
    return {
        "ID": name,
        "AllowedOrigins": list(origins),
        "AllowedMethods": list(methods),
        "AllowedHeaders": list(headers),
        "ExposeHeaders": ["ETag"],
    }


def rules_of(s3: Any, bucket: str) -> list[dict[str, Any]]:
    """The bucket's CORS rules; an empty list if it has none."""
    return SETTINGS["cors"].read(s3, bucket) or []


def lets_in(rules: Iterable[dict[str, Any]], needed: dict[str, Any]) -> bool:
    """Do the rules allow already all that the rule `needed` does?"""
    present = read_configuration(list(rules) or None)
    return all(
        any(not rule.mismatch(origin, method, needed["AllowedHeaders"]) for rule in present)
        for origin in needed["AllowedOrigins"]
        for method in needed["AllowedMethods"]
    )


def add_rule(s3: Any, bucket: str, rule: dict[str, Any]) -> None:
    """Put the rule before the others, in place of one with the same ID."""
    write_rules(s3, bucket, [rule, *_without(rules_of(s3, bucket), rule["ID"])])


def remove_rule(s3: Any, bucket: str, name: str) -> None:
    """Take the rule with that ID away. Nothing happens if there is none."""
    rules = rules_of(s3, bucket)
    kept = _without(rules, name)
    if len(kept) < len(rules):
        write_rules(s3, bucket, kept)


def as_text(rule: dict[str, Any]) -> str:
    """The rule as the console takes it: JSON."""
    return json.dumps([rule], indent=2)


def _without(rules: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    return [rule for rule in rules if rule.get("ID") != name]


def write_rules(s3: Any, bucket: str, rules: list[dict[str, Any]]) -> None:
    """These rules in place of the bucket's; none takes the configuration away."""
    SETTINGS["cors"].write(s3, bucket, rules or None)
