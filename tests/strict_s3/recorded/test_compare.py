"""What counts as the answer that was recorded, and what kind of difference each other one is."""

from __future__ import annotations

import pytest

from strict_s3.recorded import compare
from strict_s3.recorded.compare import differences, document_of, kind_of
from strict_s3.recorded.exchange import Received
from strict_s3.recorded.scenarios import Answer, TableError
from strict_s3.recorded.values import Values


def received(status: int = 200, body: str = "", **headers: str) -> Received:
    return Received(status, headers, body.encode())


def error(status: int, code: str, message: str = "", more: str = "") -> Received:
    inside = f"<Code>{code}</Code><Message>{message}</Message>{more}"
    return received(status, f"<Error>{inside}<RequestId>1</RequestId><HostId>2</HostId></Error>")


def names(answer: Answer, got: Received, values: Values | None = None) -> list[str]:
    return [
        found.name for found in differences(answer, got, Values() if values is None else values)
    ]


def test_a_document_is_its_texts_by_path():
    xml = '<A xmlns="urn:x"><B><C>1</C><C>2</C></B><D/><E kind="k">e</E></A>'
    assert document_of(received(body=xml)) == {
        "B/C": ["1", "2"],
        "D": [""],
        "E/@kind": ["k"],
        "E": ["e"],
    }
    assert document_of(received(body="no XML")) is None
    assert document_of(received(body="<open>")) is None


def test_an_iam_error_reads_as_one_of_s3():
    body = "<ErrorResponse><Error><Code>NoSuchEntity</Code></Error><RequestId>1</RequestId>"
    assert document_of(received(404, body + "</ErrorResponse>")) == {"Code": ["NoSuchEntity"]}


def test_the_same_answer_has_no_differences():
    answer = Answer(412, "PreconditionFailed", "no", elements={"Condition": "If-Match"})
    got = error(412, "PreconditionFailed", "no", "<Condition>If-Match</Condition>")
    assert differences(answer, got, Values()) == []
    assert kind_of(answer, got, []) == compare.IDENTICAL


@pytest.mark.parametrize(
    ("answer", "got", "kind"),
    [
        (Answer(403, "AccessDenied"), received(200), compare.ACCEPTED),
        (Answer(200), error(403, "AccessDenied"), compare.REFUSED),
        (Answer(200), error(501, "NotImplemented"), compare.NOT_IMPLEMENTED),
        (Answer(404, "NoSuchKey"), error(501, "NotImplemented"), compare.NOT_IMPLEMENTED),
        (Answer(404, "NoSuchKey"), error(404, "NoSuchBucket"), compare.OTHER_CODE),
        (Answer(404, "NoSuchKey"), error(400, "NoSuchKey"), compare.OTHER_CODE),
        (Answer(404, "NoSuchKey", "a"), error(404, "NoSuchKey", "b"), compare.OTHER_MESSAGE),
        (Answer(200, headers={"etag": "x"}), received(200), compare.OTHER_CONTENT),
    ],
)
def test_each_difference_has_its_kind(answer, got, kind):
    assert kind_of(answer, got, differences(answer, got, Values())) == kind


def test_headers_that_are_named_are_compared_and_false_means_absent():
    answer = Answer(200, headers={"ETag": "{any}", "x-amz-version-id": False})
    assert names(answer, received(etag="1", other="2")) == []
    assert names(answer, Received(200, {"x-amz-version-id": "3"}, b"")) == [
        "header ETag",
        "header x-amz-version-id",
    ]


def test_all_elements_are_compared_unless_partial():
    got = received(body="<R><A>1</A><B>2</B></R>")
    assert names(Answer(200, elements={"A": "1"}), got) == ["B"]
    assert names(Answer(200, elements={"A": "1"}, partial=True), got) == []
    assert names(Answer(200, elements={"A": "1", "B": False}), got) == ["B"]
    assert names(Answer(200, elements={"A": "1", "B": "2", "C": "3"}), got) == ["C"]
    assert names(Answer(200), got) == []


def test_lists_are_in_order_unless_any_order():
    got = received(body="<R><A>1</A><A>2</A></R>")
    assert names(Answer(200, elements={"A": ["2", "1"]}), got) == ["A"]
    assert names(Answer(200, elements={"A": ["2", "1"]}, any_order=True), got) == []
    assert names(Answer(200, elements={"A": ["2", "2"]}, any_order=True), got) == ["A"]


def test_of_some_refusals_only_the_status_is_known():
    assert names(Answer(403), error(403, "AccessDenied", "Access Denied")) == []
    assert names(Answer(200), error(200, "InternalError")) == ["code"]


def test_a_name_is_kept_where_it_is_new_and_compared_where_it_is_known():
    values = Values()
    answer = Answer(200, elements={"Id": "{upload}"})
    assert names(answer, received(body="<R><Id>u1</Id></R>"), values) == []
    assert values["upload"] == "u1"
    assert names(answer, received(body="<R><Id>u2</Id></R>"), values) == ["Id"]


def test_names_in_a_request():
    values = Values(bucket="b", **{"a-secret-key": "hidden"})
    assert values.fill('{"x": "{bucket}/${filename}"}') == '{"x": "b/${filename}"}'
    assert "hidden" not in repr(values) and list(values.secrets()) == ["hidden"]
    with pytest.raises(TableError, match=r"\{nobody\} in .* has no value"):
        values.fill("{nobody}")


@pytest.mark.parametrize(
    ("expected", "text", "same"),
    [
        ("{date}", "2026-02-21T00:17:01.000Z", True),
        ("{date}", "Sat, 21 Feb 2026 00:17:01 GMT", False),
        ("{http-date}", "Sat, 21 Feb 2026 00:17:01 GMT", True),
        ("{number}", "12", True),
        ("{number}", "", False),
        ("{any}", "", False),
        ("a{any}c", "abc", True),
        ("a.c", "abc", False),
    ],
)
def test_kinds_of_values(expected, text, same):
    assert Values().matches(expected, text) is same
