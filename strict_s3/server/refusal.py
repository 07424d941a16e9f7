"""What S3 answers to a request that it refuses, and the two ids that every answer has."""

from __future__ import annotations

import random
from base64 import b64encode
from typing import NamedTuple

from ..rules.errors import S3Error
from .response import Headers, Response


class Ids(NamedTuple):
    """``x-amz-request-id`` and ``x-amz-id-2``, which errors call RequestId and HostId."""

    request_id: str
    host_id: str

    def headers(self) -> Headers:
        """As an answer has them."""
        return [("x-amz-request-id", self.request_id), ("x-amz-id-2", self.host_id)]


def new_ids() -> Ids:
    """As long as S3's are. Not secrets, so `random` is enough."""
    chance = random.getrandbits(520)
    return Ids(f"{chance & 0xFFFFFFFFFFFFFFFF:016X}", b64encode(chance.to_bytes(65)[:56]).decode())


def refusal(error: S3Error, ids: Ids) -> Response:
    """The refusal as a response: the error's XML, and the headers that belong to it.

    For a few errors S3 sends neither.
    """
    if not error.has_body:
        return Response(error.status)
    headers = [("content-type", "application/xml"), *error.headers.items()]
    return Response(error.status, headers, error.to_xml(*ids))
