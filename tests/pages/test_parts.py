"""Large files in parts: what the server signs, completes and gives up, and for whom."""

from __future__ import annotations

import pytest
import requests
from botocore.exceptions import ClientError, EndpointConnectionError

from helpers.pages.upload_page import lifecycle, parts
from helpers.pages.upload_page.limits import Limits
from helpers.pages.upload_page.parts import PartSigner
from helpers.pages.upload_page.run import UploadPage
from strict_s3.rules.limits import MIB
from tests.pages.conftest import Page
from tests.service import error_of

SIZE = 8 * MIB + 5  # two parts
FIRST, SECOND = b"a" * (8 * MIB), b"last!"


@pytest.fixture
def ann(service) -> Page:
    page = Page(service, limits=Limits(max_bytes=20 * MIB), signatures_a_minute=20)
    assert page.sign_in().status_code == 200
    return page


def begun(page: Page) -> dict:
    answer = page.sign(how="parts", size=SIZE, name="é.png")
    assert answer.status_code == 200
    return answer.get_json()


def which(signed: dict, **more) -> dict:
    return {"key": signed["key"], "upload": signed["upload"], **more}


def urls(page: Page, signed: dict, first: int = 1) -> list[str]:
    return page.post("/parts/sign", which(signed, size=SIZE, first=first)).get_json()["urls"]


def unfinished(service) -> int:
    found = service.client().list_multipart_uploads(Bucket=service.bucket)
    return len(found.get("Uploads", []))


def test_a_file_arrives_in_parts_with_its_own_type_and_name(ann, service):
    signed = begun(ann)
    assert (signed["part_size"], signed["count"]) == (8 * MIB, 2)
    first, second = urls(ann, signed)
    assert urls(ann, signed, 2)[0].partition("&X-Amz-Date")[0] == second.partition("&X-Amz-Date")[0]
    assert requests.put(first, FIRST).status_code == 200
    assert requests.put(second, SECOND).status_code == 200
    done = ann.post("/parts/complete", which(signed, size=SIZE))
    assert done.get_json() == {"key": signed["key"]}
    got = service.client().get_object(Bucket=service.bucket, Key=signed["key"])
    assert got["Body"].read() == FIRST + SECOND
    assert got["ContentType"] == "image/png"
    assert got["ContentDisposition"].endswith("''%C3%A9.png")
    # The answer was lost, and the page asks again.
    told = ann.post("/parts/arrived", which(signed)).get_json()
    assert told == {"arrived": [], "stored": True}
    assert ann.post("/parts/complete", which(signed, size=SIZE)).status_code == 200


def test_a_part_has_the_length_that_was_signed(ann):
    signed = begun(ann)
    first, second = urls(ann, signed)
    for url, body in ((first, FIRST + b"x"), (first, FIRST[:-1]), (second, FIRST), (second, b"")):
        assert error_of(requests.put(url, body))[:2] == (403, "SignatureDoesNotMatch")
    assert requests.put(second, SECOND).status_code == 200


def test_half_a_file_is_not_completed(ann, service):
    signed = begun(ann)
    requests.put(urls(ann, signed)[1], SECOND)
    answer = ann.post("/parts/complete", which(signed, size=SIZE))
    assert answer.status_code == 409
    assert "not the whole file" in answer.get_json()["error"]
    assert "Contents" not in service.client().list_objects_v2(Bucket=service.bucket)


def test_what_is_given_up_is_gone(ann, service):
    signed = begun(ann)
    url = urls(ann, signed)[1]
    assert requests.put(url, SECOND).status_code == 200
    for _ in range(2):
        assert ann.post("/parts/abort", which(signed)).status_code == 200
    assert unfinished(service) == 0
    assert error_of(requests.put(url, SECOND))[:2] == (404, "NoSuchUpload")
    answer = ann.post("/parts/complete", which(signed, size=SIZE))
    assert answer.status_code == 410
    assert "has ended" in answer.get_json()["error"]


