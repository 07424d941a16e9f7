"""No field of a form is ignored silently, but those that S3 does not know."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping

import pytest
from urllib3.filepost import encode_multipart_formdata

from strict_s3.rules import inputs, sigv4
from strict_s3.rules.sigv4 import Scope
from tests.strict_s3.inputs.samples import SAMPLES, build
from tests.strict_s3.inputs.test_inputs import inputs_of
from tests.strict_s3.inputs.world import BUCKET, KEYS, NOW, REGION, Seen, Sent, World

FILE = b"the file"
SSE = "x-amz-server-side-encryption"
# Fields of a form alone, or with another value than a header's.
OWN = {
    "acl": "public-read",
    "awsaccesskeyid": "AKIAIOSFODNN7EXAMPLE",
    "key": "other",
    "policy": "nonsense",
    "redirect": "http://example.com/a",
    "signature": "nonsense",
    "success_action_redirect": "http://example.com/b",
    "success_action_status": "201",
    "tagging": "<Tagging><TagSet><Tag><Key>a</Key><Value>1</Value></Tag></TagSet></Tagging>",
    "x-amz-algorithm": "nonsense",
    "x-amz-credential": "nonsense",
    "x-amz-date": "nonsense",
    "x-amz-security-token": "nonsense",
    "x-amz-signature": "nonsense",
}
NO_EFFECT = {
    "x-amz-content-sha256": "reported of AWS: never compared (aws/aws-sdk-js#2649)",
    "x-amz-request-payer": "every caller who can be charged is of the account that pays anyway",
    "x-amz-tagging": "reported of AWS: sets no tags (aws/aws-sdk-js#3790); the field is `tagging`",
}


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with pytest.MonkeyPatch.context() as patch:
        yield build(patch)


def send(world: World, fields: Mapping[str, str]) -> Seen:
    """Send a form whose policy allows each of its fields."""
    date = sigv4.amz_date(NOW)
    scope = Scope(date[:8], REGION)
    fields = {
        "key": "k",
        "x-amz-algorithm": "AWS4-HMAC-SHA256",
        "x-amz-credential": f"{KEYS['access_key']}/{scope}",
        "x-amz-date": date,
        **fields,
    }
    free = [["starts-with", f"${name}", ""] for name in fields if name != "policy"]
    document = {"expiration": "2030-01-01T00:00:00Z", "conditions": [{"bucket": BUCKET}, *free]}
    fields = {"policy": base64.b64encode(json.dumps(document).encode()).decode(), **fields}
    key = sigv4.signing_key(KEYS["secret_key"], scope)
    fields = {"x-amz-signature": sigv4.signature(key, fields["policy"]), **fields}
    parts = [*fields.items(), ("file", ("a.txt", FILE, "text/plain"))]
    body, kind = encode_multipart_formdata(parts, boundary="boundary")
    headers = {"content-type": kind}
    return world.send(Sent("POST", f"/{BUCKET}", headers=headers, body=body, presigned=False))


def test_every_field_has_an_effect(world):
    ignored = []
    for name in sorted(inputs.FORM_FIELDS - NO_EFFECT.keys()):
        sample = SAMPLES.get(name)
        beside = dict(sample.headers) if sample else {}
        value = OWN.get(name) or SAMPLES[name].value
        if send(world, beside | {name: value}) == send(world, beside):
            ignored.append(name)
    assert not ignored
    for name in NO_EFFECT:
        assert send(world, {name: "x"}) == send(world, {})


def test_metadata_is_stored(world):
    seen = send(world, {"x-amz-meta-a": "the value"})
    assert seen.status == 204
    assert "the value" in seen.stored


@pytest.mark.parametrize(
    "name",
    [
        *("x-amz-copy-source", "x-amz-metadata-directive", "x-amz-mfa", "x-amz-unknown"),
        *("x-amz-bypass-governance-retention", "if-match", "if-none-match"),
        *("x-amz-write-offset-bytes", "x-amz-checksum-type", "x-amz-object-lock-event-hold"),
    ],
)
def test_what_is_no_field_of_s3s_is_refused_by_name(world, name):
    seen = send(world, {name: "1"})
    assert seen.refuses(name)
    assert seen.stored == world.send(Sent("GET", f"/{BUCKET}")).stored


def test_a_page_may_have_fields_of_its_own(world):
    assert send(world, {"utf8": "yes", "x-ignore-me": "1"}) == send(world, {})


def test_every_header_of_a_put_is_a_field_too():
    """Those that are not are conditions and what is 501; the length is the body's own."""
    missing = set(inputs_of("PutObject")) - inputs.FORM_FIELDS - inputs.NOT_CARRIED_OUT.keys()
    assert missing == {"content-length", "if-match", "if-none-match", "x-amz-meta-"}


def test_the_checksum_that_a_form_asks_for(world):
    seen = send(world, {"x-amz-checksum-algorithm": "SHA256"})
    assert "x-amz-checksum-sha256" in dict(seen.headers)
    other = {"x-amz-checksum-algorithm": "SHA256", "x-amz-checksum-crc32": "AAAAAA=="}
    assert send(world, other).status == 400
