"""The lifecycle rule that cleans up after everybody: it aborts uploads that nobody finishes.

The page's server aborts what was left while it runs. A crash, a lost store, or a server that has
stopped leave parts that cost money until such a rule ends them. Source: "Configuring a bucket
lifecycle configuration to delete incomplete multipart uploads" in the Amazon S3 user guide.
"""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

DAYS = 1  # S3 adds them and rounds up to the next midnight UTC
_SIZES = "TransitionDefaultMinimumObjectSize"  # part of the configuration, and kept as it is


def abort_rule(prefix: str) -> dict[str, Any]:
    """A rule for the uploads under `prefix`."""
    return {
        "ID": f"abort-unfinished-uploads-{prefix.rstrip('/')}",
        "Status": "Enabled",
        "Filter": {"Prefix": prefix},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": DAYS},
    }


def is_covered(s3: Any, bucket: str, prefix: str) -> bool:
    """Does a rule of the bucket abort what nobody finishes under `prefix`?"""
    return any(
        rule["Status"] == "Enabled"
        and "AbortIncompleteMultipartUpload" in rule
        and prefix.startswith(rule.get("Filter", {}).get("Prefix", rule.get("Prefix", "")))
        for rule in _configuration(s3, bucket)["Rules"]
    )


def add_rule(s3: Any, bucket: str, prefix: str) -> None:
    """Add the rule, beside all others, unless one does the same already."""
    if is_covered(s3, bucket, prefix):
        return
    found = _configuration(s3, bucket)
    more = {_SIZES: found[_SIZES]} if _SIZES in found else {}
    s3.put_bucket_lifecycle_configuration(
        Bucket=bucket,
        LifecycleConfiguration={"Rules": [*found["Rules"], abort_rule(prefix)]},
        **more,
    )


def _configuration(s3: Any, bucket: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = s3.get_bucket_lifecycle_configuration(Bucket=bucket)
    except ClientError as problem:
        if problem.response["Error"]["Code"] != "NoSuchLifecycleConfiguration":
            raise
        return {"Rules": []}
    return found
