"""IAM and STS as this account's endpoints: read once, authorised, then carried out.

    authenticate -> read the form -> what sessions cannot call -> parameters -> authorise
    -> carry out

What is authorised and what is carried out are the same values: nobody reads the form again.
"""

from __future__ import annotations

import hashlib
from typing import Any, Literal, Protocol

from ..rules import header_auth
from ..rules.authentication import Authentication, Verifier
from ..rules.errors import EntityTooLarge, S3Error
from ..rules.iam_operations import iam_operation, query_context, sts_operation
from ..rules.operations import Operation
from ..rules.policy import Policy, parse_policy
from ..rules.query_protocol import QueryError, as_query_error, check_action, read_form
from ..rules.sessions import session_refusal
from .authorise import Authoriser
from .call import Call
from .operations.body import read_small
from .response import Response
from .store.iam import Iam
from .store.iam.entities import Holder
from .store.store import Store
from .sts import Sts

Service = Literal["iam", "sts"]
FORM_LIMIT = 512 * 1024  # bytes
# IAM is one service for the whole account; its signatures name this region.
_GLOBAL_REGION = "us-east-1"
# The entity that an IAM operation is about, by the parameter that names it.
_ENTITIES = {"UserName": "user", "RoleName": "role", "GroupName": "group", "PolicyArn": "policy"}


class VerifierOf(Protocol):
    """Makes what a call's signature is verified with (`Gate.verifier`)."""

    def __call__(self, call: Call, service: str = "s3", region: str = "") -> Verifier: ...


class QueryServices:
    """The two services that speak the AWS Query protocol."""

    def __init__(self, store: Store, sts: Sts, authoriser: Authoriser) -> None:
        self._iam, self._region, self._sts = store.iam, store.region, sts
        self._authoriser = authoriser

    def handle(self, service: Service, call: Call, verifier_of: VerifierOf) -> Response:
        """Answer a request signed for IAM or STS. Raises `QueryError`."""
        try:
            answer = self._answer(service, call, verifier_of)
        except S3Error as error:
            call.decision.ended(error)
            raise as_query_error(error) from None
        except QueryError as error:
            call.decision.ended(error)
            raise
        return Response(200, [("content-type", "text/xml")], answer)

    def _answer(self, service: Service, call: Call, verifier_of: VerifierOf) -> bytes:
        decision = call.decision
        body = _body(call)
        call.who = self._authenticate(service, call, body, verifier_of)
        caller = call.who.identity
        carried_out: Iam | Sts = self._iam if service == "iam" else self._sts
        model = carried_out.model
        form = read_form(call.request, body)
        action = decision.action = check_action(form, model.operations, model.version)
        refusal = session_refusal(service, action, caller)
        if refusal is not None:
            raise refusal
        params = model.read(action, form)
        call.operation = self._operation(service, action, params, call)
        trust = self._trust(params, call) if action == "AssumeRole" else None
        self._authoriser.check(call, trust)
        return carried_out.carry_out(action, params, caller, call.ids.request_id)

    def _authenticate(
        self, service: Service, call: Call, body: bytes, verifier_of: VerifierOf
    ) -> Authentication:
        elsewhere = f"/{_GLOBAL_REGION}/{service}/" in call.request.header("authorization")
        region = _GLOBAL_REGION if elsewhere else self._region
        verifier = verifier_of(call, service, region)
        payload_hash = hashlib.sha256(body).hexdigest()
        return header_auth.authenticate(call.signed_request, call.decision, verifier, payload_hash)

    def _operation(
        self, service: Service, action: str, params: dict[str, Any], call: Call
    ) -> Operation:
        """What the operation needs, and the condition keys that it has."""
        caller = call.who.identity
        if service == "iam":
            operation = iam_operation(action, params, caller, self._iam.arn_of)
            target = self._target(params, call)
        else:
            operation = sts_operation(action, params, caller)
            target = self._iam.find_role(params.get("RoleArn", ""))
        if operation is None:
            raise QueryError(
                501, "NotImplemented", f"{action} is an operation that this local S3 does not know"
            )
        boundary = target.boundary if isinstance(target, Holder) else None
        call.keys = query_context(action, params, target.tags if target else {}, boundary)
        if service == "iam":
            call.keys["aws:requestedregion"] = _GLOBAL_REGION
        return operation

    def _target(self, params: dict[str, Any], call: Call) -> Any:
        for name, kind in _ENTITIES.items():
            if name in params:
                return self._iam.entity(kind, params[name])
        caller = call.who.identity
        return self._iam.entity("user", caller.user_name) if caller.kind == "user" else None

    def _trust(self, params: dict[str, Any], call: Call) -> Policy:
        role = self._sts.find_role(params, call.who.identity)
        return parse_policy(role.assume_role_policy_document, name=role.name, kind="trust")


def _body(call: Call) -> bytes:
    try:
        return read_small(call.read, call.request, FORM_LIMIT)
    except EntityTooLarge:
        raise QueryError(
            413, "RequestEntityTooLarge", f"A form can have {FORM_LIMIT} bytes at most."
        ) from None
