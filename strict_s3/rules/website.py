"""Website configurations: which ones S3 takes.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketWebsite.html; the messages are
those recorded on AWS, or quoted from it (https://github.com/ceph/ceph/pull/23429 for the number of
rules, s3tests/functional/test_s3_website.py of ceph/s3-tests for the codes of redirects, versitygw
for those of errors).
"""

from __future__ import annotations

from xml.etree.ElementTree import Element

from .errors import InvalidArgument, InvalidRequest
from .request import whole_number

_MAX_RULES = 50
_REDIRECTS = (301, 302, 303, 304, 305, 307, 308)


def check(root: Element) -> None:
    """Check a document that has the right shape. Raises InvalidArgument, InvalidRequest."""
    redirect = root.find("RedirectAllRequestsTo")
    if redirect is not None:
        if len(root) > 1:
            raise InvalidArgument(
                "RedirectAllRequestsTo cannot be provided in conjunction with other Routing Rules.",
                ArgumentName="RedirectAllRequestsTo",
                ArgumentValue="not null",
            )
        _check_protocol(redirect)
        return
    index = root.find("IndexDocument")
    if index is None:
        raise InvalidArgument(
            "A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty",
            ArgumentName="IndexDocument",
            ArgumentValue="null",
        )
    suffix = index.findtext("Suffix") or ""
    if not suffix or "/" in suffix:
        raise InvalidArgument(
            "The IndexDocument Suffix is not well formed",
            ArgumentName="IndexDocument",
            ArgumentValue=suffix,
        )
    if root.findtext("ErrorDocument/Key") == "":
        raise InvalidArgument(
            "The ErrorDocument Key is not well formed",
            ArgumentName="ErrorDocument",
            ArgumentValue="",
        )
    rules = root.findall("RoutingRules/RoutingRule")
    if len(rules) > _MAX_RULES:
        raise InvalidRequest(
            f"{len(rules)} routing rules provided, the number of routing rules in a website "
            f"configuration is limited to {_MAX_RULES}."
        )
    for rule in rules:
        _check_rule(rule)


def _check_rule(rule: Element) -> None:
    condition = rule.find("Condition")
    if condition is not None and not len(condition):
        raise InvalidRequest(
            "Condition cannot be empty. To redirect all requests without a condition, the "
            "condition element shouldn't be present."
        )
    returned = rule.findtext("Condition/HttpErrorCodeReturnedEquals")
    if returned is not None and not 400 <= (whole_number(returned) or 0) < 600:
        raise InvalidRequest(
            f"The provided HTTP error code ({returned}) is not valid. Valid codes are 4XX or 5XX."
        )
    for redirect in rule.findall("Redirect"):
        _check_protocol(redirect)
        code = redirect.findtext("HttpRedirectCode")
        if code is not None and whole_number(code) not in _REDIRECTS:
            raise InvalidRequest(
                f"The provided HTTP redirect code ({code}) is not valid. Valid codes are 3XX "
                "except 300."
            )
        if len({"ReplaceKeyPrefixWith", "ReplaceKeyWith"} & {child.tag for child in redirect}) > 1:
            raise InvalidRequest("You can only define ReplaceKeyPrefix or ReplaceKey but not both.")


def _check_protocol(redirect: Element) -> None:
    if redirect.findtext("Protocol") not in (None, "http", "https"):
        raise InvalidRequest(
            "Invalid protocol, protocol can be http or https. If not defined the protocol will be "
            "selected automatically."
        )
