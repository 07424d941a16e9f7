"""A request's way through the local S3: every check in order, then the store.

    authenticate (query, header, nobody) -> operation -> authorise -> carry out -> answer

Each step adds a line to the request's `Decision`; the first that fails ends it.
"""

from __future__ import annotations

import logging
import random
import traceback
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal

from ..rules import cors, header_auth, query_auth, sigv4
from ..rules.authentication import Authentication, Endpoint
from ..rules.context import hoisted_headers
from ..rules.decision import Decision
from ..rules.errors import (
    InternalError,
    InvalidArgument,
    InvalidRequest,
    MalformedXML,
    MethodNotAllowed,
    NoSuchBucket,
    NoSuchKey,
    NotImplementedByS3,
    S3Error,
    readable_xml,
)
from ..rules.identity import Credential
from ..rules.operations import Operation, s3_operation
from ..rules.payload import ChunkSigner, declared_payload
from ..rules.query_protocol import QueryError
from ..rules.request import Request
from .authorise import Authoriser
from .clock import Clock
from .operations import bucket_settings, multipart, objects
from .operations import post_object as post_form
from .query_services import QueryServices
from .response import Response
from .store.moto_glue import NotUnderstood
from .store.store import Store
from .sts import Sts

log = logging.getLogger(__name__)

REMEMBERED = 100  # decisions kept for reading back
SMALL_BODY = 2 * 1024 * 1024  # bytes: the largest configuration or list of keys
_ONE_MECHANISM = (
    "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query "
    "string parameter or the Authorization header should be specified"
)

Read = Callable[[int], bytes]


