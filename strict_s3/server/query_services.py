"""IAM and STS as this account's endpoints: authenticated, authorised, then carried out."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Literal
from urllib.parse import parse_qsl

from ..rules import header_auth
from ..rules.authentication import Authentication, Endpoint, Lookup
from ..rules.decision import Decision
from ..rules.errors import S3Error, readable_xml
from ..rules.iam_operations import query_operation
from ..rules.policy import MalformedPolicy, Policy, PolicyKind, parse_policy
from ..rules.query_protocol import QueryError, as_query_error
from ..rules.request import Request
from .authorise import Authoriser
from .clock import Clock
from .operations.body import Read, read_small
from .response import Response
from .store.moto_glue import ACCOUNT, NotUnderstood
from .store.store import Store
from .sts import Sts

FORM_LIMIT = 512 * 1024  # bytes
# IAM is one service for the whole account; its signatures name this region.
_GLOBAL_REGION = "us-east-1"
# Which documents IAM takes, in which field, and of what kind.
_DOCUMENTS: dict[str, tuple[str, PolicyKind]] = {
    "CreatePolicy": ("PolicyDocument", "identity"),
    "CreatePolicyVersion": ("PolicyDocument", "identity"),
    "PutGroupPolicy": ("PolicyDocument", "identity"),
    "PutRolePolicy": ("PolicyDocument", "identity"),
    "PutUserPolicy": ("PolicyDocument", "identity"),
    "CreateRole": ("AssumeRolePolicyDocument", "trust"),
    "UpdateAssumeRolePolicy": ("PolicyDocument", "trust"),
}


class QueryServices:
    """The two services that speak the AWS Query protocol."""

    def __init__(self, store: Store, sts: Sts, authoriser: Authoriser, clock: Clock) -> None:
        self._store, self._sts = store, sts
        self._authoriser, self._clock = authoriser, clock

    def handle(
        self,
        service: Literal["iam", "sts"],
        request: Request,
        read: Read,
        decision: Decision,
        now: datetime,
        request_id: str,
        lookup: Lookup,
    ) -> Response:
        """Answer a request signed for IAM or STS. Raises `QueryError`."""
        try:
            body = read_small(read, request, FORM_LIMIT)
            who = self._authenticate(service, request, body, decision, now, lookup)
            form = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
            operation = query_operation(service, form, account=ACCOUNT, caller=who.identity)
            if operation is None:
                raise QueryError(
                    400, "InvalidAction", f"Could not find operation {form.get('Action', '')}"
                )
            decision.action = operation.name
            trust = self._trust(form, who) if operation.name == "AssumeRole" else None
            self._authoriser.check_call(request, decision, who, operation, trust, now)
        except S3Error as error:
            decision.error = error
            raise as_query_error(error) from None
        if service == "sts":
            answer = self._sts.answer(form, who.identity, request_id)
            return Response(200, [("content-type", "text/xml")], answer)
        _check_document(form)
        try:
            status, headers, answer = self._store.forward("iam", request, body, who.access_key)
        except NotUnderstood:
            raise QueryError(
                400, "ValidationError", "A parameter of the request is missing or not valid."
            ) from None
        if status >= 400:  # moto quotes what it was sent as it is
            answer = readable_xml(answer.decode("utf-8", "replace")).encode()
        kept = [pair for pair in headers if pair[0] == "content-type"]
        return Response(status, kept, answer)

    def _authenticate(
        self,
        service: Literal["iam", "sts"],
        request: Request,
        body: bytes,
        decision: Decision,
        now: datetime,
        lookup: Lookup,
    ) -> Authentication:
        elsewhere = f"/{_GLOBAL_REGION}/{service}/" in request.header("authorization")
        region = _GLOBAL_REGION if elsewhere else self._store.region
        return header_auth.authenticate(
            request,
            decision,
            payload_hash=hashlib.sha256(body).hexdigest(),
            now=now,
            endpoint=Endpoint(region, service),
            lookup=lookup,
        )

    def _trust(self, form: dict[str, str], who: Authentication) -> Policy:
        arn = form.get("RoleArn", "")
        role = self._store.find_role(arn)
        if role is None:
            raise QueryError(
                403,
                "AccessDenied",
                f"User: {who.identity.arn} is not authorized to perform: sts:AssumeRole "
                f"on resource: {arn}",
            )
        return parse_policy(role.assume_role_policy_document, name=role.name, kind="trust")


def _check_document(form: dict[str, str]) -> None:
    """A policy that could not be evaluated later is refused now."""
    field, kind = _DOCUMENTS.get(form["Action"], ("", "identity"))
    if field in form:
        try:
            parse_policy(form[field], name=form.get("PolicyName", field), kind=kind)
        except MalformedPolicy as problem:
            raise QueryError(400, "MalformedPolicyDocument", str(problem)) from None
