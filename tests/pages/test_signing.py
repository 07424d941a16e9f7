"""The signing endpoint: what is signed, that S3 enforces it, and what is not signed at all."""

from __future__ import annotations

import base64
import json
import logging
import re
from datetime import datetime, timedelta

import pytest
import requests
from botocore.exceptions import ClientError

from helpers.pages.upload_page.names import disposition, last_part, plain
from tests.pages.conftest import LIMITS, Page
from tests.service import error_of


def send(signed, body=b"12345", **fields):
    """What the page's JavaScript sends."""
    if signed["how"] == "put":
        return requests.put(signed["url"], data=body, headers=signed["headers"] | fields)
    form = {**signed["fields"], **fields}
    return requests.post(signed["url"], data=form, files={"file": ("x", body)})


def nothing_stored(service) -> bool:
    return "Contents" not in service.client().list_objects_v2(Bucket=service.bucket)


# What is signed.


def test_the_policy_fixes_everything(ann):
    signed = ann.sign(name="tab.csv", type="text/csv", size=7).get_json()
    policy = json.loads(base64.b64decode(signed["fields"]["policy"]))
    ends = datetime.fromisoformat(policy["expiration"])
    left = ends - datetime.now(ends.tzinfo)
    assert timedelta(minutes=14) < left <= timedelta(minutes=15)
    assert signed["seconds"] == 900
    assert ["content-length-range", 7, 7] in policy["conditions"]
    for name in ("Content-Type", "Content-Disposition", "success_action_status", "key"):
        assert {name: signed["fields"][name]} in policy["conditions"]
    assert not any(c[0] == "starts-with" for c in policy["conditions"] if isinstance(c, list))


def test_a_form_is_answered_with_location_and_stores_what_was_signed(ann, service):
    signed = ann.sign(name="é x.png").get_json()
    answer = send(signed)
    assert answer.status_code == 201
    assert f"<Key>{signed['key']}</Key>" in answer.text
    assert answer.headers["location"].startswith(service.endpoint)
    head = service.client().head_object(Bucket=service.bucket, Key=signed["key"])
    assert head["ContentType"] == "image/png"
    assert head["ContentDisposition"] == disposition("é x.png")


def test_a_put_stores_what_was_signed_and_never_overwrites(ann, service):
    signed = ann.sign(how="put", name="é x.png").get_json()
    assert send(signed).status_code == 200
    head = service.client().head_object(Bucket=service.bucket, Key=signed["key"])
    assert (head["ContentType"], head["ContentLength"]) == ("image/png", 5)
    assert error_of(send(signed, b"other"))[:2] == (412, "PreconditionFailed")
    stored = service.client().get_object(Bucket=service.bucket, Key=signed["key"])
    assert stored["Body"].read() == b"12345"


@pytest.mark.parametrize("how", ["post", "put"])
def test_an_empty_file_and_the_largest(ann, how):
    for size in (0, LIMITS.max_bytes):
        assert send(ann.sign(how=how, size=size).get_json(), b"x" * size).ok


@pytest.mark.parametrize(
    ("body", "fields", "status", "code"),
    [
        (b"123456", {}, 400, "EntityTooLarge"),
        (b"1234", {}, 400, "EntityTooSmall"),
        (b"12345", {"Content-Type": "text/html"}, 403, "AccessDenied"),
        (b"12345", {"Content-Disposition": "inline"}, 403, "AccessDenied"),
        (b"12345", {"key": "uploads/ann/another.png"}, 403, "AccessDenied"),
        (b"12345", {"success_action_status": "200"}, 403, "AccessDenied"),
        (b"12345", {"acl": "public-read"}, 403, "AccessDenied"),
    ],
)
def test_s3_refuses_another_form(ann, service, body, fields, status, code):
    assert error_of(send(ann.sign().get_json(), body, **fields))[:2] == (status, code)
    assert nothing_stored(service)


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"123456", {}),
        (b"12345", {"Content-Type": "text/html"}),
        (b"12345", {"Content-Disposition": "inline"}),
        (b"12345", {"If-None-Match": "other"}),
    ],
)
def test_s3_refuses_another_put(ann, service, body, headers):
    signed = ann.sign(how="put").get_json()
    assert error_of(send(signed, body, **headers))[:2] == (403, "SignatureDoesNotMatch")
    assert nothing_stored(service)


@pytest.mark.parametrize("how", ["post", "put"])
def test_it_ends_after_a_quarter_of_an_hour(ann, service, how):
    signed = ann.sign(how=how).get_json()
    service.later(minutes=15, seconds=5)
    assert error_of(send(signed))[:2] == (403, "AccessDenied")
    service.later(seconds=-20)
    assert send(signed).ok


# Keys.


def test_keys_are_the_servers_own_and_no_two_are_alike(ann):
    keys = {ann.sign(name="../../x y+é#?.png").get_json()["key"] for _ in range(10)}
    assert len(keys) == 10
    assert all(re.fullmatch(r"uploads/ann/[\w-]{22}/x-y-e-.png", key) for key in keys)


