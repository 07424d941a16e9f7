"""Metadata beyond ASCII: the words that AWS was recorded to answer with."""

from __future__ import annotations

from email.header import decode_header, make_header

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strict_s3.rules import metadata
from strict_s3.rules.errors import InvalidArgument

RECORDED = [
    ("ÄMÄZÕÑ S3", "=?UTF-8?Q?=C3=84M=C3=84Z=C3=95=C3=91_S3?="),
    (
        "test_—_file%E2%80%94_é_2👑.pdf",
        "=?UTF-8?Q?test=5F=E2=80=94=5Ffile%E2%80%94=5F=C3=A9=5F2=F0=9F=91=91.pdf?=",
    ),
    (
        "test_—_file%E2%80%94_é_2?.pdf",
        "=?UTF-8?Q?test=5F=E2=80=94=5Ffile%E2%80%94=5F=C3=A9=5F2=3F.pdf?=",
    ),
    ("\x00\x01\x02\x03\x04", "=?UTF-8?B?AAECAwQ=?="),
    ("\ufffd" * 7, "=?UTF-8?B?77+977+977+977+977+977+977+9?="),
    # UTF-8 bytes in a header are read as ISO-8859-1 (the user guide's example).
    ("ÄMÄZÕÑ S3".encode().decode("latin-1"), "=?UTF-8?B?w4PChE3Dg8KEWsODwpXDg8KRIFMz?="),
    ("! \"#$%&'()*+,-./09:;<>'?@AZ[\\]^_`az{|}~\t", "! \"#$%&'()*+,-./09:;<>'?@AZ[\\]^_`az{|}~\t"),
    ("=?UTF-8?Q?actually-ascii?=", "=?UTF-8?Q?actually-ascii?="),
]


@pytest.mark.parametrize(("text", "word"), RECORDED)
def test_what_is_not_ascii_is_an_encoded_word(text, word):
    assert metadata.encode_words(text) == word


@pytest.mark.parametrize(
    ("header", "text"),
    [
        ("=?UTF-8?B?YWJj?=", "abc"),
        ("=?UTF-8?Q?actually-ascii?=", "actually-ascii"),
        ("=?utf-8?q?a=5Fb_c?= and =?ISO-8859-1?Q?=E9?=", "a_b c and é"),
        ("=?UTF-8?Q?=C3=A9?= \t=?UTF-8?Q?=C3=A9?=", "éé"),
        ("=?UTF-8?B?=GGG?=", "\ufffd"),
        ("=?UTF-8?B?/w?=", "\ufffd"),
        ("=?no-such-charset?Q?a?=", "=?no-such-charset?Q?a?="),
        ("=?UTF-8?X?abc?=", "=?UTF-8?X?abc?="),
        ("plain =? text ?=", "plain =? text ?="),
    ],
)
def test_words_in_a_header_are_decoded(header, text):
    assert metadata.decode_words(header) == text


@given(st.text(max_size=300))
def test_there_and_back(text):
    sent = metadata.encode_words(text)
    assert sent.isascii()
    assert not set(sent) & {"\r", "\n", "\0"}
    assert all(len(word) <= 75 for word in sent.split(" ")) or sent == text
    if sent != text:
        assert metadata.decode_words(sent) == text
        assert str(make_header(decode_header(sent))) == text  # as others read it


def test_only_user_metadata_has_words():
    word = "=?UTF-8?B?w6k=?="
    headers = {"x-amz-meta-a": word, "cache-control": word}
    assert metadata.decoded(headers) == {"x-amz-meta-a": "é", "cache-control": word}
    stored = {"x-amz-meta-a": "é", "content-disposition": 'filename="—é\r\n\x7f.pdf"'}
    assert metadata.encoded(stored) == {
        "x-amz-meta-a": word,
        "content-disposition": 'filename=" é   .pdf"',
    }


def test_content_headers_keep_their_bytes():
    kept = metadata.encoded(metadata.decoded({"cache-control": "Ä —"}))
    assert kept["cache-control"].encode("latin-1") == "Ä —".encode()


def test_an_override_is_latin_1():
    asked = {"response-content-disposition": "é", "response-expires": "", "response-x": "a"}
    assert metadata.overrides(asked) == {"content-disposition": "é"}
    with pytest.raises(InvalidArgument, match=r"cannot be represented using ISO-8859-1\."):
        metadata.overrides({"response-content-disposition": "—"})
