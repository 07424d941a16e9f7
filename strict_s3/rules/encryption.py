"""What requests say about server-side encryption, and what S3 answers to it.

Nothing is encrypted here, so a customer's own key (SSE-C) could only be ignored; S3 refuses it too
in every bucket made since April 2026. Sources:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/blocking-unblocking-s3-c-encryption-gpb.html,
https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html and
https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html; the messages are AWS's own.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Mapping
from uuid import NAMESPACE_URL, uuid5

from .errors import (
    AccessDenied,
    InvalidArgument,
    InvalidEncryptionAlgorithmError,
    InvalidRequest,
    KMSNotFound,
)

SSE = "x-amz-server-side-encryption"
KMS_KEY_ID = f"{SSE}-aws-kms-key-id"
CONTEXT = f"{SSE}-context"
BUCKET_KEY = f"{SSE}-bucket-key-enabled"
OF_THE_SOURCE = "x-amz-copy-source-server-side-encryption-customer-"
_CUSTOMER = f"{SSE}-customer-"
_KMS = ("aws:kms", "aws:kms:dsse")
_ALGORITHMS = ("AES256", *_KMS)
_KEY = re.compile(
    r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32}|alias/[A-Za-z0-9/_-]+"
)
_ARN = re.compile(r"arn:aws:kms:([a-z0-9-]+):[0-9]{12}:(?:key/)?(.+)")


def check_write(headers: Mapping[str, str]) -> None:
    """The encryption that an upload or a copy asks for.

    Raises InvalidArgument, InvalidEncryptionAlgorithmError; AccessDenied for a customer's key,
    which new buckets block.
    """
    if _customer_key(headers, _CUSTOMER):
        # After the key itself: what is wrong with it says more than "Access Denied".
        raise AccessDenied()
    algorithm = headers.get(SSE)
    if algorithm is not None and algorithm not in _ALGORITHMS:
        raise _refused("The encryption method specified is not supported", algorithm)
    if algorithm not in _KMS and (KMS_KEY_ID in headers or CONTEXT in headers):
        raise _refused(
            "Server Side Encryption with AWS KMS managed key requires HTTP header "
            "x-amz-server-side-encryption : aws:kms",
            algorithm,
        )
    if CONTEXT in headers:
        _check_context(headers[CONTEXT])


def check_read(headers: Mapping[str, str]) -> None:
    """Encryption headers of a read: no object here needs any.

    Raises InvalidArgument for x-amz-server-side-encryption, InvalidRequest for a customer's key.
    """
    _check_unsupported(headers)
    _check_not_applicable(headers, _CUSTOMER)


def check_copy_source(headers: Mapping[str, str]) -> None:
    """A customer's key for the source of a copy: none was stored with one. Raises InvalidRequest"""
    _check_not_applicable(headers, OF_THE_SOURCE)


def check_part(headers: Mapping[str, str]) -> None:
    """Encryption headers of a part, or of completing: they belong to CreateMultipartUpload.

    Raises InvalidArgument, InvalidRequest.
    """
    _check_unsupported(headers)
    if _customer_key(headers, _CUSTOMER):
        raise InvalidRequest(
            "The multipart upload initiate requested encryption. Subsequent part requests must "
            "include the appropriate encryption parameters."
        )


def kms_key_arn(key_id: str, region: str, account: str) -> str:
    """The ARN of a KMS key as S3 shows it; "" means the account's own key for S3, aws/s3.

    There is no KMS here: any key that could exist is taken. Raises KMSNotFound for what cannot be
    a key of this region.
    """
    if not key_id:
        key_id = str(uuid5(NAMESPACE_URL, f"arn:aws:kms:{region}:{account}:alias/aws/s3"))
    arn = _ARN.fullmatch(key_id)
    if arn is not None and arn[1] != region:
        raise KMSNotFound(f"Invalid arn {arn[1]}")
    if not _KEY.fullmatch(arn[2] if arn else key_id):
        raise KMSNotFound(f"Invalid keyId '{key_id}'")
    if arn is not None:
        return key_id
    path = key_id if key_id.startswith("alias/") else f"key/{key_id}"
    return f"arn:aws:kms:{region}:{account}:{path}"


def _check_unsupported(headers: Mapping[str, str]) -> None:
    for name in (SSE, KMS_KEY_ID, CONTEXT, BUCKET_KEY):
        if name in headers:
            raise InvalidArgument(
                f"{name} header is not supported for this operation.",
                ArgumentName=name,
                ArgumentValue=headers[name],
            )


def _check_not_applicable(headers: Mapping[str, str], prefix: str) -> None:
    if _customer_key(headers, prefix):
        raise InvalidRequest("The encryption parameters are not applicable to this object.")


def _customer_key(headers: Mapping[str, str], prefix: str) -> bool:
    """True if there is a customer's key, complete and valid; False if there is none."""
    algorithm, key, md5 = (headers.get(prefix + name) for name in ("algorithm", "key", "key-md5"))
    if algorithm is None and key is None and md5 is None:
        return False
    if prefix == _CUSTOMER and SSE in headers:
        raise _refused(
            "Server Side Encryption with Customer provided key is incompatible with the "
            "encryption method specified",
            headers[SSE],
        )
    with_keys = "Requests specifying Server Side Encryption with Customer provided keys must "
    if algorithm is None:
        raise _refused(f"{with_keys}provide a valid encryption algorithm.")
    if algorithm != "AES256":
        raise InvalidEncryptionAlgorithmError(ArgumentName=SSE, ArgumentValue=algorithm)
    if key is None:
        raise _refused(f"{with_keys}provide an appropriate secret key.")
    try:
        secret = base64.b64decode(key, validate=True)
    except (binascii.Error, ValueError):
        secret = b""
    if md5 is None or len(secret) != 32:
        raise _refused("The secret key was invalid for the specified algorithm.")
    calculated = hashlib.md5(secret, usedforsecurity=False).digest()
    if base64.b64encode(calculated).decode() != md5:
        raise _refused(
            "The calculated MD5 hash of the key did not match the hash that was provided."
        )
    return True


def _refused(message: str, value: str | None = None) -> InvalidArgument:
    fields = {} if value is None else {"ArgumentValue": value}
    return InvalidArgument(message, ArgumentName=SSE, **fields)


def _check_context(text: str) -> None:
    try:
        pairs = json.loads(base64.b64decode(text, validate=True))
    except (ValueError, RecursionError):
        pairs = None
    if not isinstance(pairs, dict) or not all(isinstance(value, str) for value in pairs.values()):
        raise InvalidArgument(
            f"The header '{CONTEXT}' shall be Base64-encoded UTF-8 string holding JSON which "
            "represents a string-string map",
            ArgumentName=CONTEXT,
            ArgumentValue=text,
        )