@pytest.mark.parametrize(
    ("path", "more"),
    [("sign", {"size": SIZE, "first": 1}), ("complete", {"size": SIZE}), ("abort", {})],
)
def test_only_the_owner_may(ann, service, path, more):
    signed = begun(ann)
    other = Page(service)
    assert other.post(f"/parts/{path}", which(signed, **more)).status_code == 401
    other.sign_in("bob")
    refused = other.post(f"/parts/{path}", which(signed, **more))
    assert (refused.status_code, refused.get_json()["error"]) == (
        403,
        "That is not an upload of yours.",
    )
    for wrong in ({"key": 7}, {"key": "lesson-01/x"}, {"upload": ""}, {"upload": None}):
        assert ann.post(f"/parts/{path}", which(signed, **more) | wrong).status_code == 403
    assert unfinished(service) == 1


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"first": 0}, "first: a part's number, 1 to 2."),
        ({"first": 3}, "1 to 2"),
        ({"first": True}, "1 to 2"),
        ({"first": "1"}, "1 to 2"),
        ({"size": 0}, "size: 1 to"),
        ({"size": 20 * MIB + 1}, "size: 1 to 20,971,520 bytes."),
        ({"size": "5"}, "size: 1 to"),
        ({"more": 1}, "the server decides that"),
    ],
)
def test_numbers_and_sizes_that_cannot_be(ann, wrong, told):
    signed = begun(ann)
    answer = ann.post("/parts/sign", which(signed, size=SIZE, first=1) | wrong)
    assert answer.status_code == 400
    assert told in answer.get_json()["error"]


def test_what_may_not_be_uploaded_is_not_begun(ann, service):
    assert ann.sign(how="parts", size=20 * MIB + 1).status_code == 413
    assert ann.sign(how="parts", size=SIZE, type="text/html").status_code == 415
    assert ann.sign(how="parts", size=0).status_code == 400
    assert unfinished(service) == 0


def test_parts_are_signed_twenty_at_a_time_and_counted(ann, monkeypatch):
    monkeypatch.setattr("helpers.pages.upload_page.parts.part_size_for", lambda _: 1000)
    signed = begun(ann)
    assert len(urls(ann, signed)) == 20
    for _ in range(30):
        last = ann.post("/parts/sign", which(signed, size=SIZE, first=1))
    assert last.status_code == 429


# What nobody finishes.


def ticket(page: Page, text: str = "ticket-1", **more) -> dict:
    return page.sign(how="parts", size=SIZE, ticket=text, **more).get_json()


def test_asked_twice_with_one_ticket_it_is_one_upload(ann, service):
    one, again, other = ticket(ann), ticket(ann), ticket(ann, "ticket-2")
    assert one == again
    assert other["upload"] != one["upload"]
    ann.sign_in("bob")
    assert ticket(ann)["key"].startswith("uploads/bob/")  # a ticket is a user's own
    assert unfinished(service) == 3


def test_asked_twice_at_once_it_is_one_upload_as_well(ann, service, monkeypatch):
    """Both have looked, and found no upload for the ticket: the one that notes it first wins."""
    first = ticket(ann)
    noted = PartSigner._noted
    looks = []

    def late(self, *args):
        looks.append(args)
        return None if len(looks) == 1 else noted(self, *args)

    monkeypatch.setattr(PartSigner, "_noted", late)
    assert ticket(ann) == first
    assert unfinished(service) == 1


@pytest.mark.parametrize("text", ["", "short", "x" * 65, 5, None, ["ticket-1"]])
def test_tickets_that_are_none(ann, text, service):
    if text is None:
        assert ann.sign(how="parts", size=SIZE, ticket=text).status_code == 200
    else:
        assert ann.sign(how="parts", size=SIZE, ticket=text).status_code == 400
        assert unfinished(service) == 0


def test_what_has_arrived(ann):
    signed = begun(ann)
    assert ann.post("/parts/arrived", which(signed)).get_json() == {"arrived": [], "stored": False}
    requests.put(urls(ann, signed)[1], SECOND)
    told = ann.post("/parts/arrived", which(signed)).get_json()
    assert told == {"arrived": [2], "stored": False}
    ann.post("/parts/abort", which(signed))
    ended = ann.post("/parts/arrived", which(signed))
    assert (ended.status_code, "has ended" in ended.text) == (410, True)


