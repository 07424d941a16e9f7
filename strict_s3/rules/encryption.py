"""What requests say about server-side encryption, and what S3 answers to it.

A customer's own key (SSE-C) is refused in every bucket made since April 2026, until the bucket's
encryption unblocks it; then the object can be read only with the same key. S3 wants HTTPS for it,
and this local S3, which has HTTP alone, does not. Sources:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/blocking-unblocking-s3-c-encryption-gpb.html,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerSideEncryptionCustomerKeys.html,
https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html and
https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html; the messages are AWS's own.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
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
CUSTOMER_ALGORITHM, CUSTOMER_KEY_MD5 = f"{SSE}-customer-algorithm", f"{SSE}-customer-key-md5"
_CUSTOMER = f"{SSE}-customer-"
_OF_A_KEY = {
    prefix: frozenset(prefix + name for name in ("algorithm", "key", "key-md5"))
    for prefix in (_CUSTOMER, OF_THE_SOURCE)
}
_KMS = ("aws:kms", "aws:kms:dsse")
_ALGORITHMS = ("AES256", *_KMS)
_KEY = re.compile(
    r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32}|alias/[A-Za-z0-9/_-]+"
)
_ARN = re.compile(r"arn:aws:kms:([a-z0-9-]+):[0-9]{12}:(?:key/)?(.+)")


def check_write(headers: Mapping[str, str]) -> None:
    """The encryption that an upload or a copy asks for, without a customer's key.

    Raises InvalidArgument.
    """
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


def customer_key(headers: Mapping[str, str], *, blocked: bool) -> str:
    """The MD5 (base64) of the customer's key that a write brings along, "" for none.

    `blocked`: whether the bucket blocks SSE-C. Raises InvalidArgument and
    InvalidEncryptionAlgorithmError for what is no key, AccessDenied for one that is blocked.
    """
    md5 = _key_md5(headers, _CUSTOMER)
    if md5 and blocked:
        # After the key itself: what is wrong with it says more than "Access Denied".
        raise AccessDenied()
    return md5


def check_read(headers: Mapping[str, str], stored: str) -> None:
    """Encryption headers of a read; `stored` is the MD5 of the key the object was stored with.

    Raises InvalidArgument for x-amz-server-side-encryption, and what `check_key` raises.
    """
    _check_unsupported(headers)
    check_key(headers, stored)


def check_key(headers: Mapping[str, str], stored: str, prefix: str = _CUSTOMER) -> None:
    """The customer's key that an object is read with: the one it was stored with, or none.

    `stored` is the MD5 of that key, "" for none; `prefix` is `OF_THE_SOURCE` for the object that
    is copied. Raises InvalidRequest, AccessDenied, InvalidArgument,
    InvalidEncryptionAlgorithmError.
    """
    if not stored:
        if _key_md5(headers, prefix):
            raise InvalidRequest("The encryption parameters are not applicable to this object.")
        return
    if not _names_a_key(headers, prefix):
        raise InvalidRequest(
            "The object was stored using a form of Server Side Encryption. The correct parameters "
            "must be provided to retrieve the object."
        )
    # Recorded: what could not be a key at all is refused as a wrong one, other than in a write.
    calculated = _md5_of(_named_key(headers, prefix))
    same = hmac.compare_digest(calculated, stored)
    if not same or headers.get(prefix + "key-md5") != calculated:
        raise AccessDenied(
            "Requests specifying Server Side Encryption with Customer provided keys must provide "
            "the correct secret key."
        )


def check_part(headers: Mapping[str, str], stored: str) -> None:
    """Encryption headers of a part; `stored` is the MD5 of the key that the upload began with.

    Raises InvalidArgument, InvalidEncryptionAlgorithmError, InvalidRequest.
    """
    _check_unsupported(headers)
    md5 = _key_md5(headers, _CUSTOMER)
    if bool(md5) != bool(stored):
        raise InvalidRequest(
            "The multipart upload initiate requested encryption. Subsequent part requests must "
            "include the appropriate encryption parameters."
        )
    if not hmac.compare_digest(md5, stored):
        raise InvalidRequest(
            "The provided encryption parameters did not match the ones used originally."
        )


def check_whole_upload(headers: Mapping[str, str], stored: str, *, checksums: bool) -> None:
    """ListParts and CompleteMultipartUpload need the key where the upload has `checksums`.

    (https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html; that the
    others do without it is recorded.) Raises as `check_part`.
    """
    if checksums or _names_a_key(headers, _CUSTOMER):
        check_part(headers, stored)
    _check_unsupported(headers)


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


def _names_a_key(headers: Mapping[str, str], prefix: str) -> bool:
    return not headers.keys().isdisjoint(_OF_A_KEY[prefix])


def _key_md5(headers: Mapping[str, str], prefix: str) -> str:
    """The MD5 of a customer's key that is complete and valid; "" if there is none.

    Raises InvalidArgument, InvalidEncryptionAlgorithmError.
    """
    if not _names_a_key(headers, prefix):
        return ""
    secret, md5 = _named_key(headers, prefix), headers.get(prefix + "key-md5")
    if md5 is None or len(secret) != 32:
        raise _refused("The secret key was invalid for the specified algorithm.")
    if _md5_of(secret) != md5:
        raise _refused(
            "The calculated MD5 hash of the key did not match the hash that was provided."
        )
    return md5


def _named_key(headers: Mapping[str, str], prefix: str) -> bytes:
    """The key itself, of whatever length; b"" for what is not base64. Raises as `_key_md5`."""
    if prefix == _CUSTOMER and SSE in headers:
        raise _refused(
            "Server Side Encryption with Customer provided key is incompatible with the "
            "encryption method specified",
            headers[SSE],
        )
    algorithm, key = headers.get(prefix + "algorithm"), headers.get(prefix + "key")
    with_keys = "Requests specifying Server Side Encryption with Customer provided keys must "
    if algorithm is None:
        raise _refused(f"{with_keys}provide a valid encryption algorithm.")
    if algorithm != "AES256":
        raise InvalidEncryptionAlgorithmError(ArgumentName=SSE, ArgumentValue=algorithm)
    if key is None:
        raise _refused(f"{with_keys}provide an appropriate secret key.")
    try:
        return base64.b64decode(key, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _md5_of(secret: bytes) -> str:
    return base64.b64encode(hashlib.md5(secret, usedforsecurity=False).digest()).decode()


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