@pytest.mark.parametrize(
    ("name", "shown", "key"),
    [
        ("../../x y+é#?.png", "x y+é#?.png", "x-y-e-.png"),
        ("C:\\fakepath\\a.txt", "a.txt", "a.txt"),
        ("..", "file", "file"),
        ("folder/", "file", "file"),
        ("\r\nSet-Cookie: a\x00.txt", "Set-Cookie: a.txt", "Set-Cookie-a.txt"),
        ("<script>alert(1)</script>.png", "script>.png", "script-.png"),
        ('a"b.png', 'a"b.png', "a-b.png"),
        ("日本.png", "日本.png", "png"),
        ("\u202egnp.exe", "gnp.exe", "gnp.exe"),
        (".htaccess", "htaccess", "htaccess"),
    ],
)
def test_names(ann, name, shown, key):
    assert last_part(name) == shown
    assert plain(shown) == key
    signed = ann.sign(name=name).get_json()
    assert signed["key"].endswith(f"/{key}")
    assert disposition(shown).isascii()
    assert "\n" not in disposition(shown)
    assert send(signed).status_code == 201


def test_a_long_name_keeps_its_end():
    shown = last_part("é" * 500 + ".png")
    assert len(shown.encode()) <= 200
    assert shown.endswith("é.png")
    assert len(last_part("a" * 500)) == 200


def test_each_user_has_a_folder(ann, service):
    anns = ann.sign().get_json()
    ann.sign_in("ann-b")
    assert ann.sign().get_json()["key"].startswith("uploads/ann-b/")
    assert ann.post("/link", {"key": anns["key"]}).status_code == 403


# Links.


def test_a_link_reads_ones_own_file_for_a_quarter_of_an_hour(ann, service):
    signed = ann.sign().get_json()
    send(signed)
    told = ann.post("/link", {"key": signed["key"]}).get_json()
    got = requests.get(told["url"])
    assert (got.content, told["seconds"]) == (b"12345", 900)
    assert got.headers["content-disposition"].startswith("attachment")
    service.later(minutes=16)
    assert requests.get(told["url"]).status_code == 403


@pytest.mark.parametrize(
    "key",
    [
        *("", "uploads/", "uploads/bob/x", "secret", "uploads/annx", 5, None),
        # No key of S3: it would refuse what the page's server asks of it.
        *("uploads/ann/\0", f"uploads/ann/{'é' * 507}"),
    ],
)
def test_no_link_to_another_key(ann, key):
    answer = ann.post("/link", {"key": key})
    assert (answer.status_code, answer.get_json()["error"]) == (403, "That is not a file of yours.")


def test_the_longest_key_is_ones_own(ann):
    assert ann.post("/stored", {"key": f"uploads/ann/{'é' * 506}"}).get_json() == {"stored": False}


def test_dots_in_a_key_are_letters_to_s3(ann, service):
    service.put("secret", b"secret")
    told = ann.post("/link", {"key": "uploads/ann/../../secret"}).get_json()
    got = requests.Session().send(
        requests.Request("GET", told["url"]).prepare(), allow_redirects=False
    )
    assert got.status_code in (403, 404)


# What is not signed.


@pytest.mark.parametrize(
    ("changed", "status", "part"),
    [
        ({"size": 1001}, 413, "This file has 1001 bytes; up to 1000 bytes are accepted here."),
        ({"size": -1}, 400, "whole number"),
        ({"size": "5"}, 400, "whole number"),
        ({"size": 1.5}, 400, "whole number"),
        ({"size": True}, 400, "whole number"),
        ({"size": None}, 400, "whole number"),
        ({"size": 10**400}, 400, "whole number"),
        ({"size": 2**63 - 1}, 413, "This file has 8388608 TiB; up to"),
        (
            {"type": "text/html"},
            415,
            "Files of type text/html are not accepted; PNG, JPEG, GIF, WebP,",
        ),
        ({"type": "image/svg+xml"}, 415, "not accepted"),
        ({"type": "image/png, text/html"}, 415, "not accepted"),
        ({"type": "IMAGE/PNG"}, 415, "not accepted"),
        ({"type": ""}, 415, "an unknown type are not"),
        ({"type": 5}, 415, "unknown"),
        ({"name": ""}, 400, "1 to 1000"),
        ({"name": "x" * 1001}, 400, "1 to 1000"),
        ({"name": None}, 400, "1 to 1000"),
        ({"how": "delete"}, 400, "post, put or parts"),
        ({"key": "uploads/bob/a.png"}, 400, "key: the server decides that"),
        ({"bucket": "other"}, 400, "bucket: the server decides"),
        ({"expires": 99999}, 400, "expires: the server decides"),
    ],
)
def test_not_signed(ann, changed, status, part):
    answer = ann.sign(**changed)
    assert answer.status_code == status
    assert part in answer.get_json()["error"]
    assert set(answer.get_json()) == {"error"}


