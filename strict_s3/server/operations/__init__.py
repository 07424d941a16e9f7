"""The operations that are carried out, by their names in the Amazon S3 API reference.

Each takes the store and the call, which has been authorised, and returns the answer. What is not
in the table is answered 501.
"""

from __future__ import annotations

from collections.abc import Callable

from ..call import Call
from ..response import Response
from ..store.store import Store
from . import multipart, objects, post_object, put_object, uploads_listed

CarryOut = Callable[[Store, Call], Response]

CARRIED_OUT: dict[str, CarryOut] = {
    "AbortMultipartUpload": multipart.abort_upload,
    "CompleteMultipartUpload": multipart.complete_upload,
    "CreateMultipartUpload": multipart.create_upload,
    "GetObject": objects.get_object,
    "HeadObject": objects.get_object,
    "ListMultipartUploads": uploads_listed.list_uploads,
    "ListParts": uploads_listed.list_parts,
    "PostObject": post_object.post_object,
    "PutObject": put_object.put_object,
    "UploadPart": put_object.upload_part,
}
