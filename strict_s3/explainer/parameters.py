"""Every parameter that a presigned URL or a POST form may carry, in one sentence each."""

from __future__ import annotations

from ..rules import sigv4

# By lower-case name.
_MEANINGS = {
    "x-amz-algorithm": f"How it is signed. Signature Version 4 is {sigv4.ALGORITHM}.",
    "x-amz-credential": "Whose key signed, and the scope of the signature: day, region, service.",
    "x-amz-date": "When it was signed, UTC. A URL's life is counted from here.",
    "x-amz-expires": "How long it is good for, in seconds, counted from X-Amz-Date.",
    "x-amz-signedheaders": "Headers that the signature covers: the client must send each of them "
    "with exactly the value that was signed.",
    "x-amz-signature": "Proof that the holder of the secret key made this. Whoever has it can use "
    "it, so it is not shown.",
    "x-amz-security-token": "Session token: the key is a temporary one, and ends with its session. "
    "Not shown.",
    "x-amz-content-sha256": "What the signature says about the body; UNSIGNED-PAYLOAD: nothing.",
    "awsaccesskeyid": "Whose key signed (Signature Version 2).",
    "expires": "When it ends, in seconds since 1970, UTC (Signature Version 2).",
    "signature": "Proof that the holder of the secret key made this. Not shown.",
    "x-id": "The operation that the JavaScript SDK signed this for. A hint for people; signed, but "
    "S3 does not act on it.",
    "versionid": "The version of the object. Without it: the newest.",
    "uploadid": "The multipart upload that this belongs to.",
    "partnumber": "The part of the multipart upload, 1 to 10,000.",
    "uploads": "Starts a multipart upload (POST), or lists those under way (GET).",
    "prefix": "Lists only keys that begin like this.",
    "delimiter": "Groups listed keys at this character.",
    "list-type": "2: the present form of the object listing.",
    "max-keys": "Lists at most this many keys.",
    "acl": "Asks for the access control list itself, to read it or to set it.",
    "tagging": "Asks for the object's tags; in a form, the tags themselves as XML.",
    "x-amz-acl": "The access control list that the object gets.",
    "x-amz-tagging": "The tags that the object gets.",
    "x-amz-storage-class": "The storage class that the object gets.",
    "x-amz-server-side-encryption": "How S3 is to encrypt the object.",
    "x-amz-sdk-checksum-algorithm": "The checksum that an SDK means to send.",
    "x-amz-checksum-mode": "ENABLED: the answer carries the stored checksum.",
    "x-amz-user-agent": "The program that signed.",
    "content-type": "The media type that was signed (Signature Version 2): send this header.",
    "key": "The object's key. ${filename} becomes the name of the chosen file.",
    "policy": "The conditions that the form must meet, as base64 of JSON; the signature covers it.",
    "success_action_status": "The status of S3's answer: 200, 201 (with XML) or 204.",
    "success_action_redirect": "Where the browser is sent after the upload.",
    "redirect": "An old name of success_action_redirect.",
    "bucket": "The bucket. It is in the URL too; the policy's condition is compared with that one.",
    "file": "The file. It has to be the form's last field: S3 ignores what follows it.",
    "cache-control": "Stored with the object: how long others may keep copies.",
    "content-disposition": "Stored with the object: shown in the browser or saved as a file.",
    "content-encoding": "Stored with the object: how its bytes are encoded.",
}
_FAMILIES = (
    ("x-amz-meta-", "Your own metadata, stored with the object."),
    ("response-", "GET only: S3 answers with this header value in place of the stored one."),
    ("x-amz-checksum-", "A checksum. In the query it is signed, but S3 compares only headers."),
    ("x-amz-grant-", "Gives rights on the object to somebody."),
    ("x-amz-server-side-encryption-", "How S3 is to encrypt the object."),
    ("x-amz-object-lock-", "How long the object must be kept."),
    ("x-ignore-", "S3 takes no notice of such a field, and it needs no condition."),
    ("x-amz-", "An x-amz-* value that travels in the query instead of a header."),
)


def meaning(name: str, *, in_form: bool = False) -> str:
    """What a query parameter or a form field is for, in a sentence."""
    lower = name.lower()
    if in_form and lower == "content-type":
        return "The media type that the object is stored with: a label, nobody looks at the bytes."
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
        return "Not a field that S3 knows. Like any other it needs a condition in the policy."
    return "Not a parameter that S3's signatures know. It is covered by the signature all the same."
