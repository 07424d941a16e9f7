"""A request's way through the local S3: every check in order, then the operation.

    locate -> authenticate (query, header, form, nobody) -> operation -> authorise -> carry out
    -> CORS -> answer

One `Call` travels the whole way. Each step adds a line to its `Decision`; the first that fails
ends it.
"""

from __future__ import annotations

import logging
import traceback
from collections import deque
from typing import NoReturn

from ..options import MAX_DECISIONS
from ..rules import (
    anonymous,
    copying,
    cors,
    header_auth,
    inputs,
    misrouted,
    post_policy,
    query_auth,
)
from ..rules.authentication import Authentication, Endpoint, Verifier
from ..rules.bucket_errors import InvalidBucketName
from ..rules.decision import Decision
from ..rules.errors import (
    NOT_HTTP,
    BadRequest,
    InternalError,
    InvalidArgument,
    InvalidURI,
    MethodNotAllowed,
    NoSuchBucket,
    NotImplementedByS3,
    S3Error,
    UnacceptableAddress,
)
from ..rules.identity import Credential
from ..rules.limits import leaves_the_bucket, may_be_bucket_name
from ..rules.operations import Operation, put_object_needs, s3_operation
from ..rules.ownership import check_expected_owner
from ..rules.payload import check_trailer, declared_payload
from ..rules.query_protocol import QueryError
from ..rules.request import Request, has_broken_escape
from ..rules.services import service_of
from ..rules.uploads import check_key
from .address import Addresses, Place
from .authorise import Authoriser
from .call import Call, Read
from .clock import Clock
from .kept import Kept
from .operations import CARRIED_OUT
from .operations.document_keys import keys_of_document
from .other_services import not_here
from .query_services import QueryServices
from .refusal import new_ids, refusal
from .response import Response
from .store.store import Store
from .sts import Sts

log = logging.getLogger(__name__)

_ONE_MECHANISM = (
    "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query "
    "string parameter or the Authorization header should be specified"
)


