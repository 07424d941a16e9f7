"""`timeline`: the moments in a URL, a session and a refusal, in words and as a picture."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import defusedxml.ElementTree as ET
import pytest
import requests

from helpers import LabError, timeline
from helpers.forms import shown

SIGNED = datetime(2026, 11, 26, 18, 41, 2, tzinfo=UTC)


def url(seconds: object = 43200, date: str = "20261126T184102Z") -> str:
    return f"https://b.s3.eu-west-2.amazonaws.com/k?X-Amz-Date={date}&X-Amz-Expires={seconds}"


def lines(capsys, *args: object, **more: object) -> list[str]:
    timeline(*args, **more)
    return capsys.readouterr().out.splitlines()


def test_the_session_ends_first(capsys):
    # Its clock and the signer's may differ by a second: said is what was meant.
    ends = SIGNED + timedelta(seconds=899)
    found = lines(capsys, url(), session_ends=ends)
    assert found == [
        "signed         2026-11-26T18:41:02Z",
        "session ends   2026-11-26T18:56:01Z  after 15 minutes: refused from here on",
        "URL expires    2026-11-27T06:41:02Z  after 12 hours",
    ]
    assert max(map(len, found)) <= 78


def test_the_url_expires_first(capsys):
    found = lines(capsys, url(30), session_ends=SIGNED + timedelta(hours=1))
    assert [line[:12].strip() for line in found] == ["signed", "URL expires", "session ends"]
    assert found[1].endswith("after 30 seconds: refused from here on")
    assert found[2].endswith("after 1 hour")


def test_the_request_that_came_too_late(capsys, service):
    signed = service.presign("get_object", expires=1800)
    # A refusal for another reason doesn't name the server's time.
    assert len(lines(capsys, signed, refused=requests.put(signed))) == 2
    service.later(minutes=31)
    found = lines(capsys, signed, refused=requests.get(signed))
    assert [line[:14].strip() for line in found] == ["signed", "URL expires", "request: 403"]
    assert found[2].endswith("after 31 minutes")


def test_the_picture(monkeypatch):
    displayed: list[object] = []
    monkeypatch.setattr(shown, "in_notebook", lambda: True)
    monkeypatch.setattr("IPython.display.display", displayed.append)
    timeline(url(), session_ends=SIGNED + timedelta(minutes=15))
    [card] = displayed
    drawing = ET.fromstring(card.children[0].html)
    assert drawing.tag == "svg" and drawing.get("viewBox") == "0 0 640 140"
    assert drawing.get("role") == "img"
    assert "session ends 2026-11-26T18:56:02Z after 15 minutes" in drawing.get("aria-label")
    words = [text.text for text in drawing.iter("text")]
    # The colours are said in words: valid up to the session's end, then refused.
    assert [word for word in words if word[0] in "✓✗"] == ["✓ valid", "✗ refused", "✗ refused"]
    assert all(0 < float(text.get("x")) <= 640 for text in drawing.iter("text"))


@pytest.mark.parametrize(
    "wrong", ["https://b.s3.amazonaws.com/k", url("soon"), url(10**30), url(date="2026-11-26")]
)
def test_another_url_is_refused(wrong):
    with pytest.raises(LabError, match="needs a URL that is signed with Signature Version 4"):
        timeline(wrong)


def test_a_session_that_had_ended():
    with pytest.raises(LabError, match="ended at 2026-11-26T18:41:01Z, before the URL was signed"):
        timeline(url(), session_ends=SIGNED - timedelta(seconds=1))