def test_a_page_that_is_left_for_good(ann, service):
    kept, left, back = ticket(ann), ticket(ann, "ticket-2"), ticket(ann, "ticket-3")
    for signed in (left, back):
        assert ann.post("/parts/leave", which(signed)).get_json() == {"seconds": 3600}
    assert ann.post("/parts/arrived", which(back)).status_code == 200
    ann.ticks.now += 3599
    ann.get("/session")
    assert unfinished(service) == 3
    ann.ticks.now += 61
    ann.get("/session")
    listed = service.client().list_multipart_uploads(Bucket=service.bucket)["Uploads"]
    assert {found["UploadId"] for found in listed} == {kept["upload"], back["upload"]}
    ann.ticks.now += 24 * 3600
    ann.get("/session")
    assert unfinished(service) == 0


def test_a_request_waits_for_few_aborts(ann, service, monkeypatch):
    monkeypatch.setattr(parts, "_AT_A_TIME", 2)
    for number in range(3):
        ticket(ann, f"ticket-{number}")
    ann.ticks.now += 25 * 3600
    for left in (1, 0):
        ann.get("/session")
        assert unfinished(service) == left
        ann.ticks.now += 61


def test_unfinished_uploads_have_a_most(ann, service, monkeypatch):
    monkeypatch.setattr(parts, "MAX_UNFINISHED", 2)
    first = ticket(ann)
    assert ticket(ann, "ticket-2") == ticket(ann, "ticket-2")  # the same one again
    refused = ann.sign(size=SIZE, how="parts", ticket="ticket-3")
    assert (refused.status_code, unfinished(service)) == (409, 2)
    assert refused.get_json()["error"].startswith("You have 2 unfinished uploads.")
    ann.post("/parts/abort", which(first))
    assert ann.sign(size=SIZE, how="parts", ticket="ticket-3").status_code == 200
    ann.sign_in("bob")  # has none
    assert ann.sign(size=SIZE, how="parts", ticket="ticket-4").status_code == 200


def test_what_is_completed_is_not_swept(ann, service):
    signed = begun(ann)
    for url, body in zip(urls(ann, signed), (FIRST, SECOND), strict=True):
        requests.put(url, body)
    ann.post("/parts/leave", which(signed))
    assert ann.post("/parts/complete", which(signed, size=SIZE)).status_code == 200
    ann.ticks.now += 7200
    ann.get("/session")
    assert service.stored() == [signed["key"]]


def test_an_upload_is_aborted_by_its_ticket(ann, service):
    ticket(ann)
    for _ in range(2):
        assert ann.post("/parts/abort", {"ticket": "ticket-1"}).status_code == 200
    assert unfinished(service) == 0
    assert ann.post("/parts/abort", {}).status_code == 400


def test_an_s3_that_is_away_when_it_is_swept(ann, service, monkeypatch, caplog):
    ticket(ann)

    def away(**_):
        raise EndpointConnectionError(endpoint_url="http://s3")

    monkeypatch.setattr(service.client(), "abort_multipart_upload", away)
    ann.ticks.now += 25 * 3600
    assert ann.get("/").status_code == 200
    assert "could not be aborted" in caplog.text


@pytest.mark.parametrize("path", ["arrived", "leave"])
def test_others_uploads_are_neither_listed_nor_left(ann, path):
    signed = begun(ann)
    ann.sign_in("bob")
    assert ann.post(f"/parts/{path}", which(signed)).status_code == 403


def test_is_it_stored(ann):
    signed = ann.sign().get_json()
    assert ann.post("/stored", {"key": signed["key"]}).get_json() == {"stored": False}
    requests.post(signed["url"], signed["fields"], files={"file": b"12345"})
    assert ann.post("/stored", {"key": signed["key"]}).get_json() == {"stored": True}
    for key in ("uploads/bob/x", "x", None, 5):
        assert ann.post("/stored", {"key": key}).status_code == 403


