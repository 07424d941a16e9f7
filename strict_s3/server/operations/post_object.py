"""Uploads by an HTML form: POST with multipart/form-data to a bucket.

The form is read as it comes: fields first, within S3's limit, then the checks, then the file,
which goes to a temporary file piece by piece. Source: "POST Object" in the Amazon S3 API
reference.
"""

from __future__ import annotations

import base64
import hashlib
import re
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import IO, cast
from urllib.parse import quote, urlencode, urlsplit
from xml.sax.saxutils import escape

from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder, NeedData

from ...rules import post_policy, tags
from ...rules.authentication import Authentication, Endpoint, Lookup
from ...rules.checksums import DEFAULT, PREFIX, declared_checksum, declared_md5, hasher
from ...rules.decision import Decision
from ...rules.errors import (
    BadDigest,
    IncompleteBody,
    InvalidArgument,
    MalformedPOSTRequest,
    MaxPostPreDataLengthExceeded,
    MissingContentLength,
    PreconditionFailed,
)
from ...rules.operations import Operation, put_object_needs
from ...rules.post_policy import PostPolicy
from ...rules.request import Request
from ..response import Response
from ..store.store import Store
from ..store.stored import NewObject, StoredObject
from .body import IN_MEMORY, PIECE, Read
from .bucket_settings import parse_xml
from .objects import check_upload

MAX_FIELDS = 20 * 1024  # bytes of field names and values before the file
_SMALL = 4 * 1024  # bytes read at a time while the fields come
_HEADERS_TOO = 64 * 1024  # bytes in which the fields, with their part headers, must have come
Authorise = Callable[[Request, Authentication, Operation, str], None]


@dataclass
class Form:
    """A form up to its file: fields by lower-case name, the file's name, and the rest to read."""

    fields: dict[str, str]
    filename: str
    file: Iterator[bytes]


def read_form(read: Read, request: Request) -> Form:
    """Read fields until the file begins. Raises the S3Error of a malformed form."""
    kind, options = parse_options_header(request.header("content-type"))
    boundary = options.get("boundary", "")
    if kind != "multipart/form-data" or not boundary or not boundary.isascii():
        raise PreconditionFailed(
            Condition="Bucket POST must be of the enclosure-type multipart/form-data"
        )
    if not request.header("content-length"):
        raise MissingContentLength()
    decoder = MultipartDecoder(boundary.encode())
    events = _events(decoder, read)
    fields: dict[str, str] = {}
    size = 0
    for event in events:
        if isinstance(event, Epilogue):
            break
        if not isinstance(event, Field | File):
            continue
        name = (event.name or "").lower()
        if name == "file":
            return Form(fields, _filename(event), _file(events, read))
        value = bytearray()
        for data in events:
            if not isinstance(data, Data):
                raise MalformedPOSTRequest()
            value += data.data
            if size + len(name) + len(value) > MAX_FIELDS:
                raise MaxPostPreDataLengthExceeded(MaxPostPreDataLengthBytes=MAX_FIELDS)
            if not data.more_data:
                break
        size += len(name) + len(value)
        try:
            fields.setdefault(name, value.decode())
        except UnicodeDecodeError:
            raise MalformedPOSTRequest() from None
    raise InvalidArgument(
        "POST requires exactly one file upload per request.",
        ArgumentName="file",
        ArgumentValue=0,
    )


def _filename(part: Field | File) -> str:
    """The file's name as it was sent: the parser takes a backslash for an escape and drops it."""
    found = re.search(r'filename="(.*?)"', part.headers.get("content-disposition", ""))
    if found:
        return found[1].replace("%22", '"')
    return (part.filename if isinstance(part, File) else "") or ""


_Event = Field | File | Data | Epilogue


def _events(decoder: MultipartDecoder, read: Read) -> Iterator[_Event]:
    """The decoder's events. Small reads until a file has begun, large ones after that."""
    total, in_file = 0, False
    while True:
        try:
            event = decoder.next_event()
            if isinstance(event, NeedData):
                piece = read(PIECE if in_file else _SMALL)
                total += len(piece)
                if not in_file and total > _HEADERS_TOO:
                    raise MaxPostPreDataLengthExceeded(MaxPostPreDataLengthBytes=MAX_FIELDS)
                decoder.receive_data(piece or None)  # None: there is no more
                continue
        except ValueError:
            raise (IncompleteBody() if in_file else MalformedPOSTRequest()) from None
        if isinstance(event, Field | File):
            in_file = (event.name or "").lower() == "file"
        if isinstance(event, Field | File | Data | Epilogue):
            yield event
        if isinstance(event, Epilogue):
            return


def _file(events: Iterator[_Event], read: Read) -> Iterator[bytes]:
    """The file's bytes; then the rest of the body is read and ignored, as S3 does."""
    for event in events:
        if not isinstance(event, Data):
            raise MalformedPOSTRequest()
        yield event.data
        if not event.more_data:
            break
    while read(PIECE):
        pass


