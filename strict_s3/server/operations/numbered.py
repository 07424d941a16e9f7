"""Configurations of which a bucket can have many, each by its id: there is none of them here.

Analytics, inventories, intelligent tiering and request metrics are read and deleted as on S3, where
nobody has put any. To put one is 501, since nothing would be analysed, listed or measured.
Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketMetricsConfiguration.html and
the pages of its kind; what is not there is answered as recorded on AWS.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import NoReturn

from ...rules.bucket_errors import NoSuchConfiguration
from ...rules.s3_operations import NUMBERED
from .. import xml
from ..call import Call
from ..response import Response
from ..store.store import Store
from .pages import token_value


def operations() -> Iterator[tuple[str, Callable[[Store, Call], Response]]]:
    """List, Get and Delete of each kind, by the operation's name in the API reference."""
    for name in NUMBERED.values():
        yield f"ListBucket{name}s", partial(_list, name)
        yield f"GetBucket{name}", _missing
        yield f"DeleteBucket{name}", _missing


def _list(name: str, store: Store, call: Call) -> Response:
    """An empty page. Raises InvalidArgument for what is no continuation token."""
    store.bucket(call.bucket)
    token = call.parameter("continuation-token")
    if token is not None:
        token_value(token)
    root = xml.result(f"List{name}sResult")
    xml.add(root, ContinuationToken=token, IsTruncated=False)
    return xml.document(root)


def _missing(store: Store, call: Call) -> NoReturn:
    store.bucket(call.bucket)
    raise NoSuchConfiguration()