def test_four_permissions_are_enough(service):
    """Those that `wsgi` names; not even s3:ListBucket."""
    needed = ("PutObject", "GetObject", "AbortMultipartUpload", "ListMultipartUploadParts")
    allow = {
        "Effect": "Allow",
        "Action": [f"s3:{action}" for action in needed],
        "Resource": f"arn:aws:s3:::{service.bucket}/uploads/*",
    }
    keys = service.user("page", allow)

    class Own:
        bucket = service.bucket

        def client(self):
            return service.client("s3", keys)

    page = Page(Own(), limits=Limits(max_bytes=20 * MIB))
    page.sign_in()
    absent = page.sign().get_json()
    assert page.post("/stored", {"key": absent["key"]}).get_json() == {"stored": False}
    assert requests.post(absent["url"], absent["fields"], files={"file": b"12345"}).ok
    assert page.post("/stored", {"key": absent["key"]}).get_json() == {"stored": True}
    signed = begun(page)
    for url, body in zip(urls(page, signed), (FIRST, SECOND), strict=True):
        assert requests.put(url, body).ok
    assert page.post("/parts/arrived", which(signed)).get_json()["arrived"] == [1, 2]
    assert page.post("/parts/complete", which(signed, size=SIZE)).status_code == 200
    link = page.post("/link", {"key": signed["key"]}).get_json()["url"]
    assert requests.get(link).content == FIRST + SECOND
    other = begun(page)
    assert page.post("/parts/abort", which(other)).status_code == 200
    assert page.post("/parts/arrived", which(other)).status_code == 410
    assert unfinished(service) == 0


# The rule for the rest.

KEPT = {
    "ID": "old",
    "Status": "Enabled",
    "Filter": {"Prefix": "logs/"},
    "Expiration": {"Days": 3},
}


def lifecycle_of(service) -> list:
    found = service.client().get_bucket_lifecycle_configuration(Bucket=service.bucket)
    return found["Rules"]


def test_the_rule_is_added_beside_others(service):
    s3, bucket = service.client(), service.bucket
    s3.put_bucket_lifecycle_configuration(
        Bucket=bucket,
        LifecycleConfiguration={"Rules": [KEPT]},
        TransitionDefaultMinimumObjectSize="varies_by_storage_class",
    )
    assert not lifecycle.is_covered(s3, bucket, "uploads/")
    lifecycle.add_rule(s3, bucket, "uploads/")
    lifecycle.add_rule(s3, bucket, "uploads/")
    assert lifecycle_of(service) == [KEPT, lifecycle.abort_rule("uploads/")]
    found = s3.get_bucket_lifecycle_configuration(Bucket=bucket)
    assert found["TransitionDefaultMinimumObjectSize"] == "varies_by_storage_class"


def test_rules_that_may_not_be_read_are_not_replaced(service):
    """S3 has one configuration a bucket: to add a rule unread would delete all others."""
    s3, bucket = service.client(), service.bucket
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": [KEPT]})
    action, resource = "s3:PutLifecycleConfiguration", f"arn:aws:s3:::{bucket}"
    keys = service.user("writer", {"Effect": "Allow", "Action": action, "Resource": resource})
    with pytest.raises(ClientError, match="AccessDenied"):
        lifecycle.add_rule(service.client("s3", keys), bucket, "uploads/")
    assert lifecycle_of(service) == [KEPT]


@pytest.mark.parametrize(
    ("changed", "covered"),
    [
        ({}, True),
        ({"Filter": {"Prefix": ""}}, True),
        ({"Filter": {}}, True),
        ({"Status": "Disabled"}, False),
        ({"Filter": {"Prefix": "uploads/ann/"}}, False),
        ({"Filter": {"Prefix": "other/"}}, False),
    ],
)
def test_a_rule_that_covers_the_uploads(service, changed, covered):
    s3, bucket = service.client(), service.bucket
    rule = lifecycle.abort_rule("uploads/") | changed
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": [rule]})
    assert lifecycle.is_covered(s3, bucket, "uploads/") is covered


def test_the_rule_ends_what_the_server_never_heard_of(ann, service, lab):
    page = UploadPage(lab)
    page.stop()
    begun(ann)
    service.later(days=3)
    assert unfinished(service) == 0
