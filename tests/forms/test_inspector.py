"""The inspector's cards: a URL, a form, an error, and anything else."""

from __future__ import annotations

import json

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from helpers.forms import inspector
from helpers.forms.markup import Markup
from helpers.forms.post import PostModel
from helpers.forms.signed_url import GetModel
from strict_s3.errors import InspectError
from tests.forms.test_markup import Elements
from tests.secret_scan import secrets_in


def test_a_url(lab):
    html = inspector.inspect(GetModel(lab, Key="<b>.txt", ExpiresIn="60").sign().url)
    text = Elements(html).text
    assert "Signature Version 4" in text and "X-Amz-Expires" in text and "<b>.txt" in text
    assert "Look out" in text and "data-ends" in html
    assert secrets_in(html) == []


def test_a_form(lab):
    signed = PostModel(lab, Key="user1/${filename}").sign()
    html = inspector.inspect(json.dumps({"url": signed.url, "fields": signed.fields}))
    text = Elements(html).text
    assert "An upload is accepted if:" in text and "user1/" in text and "100,000 bytes" in text
    assert secrets_in(html) == []


def test_an_error_beside_what_was_signed(lab):
    url = GetModel(lab, Key="k").sign().url
    refused = requests.get(url.replace("Expires=1800", "Expires=86400"), timeout=10)
    html = inspector.inspect(refused.text, url)
    text = Elements(html).text
    assert "SignatureDoesNotMatch" in text and "What differs" in text and "86400" in text
    assert secrets_in(html) == []


@given(st.text(alphabet=st.characters(), max_size=200), st.text(max_size=40))
def test_anything_pasted_has_a_card_or_one_sentence(text, signed):
    for pasted in (text, f"https://h/k?X-Amz-Signature={text}", f"<Error><Code>{text}</Code>"):
        try:
            found = inspector.inspect(pasted, signed)
        except InspectError as problem:
            assert str(problem)
        else:
            assert isinstance(found, Markup)
            assert not Elements(found).names & {"script", "img"}


def test_too_much_is_told():
    with pytest.raises(InspectError, match="more than 16,000,000 characters"):
        inspector.inspect("x" * 16_000_001)