class Gate:
    """Decides and answers. One `handle` call a request, from any number of threads.

    `public_url` is an address beside the one that is listened on. With `strict_skew` a signature
    in the Authorization header must be fresh by the server's own clock, even while that is moved.
    """

    def __init__(
        self, store: Store, clock: Clock, *, public_url: str = "", strict_skew: bool = False
    ) -> None:
        self.store, self.clock = store, clock
        self.sts = Sts(store, clock)
        self.decisions: deque[Kept] = deque(maxlen=MAX_DECISIONS)
        self._addresses = Addresses(public_url)
        self._strict_skew = strict_skew
        self._authoriser = Authoriser(store, self.sts)
        self._query_services = QueryServices(store, self.sts, self._authoriser)

    def reset(self) -> None:
        """Forget all that is stored, every session and every decision."""
        self.store.reset()
        self.sts.reset()
        self.decisions.clear()

    def handle(self, request: Request, read: Read) -> Response:
        """Answer a request whose body `read` yields. Never raises."""
        call = self._call(request, read)
        answer = self._answer(call)
        if "origin" in request.header_map and request.method != "OPTIONS":
            answer.add(self._cors(call, request))
        answer.headers += call.ids.headers()
        if self._addresses.shares_host:
            answer.add([("content-security-policy", "sandbox"), ("referrer-policy", "no-referrer")])
        call.decision.status = answer.status
        region = self.store.region_of(call.bucket)
        self.decisions.append(Kept.of(call, request, answer, region))
        log.info("%s", call.decision)
        return answer

    def verifier(self, call: Call, service: str = "s3", region: str = "") -> Verifier:
        """What this call's signature is verified with."""
        also = None if self._strict_skew or call.wall == call.now else call.wall
        endpoint = Endpoint(region or self.store.region_of(call.bucket), service)
        return Verifier(endpoint, self.find_key, call.now, also)

    def find_key(self, access_key: str) -> Credential | None:
        """Any credential that this account knows: root, user or session."""
        return self.sts.find_key(access_key) or self.store.find_key(access_key)

    def _call(self, request: Request, read: Read) -> Call:
        inner, signed = self._addresses.received(request)
        return Call(
            inner,
            signed,
            read,
            Decision(inner.method, inner.path),
            *self.clock.times(),
            new_ids(),
            self._addresses,
        )

    def _answer(self, call: Call) -> Response:
        """The operation's answer, or the refusal."""
        try:
            match service_of(call.request):
                case "s3":
                    return self._s3(call)
                case ("iam" | "sts") as service:
                    return self._query_services.handle(service, call, self.verifier)
                case other:
                    return not_here(other, call)
        except S3Error as error:
            call.decision.ended(error)
            bucket = self.store.buckets.get(call.bucket)
            if call.decision.action == "HeadBucket" and bucket is not None:
                # Whoever is denied still learns where the bucket is; SDKs rely on it.
                error.headers["x-amz-bucket-region"] = bucket.region
            # Where it was raised leads back to the error, and this circle would hold files and
            # bodies until Python looks for circles.
            error.__traceback__ = error.__context__ = None
            return refusal(error, call.ids)
        except QueryError as error:
            text = error.to_xml(call.ids.request_id)
            return Response(error.status, [("content-type", "text/xml")], text)
        except Exception as problem:
            # Whatever went wrong, the client gets S3's answer and the server lives on.
            where = traceback.extract_tb(problem.__traceback__)[-1]
            place = f"{where.filename}:{where.lineno}"
            log.error(
                "request %s failed inside the server: %r at %s", call.ids.request_id, problem, place
            )
            log.debug("request %s", call.ids.request_id, exc_info=problem)
            # What the client is told is AWS's sentence; who asks for the decision learns why.
            of_disk = isinstance(problem, OSError)
            why = f"A body cannot be stored or read: {problem}" if of_disk else None
            call.decision.ended(InternalError(why))
            return refusal(InternalError(), call.ids)

    # S3.

    def _s3(self, call: Call) -> Response:
        call.place = self._addresses.locate(call.request)
        if call.request.method not in misrouted.METHODS:
            call.decision.refuse("method", BadRequest(NOT_HTTP), "S3 has no such method")
        _check_address(call)
        if call.request.method == "OPTIONS":
            kind = "OBJECT" if call.key else "BUCKET"
            rules = self.store.cors_rules(call.bucket)
            return Response(200, cors.preflight(call.request, rules, call.decision, kind))
        if wrong := misrouted.contradiction(call.request, call.bucket, call.key):
            call.decision.refuse("operation", wrong, "the query contradicts itself")
        operation = s3_operation(call.request, call.bucket, call.key)
        is_form = operation is not None and operation.name == "PostObject"
        if is_form:
            operation = self._read_form(call)
        else:
            call.payload = declared_payload(call.request)
            call.who = self._authenticate(call)
        if misplaced := copying.misplaced_source(call.request):
            call.decision.refuse("operation", misplaced)
        if operation is None:
            self._refuse_operation(call)
        call.operation, call.decision.action = operation, operation.name
        if operation.name not in ("CreateBucket", "ListBuckets") and not is_form:
            self._check_bucket(call)
        check_trailer(call.payload, operation.name)
        check_expected_owner(call.headers, self.store.account)
        call.keys = keys_of_document(self.store, call)
        if not call.who.auth_type:
            anonymous.check_operation(operation.name)
        self._authoriser.check(call)
        inputs.check(operation.name, call.form.fields if call.form else call.headers)
        if not call.who.auth_type:
            anonymous.check_allowed(call.request, operation.name)
        check_key(call.key)
        carry_out = CARRIED_OUT.get(operation.name)
        if carry_out is None:
            raise _not_carried_out(call)
        call.authoriser = self._authoriser
        return carry_out(self.store, call)

    def _refuse_operation(self, call: Call) -> NoReturn:
        """The request is no operation of S3's."""
        error: S3Error | None = None
        if call.bucket:
            error = misrouted.wrong_place(call.request, call.key)
            if error is not None:
                self._check_bucket(call)
            elif call.key and call.request.method == "PUT":
                error = copying.copy_source_problem(call.request)
        error = error or misrouted.not_allowed(call.request, call.bucket, call.key)
        call.decision.refuse("operation", error, "no S3 operation is this one")

    def _read_form(self, call: Call) -> Operation:
        """An HTML form upload carries its authentication and its key in the form."""
        # When the first form comes: what reads it takes longer to import than the server to start.
        from .http.form_reader import read_form

        call.decision.action = "PostObject"
        self._check_bucket(call)
        if "authorization" in call.request.header_map:
            # A page's own header: https://github.com/danialfarid/ng-file-upload/issues/382. (S3's
            # answer to a form with one of AWS's is not known.)
            header_auth.check_scheme(call.request, call.decision)
            _refuse_two_mechanisms(call)
        form = read_form(call.read, call.request)
        call.who = post_policy.authenticate(form.fields, call.decision, self.verifier(call))
        fields = form.filled_in()
        # Also where it is ${filename}, and the file has no name. (AWS's answer to that isn't known;
        # no object has an empty key.)
        if not fields.get("key"):
            call.decision.refuse("form", post_policy.missing_field("key"))
        if "policy" in fields:
            call.policy = post_policy.parse_post_policy(fields["policy"])
            post_policy.check(call.policy, fields, call.bucket, call.decision, call.now)
        # S3 takes this field and sets no tags by it: those of a form are in the field `tagging`.
        # Reported in 2018, 2021 and 2025: aws/aws-cli#3617, aws/aws-sdk-js#3790 and
        # aws/aws-sdk-js-v3#7154. (In a query S3 obeys it now, floci-io/floci#3608; whether it does
        # in a form now, and whether it asks for the permission, isn't known.)
        for ignored in (form.fields, fields):
            ignored.pop("x-amz-tagging", None)
        call.form = form
        call.place = Place(call.bucket, fields["key"], call.place.in_host)
        call.request = form.as_request(call.request)
        return Operation("PostObject", put_object_needs(call.bucket, call.key, fields))

    def _check_bucket(self, call: Call) -> None:
        if call.bucket not in self.store.buckets:
            # Of a name that no bucket can have, old or new, AWS says so whatever is asked of it:
            # https://github.com/versity/versitygw/issues/1358
            unknown = NoSuchBucket if may_be_bucket_name(call.bucket) else InvalidBucketName
            call.decision.refuse("bucket", unknown(BucketName=call.bucket))

    def _cors(self, call: Call, request: Request) -> list[tuple[str, str]]:
        """Headers for a browser, on success and on refusal alike."""
        rules = self.store.cors_rules(call.bucket) or ()
        return cors.actual(request, rules, call.decision)

    def _authenticate(self, call: Call) -> Authentication:
        request = call.request
        in_header = "authorization" in request.header_map
        presigned = query_auth.is_presigned(request)
        version_2 = "Signature" in request.parameters
        if in_header + presigned + version_2 > 1:
            _refuse_two_mechanisms(call)
        if version_2:
            call.decision.refuse(
                "authentication", header_auth.sigv2_refused(), header_auth.SIGNED_WITH_VERSION_2
            )
        verifier = self.verifier(call)
        if presigned:
            return query_auth.authenticate(call.signed_request, call.decision, verifier)
        if in_header:
            payload_hash = call.payload.declared
            return header_auth.authenticate(
                call.signed_request, call.decision, verifier, payload_hash
            )
        call.decision.passed("authentication", "none: the request is anonymous")
        return Authentication()


