"""The sizes and names that S3 accepts: one home for every number that several rooms need.

Sizes are bytes. What only one rule needs stays with that rule: the lifetime of a URL in
`sigv4.MAX_EXPIRES`, the clock's tolerance in `authentication.MAX_SKEW`, tags in `tags`, CORS rules
in `cors`.
"""

from __future__ import annotations

import re

KIB, MIB, GIB = 1024, 1024**2, 1024**3

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
MAX_KEY = 1 * KIB  # of the key in UTF-8
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html
MAX_METADATA = 2 * KIB  # of the names (after x-amz-meta-) and values together

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/upload-objects.html
MAX_PUT = 5 * GIB  # of the body of one request: a PUT, a form's file, a part
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
MIN_PART = 5 * MIB  # of every part but the last
MAX_PART = 5 * GIB
MAX_PARTS = 10_000  # also the highest part number
MAX_OBJECT = MAX_PARTS * MAX_PART  # "48.8 TiB", and only in parts

# https://docs.aws.amazon.com/AmazonS3/latest/API/HTTPPOSTForms.html
MAX_FORM_FIELDS = 20 * KIB  # of a form's field names and values, without the file
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-iam-policies.html
MAX_BUCKET_POLICY = 20 * KIB
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
MAX_DELETE = 1000  # keys in one DeleteObjects
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
MAX_LIST = 1000  # keys, versions, uploads or parts on one page of a listing
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html
MAX_BUCKETS_LISTED = 10_000  # buckets on one page

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
_NEW_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_LIKE_AN_ADDRESS = re.compile(r"[0-9]{1,3}(\.[0-9]{1,3}){3}")
_RESERVED_PREFIXES = ("xn--", "sthree-", "amzn-s3-demo-")
_RESERVED_SUFFIXES = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--xa-s3", "--table-s3")
# The same page: until March 2018 names in us-east-1 were up to 255 characters long, with upper
# case and underscores. Buckets with such names still exist.
_OLD_BUCKET = re.compile(r"[A-Za-z0-9._-]{3,255}")


def new_bucket_name_problem(name: str) -> str:
    """Why S3 refuses to create a bucket of this name, as the end of a sentence; "" if it doesn't.

    >>> new_bucket_name_problem("my-bucket"), new_bucket_name_problem("My_Bucket")
    ('', 'it must be 3 to 63 of a-z, 0-9, dots and hyphens, beginning and ending with a-z or 0-9')
    """
    if not _NEW_BUCKET.fullmatch(name):
        return (
            "it must be 3 to 63 of a-z, 0-9, dots and hyphens, beginning and ending with a-z or 0-9"
        )
    if ".." in name or ".-" in name or "-." in name:
        return "it must not have two dots, or a dot and a hyphen, side by side"
    if _LIKE_AN_ADDRESS.fullmatch(name):
        return "it must not look like an IP address"
    for prefix in _RESERVED_PREFIXES:
        if name.startswith(prefix):
            return f"AWS reserves names that begin with {prefix}"
    for suffix in _RESERVED_SUFFIXES:
        if name.endswith(suffix):
            return f"AWS reserves names that end with {suffix}"
    return ""


def leaves_the_bucket(key: str) -> bool:
    """Do the ``..`` of a key, read from the left, ever outnumber the parts before them?

    S3 takes no such key from an address:
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html

    >>> leaves_the_bucket("a/b/../../c"), leaves_the_bucket("a/../../c")
    (False, True)
    """
    depth = 0
    for part in key.split("/") if ".." in key else ():
        depth += -1 if part == ".." else part != "."
        if depth < 0:
            return True
    return False


def may_be_bucket_name(name: str) -> bool:
    """Can a bucket have this name? The weaker rule: for a bucket that exists already.

    >>> may_be_bucket_name("My_Bucket"), may_be_bucket_name("s3://my-bucket")
    (True, False)
    """
    return bool(_OLD_BUCKET.fullmatch(name))
