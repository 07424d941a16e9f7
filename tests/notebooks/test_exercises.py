"""Every exercise three ways: untouched, solved, and answered wrongly in more than one way."""

from __future__ import annotations

import re

import pytest

from helpers.exercises import check_download, check_head
from helpers.lab import connect
from tests.notebooks.test_lessons import NOTEBOOKS, cells, text

KEY = "lesson-04/report.txt"
BODY = b"Quarterly report"


@pytest.fixture
def lab():
    lab = connect()
    lab.reset()
    s3 = lab.client()
    s3.put_object(Bucket=lab.bucket, Key=KEY, Body=BODY)
    s3.put_object(Bucket=lab.bucket, Key="lesson-04/salaries.txt", Body=b"Not for you")
    return lab


def signed(lab, operation="get_object", expires=300, key=KEY, **params) -> str:
    params = {"Bucket": lab.bucket, "Key": key, **params}
    return lab.client().generate_presigned_url(operation, params, expires)


SAVED = {"ResponseContentDisposition": 'attachment; filename="report.txt"'}


def download(lab, url, capsys) -> str:
    check_download(lab, url, BODY)
    return capsys.readouterr().out


def test_download_untouched(lab, capsys):
    assert download(lab, ..., capsys).startswith("Not done yet: replace the dots")
    assert download(lab, None, capsys).startswith("Not done yet")


@pytest.mark.parametrize(
    "params", [SAVED, {"ResponseContentDisposition": "attachment; filename=report.txt"}]
)
def test_download_right(lab, capsys, params):
    assert download(lab, signed(lab, **params), capsys).startswith("Passed")
    # Another right answer: signed by hand, with more parameters.
    more = signed(lab, ResponseContentType="text/plain", **params)
    assert download(lab, more, capsys).startswith("Passed")


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda lab: signed(lab), "ResponseContentDisposition"),
        (lambda lab: signed(lab, expires=5, **SAVED), "after 4 minutes 50"),
        (lambda lab: signed(lab, expires=1800, **SAVED), "still works after 5 minutes 10"),
        (lambda lab: signed(lab, key="lesson-04/salaries.txt", **SAVED), "Which Key"),
        (lambda lab: signed(lab, "put_object"), "SignatureDoesNotMatch"),
        (lambda lab: signed(lab)[:-1], "SignatureDoesNotMatch"),
        (lambda lab: f"{lab.endpoint_url}/{lab.bucket}/{KEY}", "no X-Amz-Signature"),
        (lambda lab: 42, "should be a URL"),
        (lambda lab: b"https://", "should be a URL"),
    ],
)
def test_download_wrong(lab, capsys, answer, hint):
    said = download(lab, answer(lab), capsys)
    assert said.startswith("Not done yet: ")
    assert hint in said


def head(lab, url, capsys) -> str:
    check_head(lab, url, len(BODY))
    return capsys.readouterr().out


def test_head_untouched_and_right(lab, capsys):
    assert head(lab, ..., capsys).startswith("Not done yet: replace the dots")
    assert head(lab, signed(lab, "head_object"), capsys).startswith("Passed")


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (lambda lab: signed(lab), "The method is part of what is signed"),
        (lambda lab: signed(lab, "head_object", key="lesson-04/salaries.txt"), "Which Key"),
        (lambda lab: "no URL at all", "should be a URL"),
    ],
)
def test_head_wrong(lab, capsys, answer, hint):
    said = head(lab, answer(lab), capsys)
    assert said.startswith("Not done yet: ")
    assert hint in said


def test_the_printed_solutions_pass(lab, capsys):
    prose = "\n".join(text(c) for c in cells(NOTEBOOKS / "04-share-with-get.ipynb", "markdown"))
    solutions = re.findall(r"<details>.*?```python\n(.*?)```.*?</details>", prose, re.S)
    assert len(solutions) == 2
    names: dict = {"s3": lab.client(), "lab": lab, "KEY": KEY}
    for solution in solutions:
        exec(solution, names)
    assert download(lab, names["my_url"], capsys).startswith("Passed")
    assert head(lab, names["size_url"], capsys).startswith("Passed")


def test_a_stopped_server_is_one_clear_message(lab):
    from helpers.lab import LabError

    lab.close()
    with pytest.raises(LabError, match=r"Run connect\(\) again"):
        lab.decisions()
    assert connect() is not lab
