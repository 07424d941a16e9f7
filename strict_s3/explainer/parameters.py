"""Every parameter of a presigned URL and field of a POST form, in a sentence each.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html and
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTForms.html.
"""

from __future__ import annotations

from ..rules import sigv4
from ..rules.limits import MAX_PARTS

# By lower-case name.
_MEANINGS = {
    "x-amz-algorithm": f"How it is signed. Signature Version 4 is {sigv4.ALGORITHM}.",
    "x-amz-credential": "Whose key signed, and the scope of the signature: day, region, service.",
    "x-amz-date": "When it was signed, UTC. The URL's lifetime begins here.",
    "x-amz-expires": "How long it is valid, in seconds from X-Amz-Date.",
    "x-amz-signedheaders": "Headers that the signature covers: the client must send each of them "
    "with exactly the signed value.",
    "x-amz-signature": "Proof that the holder of the secret key made this. Anyone who has it can "
    "use it, so it is not shown.",
    "x-amz-security-token": "Session token: the key is temporary and ends with its session. Not "
    "shown.",
    "x-amz-content-sha256": "What the signature says about the body: nothing, if UNSIGNED-PAYLOAD.",
    "awsaccesskeyid": "Whose key signed (Signature Version 2).",
    "expires": "When it expires, in seconds since 1970, UTC (Signature Version 2).",
    "signature": "Proof that the holder of the secret key made this. Not shown.",
    "x-id": "The operation that the JavaScript SDK signed this for: a hint for people. It is "
    "signed, but S3 ignores it.",
    "versionid": "The version of the object; without it, the newest.",
    "uploadid": "The multipart upload that this belongs to.",
    "partnumber": f"The part of the multipart upload, 1 to {MAX_PARTS:,}.",
    "uploads": "Starts a multipart upload (POST), or lists the unfinished ones (GET).",
    "prefix": "Lists only keys that begin like this.",
    "delimiter": "Groups listed keys at this character.",
    "list-type": "2 is the current version of the object listing.",
    "max-keys": "Lists at most this many keys.",
    "acl": "Reads or sets the access control list itself.",
    "tagging": "Reads or sets the object's tags; in a form, the tags themselves as XML.",
    "x-amz-acl": "The access control list that the object gets.",
    "x-amz-tagging": "The tags that the object gets (in a form: none, S3 ignores it there).",
    "x-amz-storage-class": "The storage class that the object gets.",
    "x-amz-server-side-encryption": "How S3 encrypts the object.",
    "x-amz-sdk-checksum-algorithm": "The checksum that an SDK will send.",
    "x-amz-checksum-mode": "ENABLED: the response has the stored checksum.",
    "x-amz-user-agent": "The program that signed.",
    "content-type": "The signed media type (Signature Version 2): send this header.",
    "key": "The object's key. ${filename} becomes the name of the chosen file.",
    "policy": "The conditions that the form must meet, as base64 of JSON; the signature covers it.",
    "success_action_status": "The status of S3's response: 200, 201 (with XML) or 204.",
    "success_action_redirect": "Where the browser is sent after the upload.",
    "redirect": "An old name of success_action_redirect.",
    "bucket": "The bucket. S3 compares the policy's condition with the URL's bucket, not with "
    "this.",
    "file": "The file. It must be the form's last field: S3 ignores what follows.",
    "cache-control": "Stored with the object: how long caches may keep copies.",
    "content-disposition": "Stored with the object: shown in the browser or saved as a file.",
    "content-encoding": "Stored with the object: how its bytes are encoded.",
}
_FAMILIES = (
    ("x-amz-meta-", "Your own metadata, stored with the object."),
    ("response-", "GET only: S3 sends this header value instead of the stored one."),
    (
        "x-amz-checksum-",
        "A checksum. In the query it is signed, but S3 compares only headers.",
    ),
    ("x-amz-grant-", "Grants somebody permissions on the object."),
    ("x-amz-server-side-encryption-", "How S3 encrypts the object."),
    ("x-amz-object-lock-", "How long the object must be kept."),
    ("x-ignore-", "S3 ignores such a field, and it needs no condition."),
    ("x-amz-", "An x-amz-* value sent in the query instead of a header."),
)


def meaning(name: str, *, in_form: bool = False) -> str:
    """What a query parameter or a form field is for, in a sentence."""
    lower = name.lower()
    if in_form and lower == "content-type":
        return "The media type stored with the object: a label, S3 does not look at the bytes."
    if in_form and lower == "expires":
        return "Stored with the object: when copies of it become stale."
    if in_form and lower == "acl":
        return "The access control list that the object gets."
    if known := _MEANINGS.get(lower):
        return known
    for beginning, words in _FAMILIES:
        if lower.startswith(beginning):
            return words
    if in_form:
        return "S3 does not know this field. Like any other, it needs a condition in the policy."
    return "Not a parameter of S3's signatures; the signature covers it all the same."