class Gate:
    """Decides and answers. One `handle` call a request, from any number of threads."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self.store, self.clock = store, clock
        self.sts = Sts(store, clock)
        self.decisions: deque[dict[str, Any]] = deque(maxlen=REMEMBERED)
        self._authoriser = Authoriser(store, self.sts)
        self._query_services = QueryServices(store, self.sts, self._authoriser, clock)

    def find_key(self, access_key: str) -> Credential | None:
        """Any credential that this account knows: root, user or session."""
        return self.sts.find_key(access_key) or self.store.find_key(access_key)

    def handle(self, request: Request, read: Read) -> Response:
        """Answer a request whose body `read` yields. Never raises."""
        request_id = new_request_id()
        now = self.clock.now()
        decision = Decision(request.method, request.path)
        try:
            if (service := _query_service(request)) is not None:
                answer = self._query_services.handle(
                    service, request, read, decision, now, request_id, self.find_key
                )
            else:
                answer = self._s3(request, read, decision, now)
        except S3Error as error:
            decision.ended(error)
            answer = _refusal(error, request_id)
            # Where it was raised leads back to the error, and this circle would hold files and
            # bodies until Python looks for circles.
            error.__traceback__ = error.__context__ = None
        except QueryError as error:
            answer = Response(
                error.status, [("content-type", "text/xml")], error.to_xml(request_id)
            )
        except Exception as problem:
            # Whatever went wrong, the client gets S3's answer and the server lives on.
            where = traceback.extract_tb(problem.__traceback__)[-1]
            log.error(
                "request %s failed inside the server: %r at %s:%s",
                request_id,
                problem,
                where.filename,
                where.lineno,
            )
            log.debug("request %s", request_id, exc_info=problem)
            decision.error = InternalError()
            answer = _refusal(InternalError(), request_id)
        if "origin" in request.header_map and request.method != "OPTIONS":
            self._cors(request, decision, answer)
        answer.add([("x-amz-request-id", request_id), ("x-amz-id-2", request_id)])
        decision.status = answer.status
        # As plain values: an error would keep alive all that was at hand where it was raised.
        self.decisions.append(decision.as_dict())
        log.info("%s", decision)
        return answer

    # S3.

    def _s3(self, request: Request, read: Read, decision: Decision, now: datetime) -> Response:
        bucket, key = _locate(request)
        if request.method == "OPTIONS":
            kind = "OBJECT" if key else "BUCKET"
            rules = self.store.cors_rules(bucket)
            return Response(200, cors.preflight(request, rules, decision, kind))
        if request.method == "POST" and bucket and not key and "delete" not in request.parameters:
            return self._post(request, read, decision, now, bucket)
        payload = declared_payload(request)
        authentication = self._authenticate(request, decision, now, payload.declared)
        operation = s3_operation(request, bucket, key)
        if operation is None:
            decision.refuse(
                "operation",
                MethodNotAllowed(Method=request.method, ResourceType="OBJECT" if key else "BUCKET"),
                "no S3 operation is asked for in this way",
            )
        decision.action = operation.name
        if bucket and operation.name != "CreateBucket" and self.store.bucket(bucket) is None:
            decision.refuse("bucket", NoSuchBucket(BucketName=bucket))
        self._authoriser.check_s3(request, decision, authentication, operation, bucket, key, now)
        _check_overrides(request, decision, authentication)
        return self._carry_out(request, read, decision, authentication, operation, bucket, key, now)

    def _post(
        self, request: Request, read: Read, decision: Decision, now: datetime, bucket: str
    ) -> Response:
        """An HTML form upload: it carries its authentication and its key in the form."""
        decision.action = "PostObject"
        if self.store.bucket(bucket) is None:
            decision.refuse("bucket", NoSuchBucket(BucketName=bucket))

        def authorise(sent: Request, who: Authentication, operation: Operation, key: str) -> None:
            self._authoriser.check_s3(sent, decision, who, operation, bucket, key, now)

        return post_form.post_object(
            self.store,
            request,
            read,
            decision,
            bucket,
            now=now,
            lookup=self.find_key,
            authorise=authorise,
        )

    def _cors(self, request: Request, decision: Decision, answer: Response) -> None:
        """Headers for a browser, on success and on refusal alike."""
        try:
            bucket, _ = _locate(request)
        except S3Error:  # a path that is no text
            return
        answer.add(cors.actual(request, self.store.cors_rules(bucket) or (), decision))

    def _authenticate(
        self, request: Request, decision: Decision, now: datetime, payload_hash: str
    ) -> Authentication:
        in_header = "authorization" in request.header_map
        presigned = query_auth.is_presigned(request)
        version_2 = "Signature" in request.parameters
        if in_header + presigned + version_2 > 1:
            text = request.header("authorization")
            fields = {"ArgumentName": "Authorization"} | ({"ArgumentValue": text} if text else {})
            decision.refuse("authentication", InvalidArgument(_ONE_MECHANISM, **fields))
        if version_2:
            decision.refuse(
                "authentication", header_auth.sigv2_refused(), "signed with Signature Version 2"
            )
        endpoint = Endpoint(self.store.region)
        if presigned:
            return query_auth.authenticate(
                request, decision, now=now, endpoint=endpoint, lookup=self.find_key
            )
        if in_header:
            return header_auth.authenticate(
                request,
                decision,
                payload_hash=payload_hash,
                now=now,
                endpoint=endpoint,
                lookup=self.find_key,
            )
        decision.passed("authentication", "none: the request is anonymous")
        return Authentication()

    def _carry_out(
        self,
        request: Request,
        read: Read,
        decision: Decision,
        authentication: Authentication,
        operation: Operation,
        bucket: str,
        key: str,
        now: datetime,
    ) -> Response:
        if operation.name in ("GetObject", "HeadObject"):
            try:
                return objects.get_object(self.store, request, bucket, key)
            except NoSuchKey:
                # Only who may list a bucket learns that a key is not there.
                self._authoriser.check_listing(request, decision, authentication, bucket, now)
                raise
        if operation.name in ("PutObject", "UploadPart"):
            write = objects.put_object if operation.name == "PutObject" else objects.upload_part
            payload = declared_payload(request)
            signer = _chunk_signer(authentication)
            return write(self.store, request, bucket, key, read, payload, signer)
        if operation.name == "ListParts":
            return multipart.list_parts(self.store, request, bucket, key)
        if operation.name == "ListMultipartUploads":
            return multipart.list_uploads(self.store, request, bucket)
        if operation.name not in bucket_settings.CARRIED_OUT:
            raise NotImplementedByS3(
                f"{operation.name} is an S3 operation that this local S3 does not carry out"
            )
        body = _small_body(request, read, authentication)
        if operation.name == "DeleteObjects":
            may = self._authoriser.may_delete(request, authentication, bucket, now)
            return bucket_settings.delete_objects(
                self.store, request, body, may, authentication.access_key
            )
        if operation.name == "CreateMultipartUpload":
            return multipart.create(self.store, request, bucket, key)
        if operation.name == "CompleteMultipartUpload":
            return multipart.complete(self.store, request, bucket, key, body)
        caller = authentication.identity.arn
        bucket_settings.check(self.store, operation.name, bucket, body, caller)
        if operation.name == "CopyObject":
            objects.check_upload(key, hoisted_headers(request))
        try:
            status, headers, answer = self.store.forward(
                "s3", _path_style(request, bucket, key), body, authentication.access_key
            )
        except NotUnderstood:
            if body:
                raise MalformedXML() from None
            raise InvalidArgument("A parameter of the request is not valid.") from None
        if operation.name == "CreateBucket" and status == 200:
            self.store.set_defaults(bucket)
        if status >= 400 and request.method != "HEAD":
            if (error := bucket_settings.refusal(status, answer)) is not None:
                raise error
            # moto quotes what it was sent as it is
            answer = readable_xml(answer.decode("utf-8", "replace")).encode()
        return Response(status, bucket_settings.kept_headers(headers), answer)


def _small_body(request: Request, read: Read, authentication: Authentication) -> bytes:
    """The body of a configuration, verified like any other."""
    payload = declared_payload(request)
    if not payload.chunked and request.header("content-length", "0") == "0":
        return b""
    return bucket_settings.verified_body(
        request, read, payload, _chunk_signer(authentication), SMALL_BODY
    )


def _chunk_signer(authentication: Authentication) -> ChunkSigner | None:
    """What continues the request's own signature over the chunks of its body."""
    if not authentication.scope or not authentication.signed_at:
        return None
    return ChunkSigner(
        authentication.signing_key,
        authentication.scope,
        sigv4.amz_date(authentication.signed_at),
        authentication.signature,
    )


