"""Reading a form upload: its fields first, within S3's limit, then its file, piece by piece.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder, NeedData

from ...rules.errors import (
    IncompleteBody,
    InvalidArgument,
    MalformedPOSTRequest,
    MaxPostPreDataLengthExceeded,
    MissingContentLength,
    PreconditionFailed,
)
from ...rules.limits import MAX_FORM_FIELDS
from ...rules.post_policy import with_filename
from ...rules.request import Request
from ...rules.uploads import CONTENT_HEADERS
from ..store.bodies import PIECE

_SMALL = 4 * 1024  # bytes read at a time while the fields come
_HEADERS_TOO = 64 * 1024  # bytes in which the fields, with their part headers, must have come
_ABOUT_THE_FORM = (
    *("x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature"),
    "x-amz-security-token",
)
# Headers of the HTTP request that say something about the upload; all others are about the form.
_OF_THE_REQUEST = ("host", "origin", "referer", "user-agent")
Read = Callable[[int], bytes]


@dataclass
class Form:
    """A form up to its file: fields by lower-case name, the file's name, and the rest to read."""

    fields: dict[str, str]
    filename: str | None  # None if the file came as a plain field
    file: Iterator[bytes]

    def filled_in(self) -> dict[str, str]:
        """The fields with ``${filename}`` replaced by the file's name."""
        if self.filename is None:
            return self.fields
        return {name: with_filename(value, self.filename) for name, value in self.fields.items()}

    def headers(self) -> dict[str, str]:
        """The fields as the headers that a PUT of the same object would have."""
        fields = self.filled_in()
        headers = {
            name: value
            for name, value in fields.items()
            if name in CONTENT_HEADERS
            or name == "content-md5"
            or (name.startswith("x-amz-") and name not in _ABOUT_THE_FORM)
        }
        # The request's own Content-Type is the form's, never the object's.
        headers.setdefault("content-type", "binary/octet-stream")
        if "acl" in fields:
            headers["x-amz-acl"] = fields["acl"]
        return headers

    def as_request(self, request: Request) -> Request:
        """The request that policies and checks look at: the form's fields as its headers.

        What the HTTP request around the form says in headers and query is signed by nobody.
        """
        kept = tuple(pair for pair in request.headers if pair[0] in _OF_THE_REQUEST)
        return replace(request, query_string="", headers=(*kept, *self.headers().items()))


def read_form(read: Read, request: Request) -> Form:
    """Read fields until the file begins. Raises the S3Error of a malformed form."""
    kind, options = parse_options_header(request.header("content-type"))
    boundary = options.get("boundary", "")
    if kind != "multipart/form-data":
        raise PreconditionFailed(
            Condition="Bucket POST must be of the enclosure-type multipart/form-data"
        )
    if not boundary or not boundary.isascii():
        # Code that sets Content-Type itself leaves it out. Reported from AWS:
        # https://github.com/danialfarid/ng-file-upload/issues/23
        raise MalformedPOSTRequest()
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
            if size + len(name) + len(value) > MAX_FORM_FIELDS:
                raise MaxPostPreDataLengthExceeded(MaxPostPreDataLengthBytes=MAX_FORM_FIELDS)
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


def _filename(part: Field | File) -> str | None:
    """The file's name as it was sent: the parser takes a backslash for an escape and drops it."""
    found = re.search(r'filename="((?:\\"|[^"])*)"', part.headers.get("content-disposition", ""))
    if found:
        return found[1].replace("%22", '"').replace('\\"', '"')
    return part.filename or "" if isinstance(part, File) else None


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
                    raise MaxPostPreDataLengthExceeded(MaxPostPreDataLengthBytes=MAX_FORM_FIELDS)
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