@pytest.mark.parametrize("sent", [[], "text", 5, None, {}, {"name": "a"}])
def test_not_even_a_question(ann, sent):
    assert ann.post("/sign", sent).status_code == 400


@pytest.mark.parametrize("where", ["\ud800", ["\ud800"], {"\udfff": 1}])
def test_half_of_a_surrogate_pair(ann, where):
    refused = ann.sign(name=where)
    assert (refused.status_code, "half of a character" in refused.text) == (400, True)
    assert ann.post("/link", {"key": "uploads/ann/\ud800"}).status_code == 400
    assert ann.post("/sign-in", {"user": "ann", "code": "\ud800"}).status_code == 400
    assert ann.sign(name="\U0001f600.png").status_code == 200  # a whole pair


@pytest.mark.parametrize("text", ["[" * 60000, '{"name":' * 8000, "9" * 6000, "[1e999]", "NaN"])
def test_json_that_is_strange(ann, text):
    answer = ann.client.post(
        "/sign",
        data=text,
        content_type="application/json",
        headers={"Origin": "http://127.0.0.1:8020"},
        base_url="http://127.0.0.1:8020",
    )
    assert answer.status_code == 400


def test_json_alone_is_read(ann):
    answer = ann.client.post(
        "/sign",
        data='{"name": "a", "type": "image/png", "size": 1, "how": "post"}',
        content_type="text/plain",
        headers={"Origin": "http://127.0.0.1:8020"},
        base_url="http://127.0.0.1:8020",
    )
    assert answer.status_code == 400


def test_nobody_signs_anonymously(page):
    for path, sent in (
        ("/sign", {"name": "a.png", "type": "image/png", "size": 5, "how": "post"}),
        ("/link", {"key": "uploads/ann/x"}),
        ("/preflight", {"how": "post"}),
    ):
        assert page.post(path, sent).status_code == 401
    page.sign_in()
    assert page.sign().status_code == 200
    page.post("/sign-out", {})
    assert page.sign().status_code == 401


def test_too_many_signatures(service):
    page = Page(service, signatures_a_minute=3)
    page.sign_in()
    assert [page.sign().status_code for _ in range(4)] == [200, 200, 200, 429]
    refused = page.sign()
    assert refused.headers["Retry-After"] == "60"
    assert refused.get_json()["error"] == "Too many signatures. Try again in 60 s."
    assert page.post("/link", {"key": "uploads/ann/x"}).status_code == 429
    page.sign_in("bob")  # somebody else's are his own
    assert page.sign().status_code == 200
    page.sign_in("ann")  # signing in again helps nobody
    assert page.sign().status_code == 429
    page.ticks.now += 61
    assert page.sign().status_code == 200


def test_the_server_asks_s3_so_often_and_no_more(service):
    page = Page(service, signatures_a_minute=2)
    page.sign_in()
    asked = [page.post("/preflight", {"how": "put"}).status_code for _ in range(3)]
    assert asked == [200, 200, 429]
    assert page.sign().status_code == 200  # is not counted with them


def test_what_cannot_be_signed_costs_nothing(service):
    page = Page(service, signatures_a_minute=1)
    page.sign_in()
    assert [page.sign(size=5000).status_code for _ in range(3)] == [413] * 3
    assert page.sign().status_code == 200


def test_no_token_in_the_log(ann, caplog):
    with caplog.at_level(logging.DEBUG):
        signed = ann.sign().get_json()
        ann.post("/link", {"key": signed["key"]})
        ann.get(f"/?code={ann.check.code}")
        ann.sign_in()
    ours = [r for r in caplog.records if r.name.startswith("helpers.pages.upload_page")]
    assert [r.getMessage() for r in ours] == [
        "POST /sign 200",
        "POST /link 200",
        "GET / 200",
        "POST /sign-in 200",
    ]
    cookie = ann.client.get_cookie("upload-page-8020", domain="127.0.0.1").value
    for record in ours:
        text = json.dumps(record.__dict__, default=str)
        for secret in ("X-Amz", "x-amz-signature", ann.check.code, cookie):
            assert secret not in text


def test_nothing_that_a_terminal_obeys_is_in_the_log(page, caplog):
    with caplog.at_level(logging.INFO):
        for method in ("\x1b[2JX", "G" * 5000):
            page.client.open("/sign", method=method, base_url="http://127.0.0.1:8020")
    ours = [r.getMessage() for r in caplog.records if r.name == "helpers.pages.upload_page.app"]
    assert ours == ["???JX (no such page) 403", "GGGGGGGGGG (no such page) 403"]


def test_a_signer_without_permission_signs_what_s3_refuses(service):
    """Signing is arithmetic: the page's server learns of it no sooner than the browser."""
    keys = service.user("nobody")

    class Other:
        bucket = service.bucket

        def client(self):
            return service.client("s3", keys)

    page = Page(Other())
    page.sign_in()
    assert error_of(send(page.sign().get_json()))[:2] == (403, "AccessDenied")
    with pytest.raises(ClientError):
        service.client().head_object(Bucket=service.bucket, Key="uploads/ann")