def post_object(
    store: Store,
    request: Request,
    read: Read,
    decision: Decision,
    bucket: str,
    *,
    now: datetime,
    lookup: Lookup,
    authorise: Authorise,
) -> Response:
    """The whole way of a form upload. `authorise` asks for the permissions it needs."""
    form = read_form(read, request)
    endpoint = Endpoint(store.region)
    who = post_policy.authenticate(form.fields, decision, now=now, endpoint=endpoint, lookup=lookup)
    if not form.fields.get("key"):
        decision.refuse("form", post_policy.missing_field("key"))
    fields = {
        name: post_policy.with_filename(value, form.filename) for name, value in form.fields.items()
    }
    policy: PostPolicy | None = None
    if "policy" in fields:
        policy = post_policy.parse_post_policy(fields["policy"])
        post_policy.check(policy, fields, bucket, decision, now)
    key = fields["key"]
    headers = _headers(fields)
    as_put = replace(request, headers=(*request.headers, *headers.items()))
    operation = Operation("PostObject", put_object_needs(bucket, key, fields))
    authorise(as_put, who, operation, key)
    check_upload(key, headers)
    tagging = _tags(fields.get("tagging", ""))
    new = _receive(form.file, as_put, policy, fields.get("content-md5"))
    new.headers, new.tags = headers, tagging
    with store.locked():
        stored = store.put_object(bucket, key, new)
    return _success(request, fields, bucket, key, stored)


def _headers(fields: dict[str, str]) -> dict[str, str]:
    """The form's fields as the headers that a PUT would have."""
    skipped = ("x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature")
    kept = ("cache-control", "content-disposition", "content-encoding", "content-type", "expires")
    headers = {
        name: value
        for name, value in fields.items()
        if name in kept or (name.startswith("x-amz-") and name not in skipped)
    }
    headers.pop("x-amz-security-token", None)
    # The request's own Content-Type is the form's, never the object's.
    headers.setdefault("content-type", "binary/octet-stream")
    if "acl" in fields:
        headers["x-amz-acl"] = fields["acl"]
    return headers


def _tags(text: str) -> dict[str, str]:
    return tags.from_xml(parse_xml(text.encode())) if text else {}


def _receive(
    pieces: Iterator[bytes], request: Request, policy: PostPolicy | None, content_md5: str | None
) -> NewObject:
    """The file, refused as soon as it is longer than the policy allows.

    `content_md5` is the form's field; a header of that name would be about the whole form.
    """
    kept = [h for h in request.headers if h[0] not in ("x-amz-trailer", "content-md5")]
    if content_md5 is not None:
        kept.append(("content-md5", content_md5))
    form_only = replace(request, headers=tuple(kept))
    wanted_md5 = declared_md5(form_only)
    algorithm, wanted = declared_checksum(form_only)
    md5 = hashlib.md5(usedforsecurity=False)
    checksum = hasher(algorithm or DEFAULT)
    file = cast("IO[bytes]", tempfile.SpooledTemporaryFile(IN_MEMORY))  # noqa: SIM115
    size = 0
    try:
        for piece in pieces:
            size += len(piece)
            if policy is not None:
                policy.check_length(size, whole=False)
            md5.update(piece)
            checksum.update(piece)
            file.write(piece)
        if policy is not None:
            policy.check_length(size, whole=True)
        if wanted_md5 is not None and wanted_md5 != md5.digest():
            calculated = base64.b64encode(md5.digest()).decode()
            raise BadDigest(CalculatedDigest=calculated, ExpectedDigest=wanted_md5.hex())
        computed = base64.b64encode(checksum.digest()).decode()
        if wanted and wanted != computed:
            raise BadDigest(f"The {algorithm} you specified did not match the calculated checksum.")
    except BaseException:
        file.close()
        raise
    return NewObject(
        file,
        size,
        md5.hexdigest(),
        checksum_algorithm=algorithm or DEFAULT,
        checksum=computed,
    )


def _success(
    request: Request, fields: dict[str, str], bucket: str, key: str, stored: StoredObject
) -> Response:
    """204, or what success_action_redirect or success_action_status asks for."""
    scheme = "https" if request.secure else "http"
    own_host = request.host.rpartition(":")[0].endswith(".localhost")
    where = "" if own_host else f"/{bucket}"
    location = f"{scheme}://{request.host}{where}/{quote(key, safe='')}"
    headers = [("etag", stored.etag), ("location", location)]
    headers.append((f"{PREFIX}{stored.checksum_algorithm.lower()}", stored.checksum))
    redirect = fields.get("success_action_redirect", fields.get("redirect", ""))
    if urlsplit(redirect).scheme in ("http", "https") and urlsplit(redirect).netloc:
        told = urlencode({"bucket": bucket, "key": key, "etag": stored.etag})
        joint = "&" if urlsplit(redirect).query else "?"
        headers[1] = ("location", f"{redirect}{joint}{told}")
        return Response(303, headers)
    status = fields.get("success_action_status", "204")
    if status == "201":
        items = {"Location": location, "Bucket": bucket, "Key": key, "ETag": stored.etag}
        body = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in items.items())
        xml = f'<?xml version="1.0" encoding="UTF-8"?>\n<PostResponse>{body}</PostResponse>'
        return Response(201, [*headers, ("content-type", "application/xml")], xml.encode())
    return Response(200 if status == "200" else 204, headers)
