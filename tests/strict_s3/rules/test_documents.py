"""Shapes: what a document of one may hold. (`inputs` compares those of S3 with botocore's.)"""

from __future__ import annotations

from xml.etree.ElementTree import fromstring, tostring

import pytest

from strict_s3.rules.errors import MalformedXML
from strict_s3.rules.schema import (
    Shape,
    boolean,
    choice,
    long,
    many,
    maybe,
    need,
    number,
    part,
    text,
)


def test_values():
    for value, words, expected in (
        (text, " a ", " a "),
        (number, " 07 ", "7"),
        (number, "-2147483648", "-2147483648"),
        (long, "9223372036854775807", "9223372036854775807"),
        (boolean, "TRUE", "true"),
        (boolean, "0", "false"),
        (choice("a", "b"), "b", "b"),
    ):
        assert value(words) == expected
    for value, words in (
        (number, "2147483648"),
        (number, "1.0"),
        (number, "1_0"),
        (number, "٣"),
        (number, ""),
        (long, "9223372036854775808"),
        (boolean, "yes"),
        (choice("a", "b"), "A"),
        (choice("a"), " a"),
    ):
        with pytest.raises(MalformedXML):
            value(words)


SHAPE = Shape(
    "Root",
    need("One"),
    maybe("Two", number),
    many("Three", part(maybe("Four")), most=2),
    many("Five", least=1),
)
FULL = "<Root><One>1</One><Two>2</Two><Three><Four>4</Four></Three><Three/><Five>5</Five></Root>"


def test_a_document_in_order():
    sent = fromstring(
        "<Root xmlns='http://s3.amazonaws.com/doc/2006-03-01/'><Five>5</Five> <Three><Four>4</Four>"
        "</Three><Two> 2</Two><Three/><One>1</One></Root>"
    )
    assert tostring(SHAPE.checked(sent)).decode().replace(" />", "/>") == FULL


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Root", "Other"),
        ("<One>1</One>", ""),
        ("<One>1</One>", "<One>1</One><One>1</One>"),
        ("<One>1</One>", "<One><Two>2</Two></One>"),
        ("<Two>2</Two>", "<Two>two</Two>"),
        ("<Two>2</Two>", "<Two>2</Two><Two>2</Two>"),
        ("<Three/>", "<Three/><Three/>"),
        ("<Three/>", "<Three><One/></Three>"),
        ("<Five>5</Five>", ""),
        ("<Five>5</Five>", "<Five>5</Five><Six>6</Six>"),
    ],
)
def test_documents_of_another_shape(before, after):
    SHAPE.checked(fromstring(FULL))
    with pytest.raises(MalformedXML):
        SHAPE.checked(fromstring(FULL.replace(before, after)))
