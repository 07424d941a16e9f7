"""What a notebook shows of S3's decisions, and what it never saves."""

from __future__ import annotations

import json

import requests

from helpers.lab import connect
from helpers.pages.panel import asked, by_page
from helpers.pages.upload_page.run import UploadPage

BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)"


def decision(method="GET", path="/b/k", status=200, error=None, checks=(), action="", resource=""):
    return {
        "method": method,
        "path": path,
        "action": action,
        "resource": resource,
        "status": status,
        "error": error,
        "message": error and "A reason.",
        "checks": [list(check) for check in checks],
    }


def test_rows():
    cors = ("CORS", True, "rule 1 allows GET from http://a")
    assert asked([decision(checks=[("signature", True, "the same"), cors])]) == [
        {
            "request": "GET",
            "key": "k",
            "status": "200",
            "why": "rule 1 allows GET from http://a",
        }
    ]
    refused = decision("POST", "/b", 403, "AccessDenied", [cors])
    assert asked([refused])[0]["why"] == (
        "AccessDenied: A reason. · rule 1 allows GET from http://a"
    )


def test_a_row_names_the_action_and_the_key():
    form = decision("POST", "/b", action="PostObject", resource="arn:aws:s3:::b/a/k.png")
    preflight = decision("OPTIONS", "/b", action="PutObject")
    download = decision("GET", "/b/a/k.png", action="GetObject", resource="arn:aws:s3:::b/a/k.png")
    rows = asked([form, preflight, download])
    assert [(row["request"], row["key"]) for row in rows] == [
        ("POST PostObject", "a/k.png"),
        ("OPTIONS preflight", "b"),
        ("GET GetObject", "a/k.png"),
    ]


def test_whose_request_it_is():
    page = "http://127.0.0.1:8020"
    for user_agent, origin, expected in [
        (BROWSER, page, True),
        (BROWSER, "", True),  # a link was opened
        (BROWSER, "null", True),  # a form of a page without Referer
        (BROWSER, "http://127.0.0.1:8021", False),
        ("python-requests/2.32.3", page, False),  # the page's server asks as the page would
        ("Boto3/1.43.0 md/Botocore#1.43.0", "", False),
        ("", "", False),
    ]:
        sent = {"user_agent": user_agent, "origin": origin}
        assert by_page(sent, [page]) is expected, (user_agent, origin)


def test_the_panel_tells_the_frame_and_saves_nothing(monkeypatch):
    lab = connect()
    page = UploadPage(lab, "panel/")
    try:
        panel = page.panel()
        said: list[dict] = []
        monkeypatch.setattr(type(panel), "send", lambda _self, content: said.append(content))
        panel._heard(panel, {"want": "where"}, [])
        panel._heard(panel, {"want": "nonsense"}, [])
        assert said == [{"where": {"port": page.port, "code": page.code, "title": "Upload page"}}]
        state = json.dumps(panel.get_state(), default=str)
        assert page.code not in state
        assert str(page.port) not in state
        assert repr(panel) == "Upload page, with S3's answers below it"
        nothing = f"{lab.endpoint_url}/{lab.bucket}/panel/none"
        requests.get(nothing, headers={"User-Agent": BROWSER})
        requests.get(nothing)
        panel._heard(panel, {"want": "decisions"}, [])
        [latest] = said[-1]["rows"]
        assert (latest["request"], latest["key"]) == ("GET GetObject", "panel/none")
        assert latest["why"].startswith("AccessDenied")
        lab.local = False
        assert panel.rows() == []
        lab.local = True
        page.stop()
        panel._heard(panel, {"want": "where"}, [])  # shown again after it
        assert said[-2:] == [{"stopped": "Upload page"}] * 2
    finally:
        lab.local = True
        page.stop()
        lab.close()
