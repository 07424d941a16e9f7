"""IAM and STS as this account's endpoints: authenticated, authorised, then carried out."""

from __future__ import annotations

import hashlib
from typing import Literal, Protocol
from urllib.parse import parse_qsl

from ..rules import header_auth
from ..rules.authentication import Authentication, Verifier
from ..rules.errors import S3Error
from ..rules.iam_operations import query_operation
from ..rules.identity import ACCOUNT
from ..rules.policy import Policy, parse_policy
from ..rules.query_protocol import QueryError, as_query_error
from .authorise import Authoriser
from .call import Call
from .operations.body import read_small
from .response import Response
from .store.store import Store
from .sts import Sts

FORM_LIMIT = 512 * 1024  # bytes
# IAM is one service for the whole account; its signatures name this region.
_GLOBAL_REGION = "us-east-1"

Service = Literal["iam", "sts"]


class MakeVerifier(Protocol):
    """What a call's signature is verified with (`gate.Gate.verifier`)."""

    def __call__(self, call: Call, service: str, region: str) -> Verifier: ...


class QueryServices:
    """The two services that speak the AWS Query protocol."""

    def __init__(self, store: Store, sts: Sts, authoriser: Authoriser) -> None:
        self._store, self._sts, self._authoriser = store, sts, authoriser

    def handle(self, service: Service, call: Call, verifier: MakeVerifier) -> Response:
        """Answer a request signed for IAM or STS. Raises `QueryError`."""
        decision = call.decision
        try:
            body = read_small(call.read, call.request, FORM_LIMIT)
            elsewhere = f"/{_GLOBAL_REGION}/{service}/" in call.request.header("authorization")
            region = _GLOBAL_REGION if elsewhere else self._store.region
            call.who = header_auth.authenticate(
                call.signed_request,
                decision,
                verifier(call, service, region),
                hashlib.sha256(body).hexdigest(),
            )
            form = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
            caller = call.who.identity
            operation = query_operation(service, form, account=ACCOUNT, caller=caller)
            if operation is None:
                raise QueryError(
                    400, "InvalidAction", f"Could not find operation {form.get('Action', '')}"
                )
            call.operation, decision.action = operation, operation.name
            trust = self._trust(form, call.who) if operation.name == "AssumeRole" else None
            self._authoriser.check(call, trust)
        except S3Error as error:
            decision.error = error
            raise as_query_error(error) from None
        if service == "sts":
            answer = self._sts.answer(form, caller, call.request_id)
            return Response(200, [("content-type", "text/xml")], answer)
        iam = self._store.iam
        params = iam.model.read(operation.name, form)
        answer = iam.carry_out(operation.name, params, caller, call.request_id)
        return Response(200, [("content-type", "text/xml")], answer)

    def _trust(self, form: dict[str, str], who: Authentication) -> Policy:
        arn = form.get("RoleArn", "")
        role = self._store.iam.find_role(arn)
        if role is None:
            raise QueryError(
                403,
                "AccessDenied",
                f"User: {who.identity.arn} is not authorized to perform: sts:AssumeRole "
                f"on resource: {arn}",
            )
        return parse_policy(role.assume_role_policy_document, name=role.name, kind="trust")