def _query_service(request: Request) -> Literal["iam", "sts"] | None:
    """``iam`` or ``sts`` if the Authorization header is for one of them."""
    text = request.header("authorization")
    services: tuple[Literal["iam", "sts"], ...] = ("iam", "sts")
    for service in services:
        if f"/{service}/{sigv4.TERMINATOR}" in text.partition("SignedHeaders")[0]:
            return service
    return None


def _locate(request: Request) -> tuple[str, str]:
    """Bucket and key, from ``bucket.localhost`` or else from the path."""
    host = request.host.rpartition(":")[0] or request.host
    path = request.decoded_path.removeprefix("/")
    if host.endswith(".localhost"):
        return host.removesuffix(".localhost"), path
    bucket, _, key = path.partition("/")
    return bucket, key


def _path_style(request: Request, bucket: str, key: str) -> Request:
    """The same request with its bucket in the path, as the store wants it."""
    path = sigv4.canonical_uri(f"/{bucket}/{key}" if key else f"/{bucket}")
    return replace(request, path=path if bucket else "/")


def _check_overrides(request: Request, decision: Decision, who: Authentication) -> None:
    named = [name for name in request.parameters if name.startswith("response-")]
    if named and not who.auth_type:
        decision.refuse(
            "response headers",
            InvalidRequest(
                "Request specific response headers cannot be used for anonymous GET requests."
            ),
        )


def new_request_id() -> str:
    """As S3 writes them. (It is a name and no secret, so it need not ask the system for chance.)"""
    return f"{random.getrandbits(64):016X}"


def _refusal(error: S3Error, request_id: str) -> Response:
    headers = [("content-type", "application/xml")]
    return Response(error.status, headers, error.to_xml(request_id, request_id))
