"""Website configurations: which ones S3 takes.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketWebsite.html; the messages are
those recorded on AWS.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element

from .errors import InvalidArgument, InvalidRequest


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
    for rule in root.findall("RoutingRules/RoutingRule"):
        _check_rule(rule)


def _check_rule(rule: Element) -> None:
    condition = rule.find("Condition")
    if condition is not None and not len(condition):
        raise InvalidRequest(
            "Condition cannot be empty. To redirect all requests without a condition, the "
            "condition element shouldn't be present."
        )
    for redirect in rule.findall("Redirect"):
        _check_protocol(redirect)
        if len({"ReplaceKeyPrefixWith", "ReplaceKeyWith"} & {child.tag for child in redirect}) > 1:
            raise InvalidRequest("You can only define ReplaceKeyPrefix or ReplaceKey but not both.")


def _check_protocol(redirect: Element) -> None:
    if redirect.findtext("Protocol") not in (None, "http", "https"):
        raise InvalidRequest(
            "Invalid protocol, protocol can be http or https. If not defined the protocol will be "
            "selected automatically."
        )
