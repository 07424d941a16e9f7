"""AWS's published examples, stage by stage, so that a failure names the stage that broke.

Sources, all in the Amazon S3 API reference: "Authenticating Requests: Using Query Parameters",
"Signature Calculations for the Authorization Header: Transferring Payload in a Single Chunk",
"… in Multiple Chunks", and "Examples: Browser-Based Upload using HTTP POST".
"""

from __future__ import annotations

import hashlib
import io

import pytest

from strict_s3.rules import sigv4
from strict_s3.rules.payload import ChunkedBody, ChunkSigner, Payload
from strict_s3.rules.request import Request
from strict_s3.rules.sigv4 import EMPTY_SHA256, Scope
from tests.strict_s3.rules.signing import ACCESS_KEY, HOST, SECRET_KEY, presigned

DATE = "20130524T000000Z"
SCOPE = Scope("20130524", "us-east-1")
PUT_BODY = hashlib.sha256(b"Welcome to Amazon S3.").hexdigest()


def headers(payload: str, **more: str) -> dict[str, str]:
    named = {name.replace("_", "-"): value for name, value in more.items()}
    return {"host": HOST, "x-amz-content-sha256": payload, "x-amz-date": DATE, **named}


# name, method, path, query, headers, payload hash, SHA-256 of the canonical request, signature
VECTORS = [
    (
        "presigned GET",
        "GET",
        "/test.txt",
        [
            ("X-Amz-Algorithm", "AWS4-HMAC-SHA256"),
            ("X-Amz-Credential", f"{ACCESS_KEY}/{SCOPE}"),
            ("X-Amz-Date", DATE),
            ("X-Amz-Expires", "86400"),
            ("X-Amz-SignedHeaders", "host"),
        ],
        {"host": HOST},
        "UNSIGNED-PAYLOAD",
        "3bfa292879f6447bbcda7001decf97f4a54dc650c8942174ae0a9121cf58ad04",
        "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404",
    ),
    (
        "GET of a range",
        "GET",
        "/test.txt",
        [],
        headers(EMPTY_SHA256, range="bytes=0-9"),
        EMPTY_SHA256,
        "7344ae5b7ee6c3e7e6b0fe0640412a37625d1fbfff95c48bbb2dc43964946972",
        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
    ),
    (
        "PUT of an object",
        "PUT",
        "/test$file.text",
        [],
        headers(
            PUT_BODY,
            date="Fri, 24 May 2013 00:00:00 GMT",
            x_amz_storage_class="REDUCED_REDUNDANCY",
        ),
        PUT_BODY,
        "9e0e90d9c76de8fa5b200d8c849cd5b8dc7a3be3951ddb7f6a76b4158342019d",
        "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
    ),
    (
        "GET of a configuration",
        "GET",
        "/",
        [("lifecycle", "")],
        headers(EMPTY_SHA256),
        EMPTY_SHA256,
        "9766c798316ff2757b517bc739a67f6213b4ab36dd5da2f94eaebf79c77395ca",
        "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
    ),
    (
        "GET of a listing",
        "GET",
        "/",
        [("max-keys", "2"), ("prefix", "J")],
        headers(EMPTY_SHA256),
        EMPTY_SHA256,
        "df57d21db20da04d7fa30298dd4488ba3a2b47ca3a489c74750e0f1e7df1b9b7",
        "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
    ),
]


def request(method: str, path: str, query: list[tuple[str, str]], headers) -> Request:
    return Request(
        method, sigv4.canonical_uri(path), sigv4.encoded_query(query), tuple(headers.items())
    )


@pytest.mark.parametrize("vector", VECTORS, ids=[v[0] for v in VECTORS])
def test_published_vector(vector):
    _, method, path, query, sent, payload, canonical_hash, signature = vector
    canonical = sigv4.canonical_request(request(method, path, query, sent), sorted(sent), payload)
    assert hashlib.sha256(canonical.encode()).hexdigest() == canonical_hash, canonical
    text = sigv4.string_to_sign(DATE, SCOPE, canonical)
    assert text == f"AWS4-HMAC-SHA256\n{DATE}\n{SCOPE}\n{canonical_hash}"
    assert sigv4.signature(sigv4.signing_key(SECRET_KEY, SCOPE), text) == signature


def test_presign_makes_the_published_url():
    assert presigned().endswith(f"&X-Amz-Signature={VECTORS[0][-1]}")


POLICY = """{ "expiration": "2015-12-30T12:00:00.000Z",
  "conditions": [
    {"bucket": "sigv4examplebucket"},
    ["starts-with", "$key", "user/user1/"],
    {"acl": "public-read"},
    {"success_action_redirect": "http://sigv4examplebucket.s3.amazonaws.com/successful_upload.html"},
    ["starts-with", "$Content-Type", "image/"],
    {"x-amz-meta-uuid": "14365123651274"},
    {"x-amz-server-side-encryption": "AES256"},
    ["starts-with", "$x-amz-meta-tag", ""],

    {"x-amz-credential": "AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request"},
    {"x-amz-algorithm": "AWS4-HMAC-SHA256"},
    {"x-amz-date": "20151229T000000Z" }
  ]
}"""


def test_published_post_policy():
    # Signed with the line ends of Windows; with others the published signature does not come out.
    import base64

    encoded = base64.b64encode(POLICY.replace("\n", "\r\n").encode()).decode()
    key = sigv4.signing_key(SECRET_KEY, Scope("20151229", "us-east-1"))
    assert sigv4.signature(key, encoded) == (
        "8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e"
    )


SEED = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"
CHUNKS = [
    (b"a" * 65536, "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648"),
    (b"a" * 1024, "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497"),
    (b"", "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"),
]


def test_published_chunks():
    signer = ChunkSigner(sigv4.signing_key(SECRET_KEY, SCOPE), SCOPE, DATE, SEED)
    for data, signature in CHUNKS:
        assert signer.chunk(hashlib.sha256(data).hexdigest()) == signature


def test_published_chunks_as_a_stream():
    stream = b"".join(
        b"%x;chunk-signature=%s\r\n%s\r\n" % (len(data), signature.encode(), data)
        for data, signature in CHUNKS
    )
    signer = ChunkSigner(sigv4.signing_key(SECRET_KEY, SCOPE), SCOPE, DATE, SEED)
    body = ChunkedBody(io.BytesIO(stream).read, Payload("", True, True), signer)
    assert b"".join(body) == b"a" * (65536 + 1024)
