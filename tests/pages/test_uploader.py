"""The uploader's Python half: what it takes, what it tells the browser, what it never keeps."""

from __future__ import annotations

import json

import pytest
import requests
from botocore.exceptions import EndpointConnectionError

from helpers.pages import Uploader, cors

NOTEBOOK = "http://localhost:8888"


@pytest.fixture
def said(monkeypatch):
    """What the widget sends to the browser."""
    found: list[dict] = []
    monkeypatch.setattr(Uploader, "send", lambda _self, content: found.append(content))
    return found


def put_url(service) -> str:
    return service.presign("put_object", "k")


def hear(uploader, **message):
    uploader._heard(uploader, message, [])


def test_a_url_and_a_form(service, lab, said):
    form = service.client().generate_presigned_post(service.bucket, "k")
    for target, method in ((put_url(service), "PUT"), (form, "POST")):
        uploader = Uploader(lab, target)
        hear(uploader, want="target")
        assert said[-1]["target"]["method"] == method
        assert repr(uploader) == "Uploader (waiting)"
    assert said[-1]["target"]["fields"] == form["fields"]


@pytest.mark.parametrize(
    "target", ["", "https://x/", None, 5, {}, {"url": "https://x"}, ["url", "fields"]]
)
def test_something_else(lab, target):
    with pytest.raises(ValueError, match="generate_presigned_url made for put_object"):
        Uploader(lab, target)


def test_a_form_takes_no_headers(service, lab):
    form = service.client().generate_presigned_post(service.bucket, "k")
    with pytest.raises(ValueError, match="takes no headers"):
        Uploader(lab, form, {"Content-Type": "image/png"})


def test_the_target_is_in_no_state_that_could_be_saved(service, lab, said):
    uploader = Uploader(lab, put_url(service), {"Content-Type": "image/png"})
    hear(uploader, want="way in", origin=NOTEBOOK)
    hear(uploader, want="target")
    assert "X-Amz-Signature" in json.dumps(said)
    assert "X-Amz" not in json.dumps(uploader.get_state(), default=str)
    assert "X-Amz" not in repr(uploader)


def test_on_the_local_s3_the_page_is_let_in_and_out_again(service, lab, said):
    uploader = Uploader(lab, put_url(service), {"x-amz-meta-a": "b"})
    hear(uploader, want="way in", origin=NOTEBOOK)
    assert said == [{"ready": True}]
    (rule,) = cors.rules_of(service.client(), service.bucket)
    assert rule["AllowedOrigins"] == [NOTEBOOK]
    assert rule["AllowedMethods"] == ["PUT"]
    assert rule["AllowedHeaders"] == ["content-type", "x-amz-meta-a"]
    hear(uploader, want="way in", origin=NOTEBOOK)  # shown a second time
    uploader.stop()
    uploader.stop()
    assert cors.rules_of(service.client(), service.bucket) == []


def test_a_stopped_one_says_so_and_signs_nothing_more(service, lab, said):
    uploader = Uploader(lab, put_url(service))
    uploader.stop()
    hear(uploader, want="way in", origin=NOTEBOOK)
    hear(uploader, want="target")
    assert said == [{"stopped": True}] * 3
    assert cors.rules_of(service.client(), service.bucket) == []


def test_two_of_them_do_not_shut_each_other_out(service, lab, said):
    form = service.client().generate_presigned_post(service.bucket, "k")
    one, other = Uploader(lab, put_url(service)), Uploader(lab, form)
    for uploader in (one, other):
        hear(uploader, want="way in", origin=NOTEBOOK)
    assert len(cors.rules_of(service.client(), service.bucket)) == 2
    one.stop()
    (left,) = cors.rules_of(service.client(), service.bucket)
    assert left["AllowedMethods"] == ["POST"]


def test_on_a_real_s3_it_asks(service, lab, said):
    lab.local = False
    uploader = Uploader(lab, put_url(service))
    hear(uploader, want="allow")  # before anybody was asked
    hear(uploader, want="way in", origin=NOTEBOOK)
    assert json.loads(said[0]["ask"])[0]["AllowedOrigins"] == [NOTEBOOK]
    assert cors.rules_of(service.client(), service.bucket) == []
    hear(uploader, want="allow")
    assert said[-1] == {"ready": True}
    assert len(cors.rules_of(service.client(), service.bucket)) == 1


def test_a_bucket_that_lets_it_in_already_is_left_alone(service, lab, said):
    everybody = cors.page_rule("all", ["*"], ["PUT"], ["*"])
    cors.add_rule(service.client(), service.bucket, everybody)
    uploader = Uploader(lab, put_url(service))
    hear(uploader, want="way in", origin=NOTEBOOK)
    assert cors.rules_of(service.client(), service.bucket) == [everybody]
    uploader.stop()
    assert cors.rules_of(service.client(), service.bucket) == [everybody]


@pytest.mark.parametrize("origin", ["", "null", "file://", "*", "https://a b", "https://a/*"])
def test_a_page_without_an_origin(service, lab, said, origin):
    hear(Uploader(lab, put_url(service)), want="way in", origin=origin)
    assert said[0]["problem"].startswith("This page has no origin")
    assert cors.rules_of(service.client(), service.bucket) == []


@pytest.mark.parametrize("origin", ["vscode-webview://1a2b3c", "https://1a2b.vscode-cdn.net"])
def test_an_output_of_vs_code_is_let_in(service, lab, said, origin):
    url = put_url(service)
    hear(Uploader(lab, url), want="way in", origin=origin)
    assert said[0] == {"ready": True}
    asked = {"Origin": origin, "Access-Control-Request-Method": "PUT"}
    answer = requests.options(url, headers=asked)
    assert answer.headers["access-control-allow-origin"] == origin


def test_what_s3_answered(service, lab, said):
    uploader = Uploader(lab, put_url(service))
    hear(uploader, answer=requests.put(put_url(service)[:-1]).text)
    assert "SignatureDoesNotMatch" in uploader.answer
    hear(uploader, want="nonsense")
    assert said == []


def test_an_s3_that_is_away(service, lab, said, monkeypatch):
    uploader = Uploader(lab, put_url(service))

    def nobody(**_):
        raise EndpointConnectionError(endpoint_url=service.endpoint)

    monkeypatch.setattr(uploader._s3, "get_bucket_cors", nobody)
    hear(uploader, want="way in", origin=NOTEBOOK)
    assert said[0]["problem"].startswith("The bucket's CORS rules could not be read or set")
