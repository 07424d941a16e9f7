"""Tags: the refused one, and the nearest that is taken."""

from __future__ import annotations

from urllib.parse import quote, urlencode
from xml.etree.ElementTree import fromstring
from xml.sax.saxutils import escape

import pytest

from strict_s3.rules import tags
from strict_s3.rules.errors import S3Error


def document(*pairs: tuple[str, str]) -> str:
    inside = "".join(
        f"<Tag><Key>{escape(key)}</Key><Value>{escape(value)}</Value></Tag>" for key, value in pairs
    )
    return f'<Tagging xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><TagSet>{inside}</TagSet></Tagging>'


TAKEN = [
    {},
    {"a": ""},
    {"awards": "1"},
    {"k" * 128: "v" * 256},
    {"ключ 鍵": "+-=._:/@ x"},
    {f"k{n}": "v" for n in range(10)},
]


@pytest.mark.parametrize("wanted", TAKEN, ids=range(len(TAKEN)))
def test_taken(wanted):
    assert tags.from_header(urlencode(wanted, quote_via=quote)) == wanted
    assert tags.from_xml(fromstring(document(*wanted.items()))) == wanted


@pytest.mark.parametrize(
    "text", ["=v", "a=1&a=2", "aws:a=1", "k" * 129 + "=v", "a=" + "v" * 257, "a=%25", "a%3B=1"]
)
def test_a_header_that_is_refused(text):
    with pytest.raises(S3Error, match="shall be encoded as UTF-8 then URLEncoded") as caught:
        tags.from_header(text)
    assert (caught.value.code, caught.value.fields["ArgumentName"]) == (
        "InvalidArgument",
        "x-amz-tagging",
    )


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        ([("", "v")], "The TagKey you have provided is invalid"),
        ([("a%", "v")], "The TagKey you have provided is invalid"),
        ([("k" * 129, "v")], "The TagKey you have provided is invalid"),
        ([("a", "v%")], "The TagValue you have provided is invalid"),
        ([("a", "v" * 257)], "The TagValue you have provided is invalid"),
        ([("aws:a", "v")], "Your TagKey cannot be prefixed with aws:"),
        ([("a", "1"), ("a", "2")], "Cannot provide multiple Tags with the same key"),
    ],
)
def test_a_document_that_is_refused(pairs, message):
    with pytest.raises(S3Error) as caught:
        tags.from_xml(fromstring(document(*pairs)))
    assert (caught.value.status, caught.value.code, caught.value.message) == (
        400,
        "InvalidTag",
        message,
    )


def test_how_many():
    eleven = [(f"k{n}", "v") for n in range(11)]
    for refused in (
        lambda: tags.from_header(urlencode(eleven)),
        lambda: tags.from_xml(fromstring(document(*eleven))),
    ):
        with pytest.raises(S3Error, match="Object tags cannot be greater than 10"):
            refused()
    assert len(tags.from_xml(fromstring(document(*eleven)), "Bucket")) == 11


@pytest.mark.parametrize(
    "text", ["<Tags/>", "<Tagging><TagSet><Tag><Key>a</Key></Tag></TagSet></Tagging>"]
)
def test_a_document_of_another_kind(text):
    with pytest.raises(S3Error) as caught:
        tags.from_xml(fromstring(text))
    assert caught.value.code == "MalformedXML"