def _refuse_two_mechanisms(call: Call) -> NoReturn:
    text = call.request.header("authorization")
    fields = {"ArgumentName": "Authorization"} | ({"ArgumentValue": text} if text else {})
    call.decision.refuse("authentication", InvalidArgument(_ONE_MECHANISM, **fields))


def _check_address(call: Call) -> None:
    """What no signature can mend. (Keys in forms and documents aren't addresses.)"""
    if has_broken_escape(call.request.path):
        broken = "A % in the path is not followed by two hexadecimal digits; write it as %25."
        call.decision.refuse("address", UnacceptableAddress(broken))
    if leaves_the_bucket(call.key):
        call.decision.refuse("address", UnacceptableAddress())
    if "\0" in call.key:
        # Reported as refused by AWS (https://github.com/go-to-k/cdkd/pull/3331), not with which
        # code; this is the one for other addresses that can't be read.
        call.decision.refuse("address", InvalidURI(URI=call.request.path))


def _not_carried_out(call: Call) -> S3Error:
    name = call.operation.name
    if name == "GetObjectTorrent":  # S3 has ended it; measured as `rules.misrouted` says
        return MethodNotAllowed(Method=call.request.method, ResourceType="TORRENT")
    return NotImplementedByS3(f"{name} is an S3 operation that this local S3 does not carry out")
