"""`show`: a card in a notebook, the same as text elsewhere, and never a secret."""

from __future__ import annotations

import pytest
import requests

from helpers import show
from helpers.forms import cards, shown
from strict_s3 import explain, why
from strict_s3.redact import response_text


@pytest.fixture
def displayed(monkeypatch):
    """What a kernel's `show` displays."""
    found: list[object] = []
    monkeypatch.setattr(shown, "in_notebook", lambda: True)
    monkeypatch.setattr("IPython.display.display", found.append)
    return found


def answers(service) -> dict[str, requests.Response]:
    service.put("k", b"<b>body</b>")
    url = service.presign("get_object")
    return {
        "served": requests.get(url),
        "refused": requests.get(url[:-1] + ("0" if url[-1] != "0" else "1")),
        "listing": requests.get(
            service.client().generate_presigned_url("list_objects_v2", {"Bucket": service.bucket})
        ),
        "empty": requests.head(url),
    }


def test_text_outside_a_notebook(service, capsys):
    for response in answers(service).values():
        show(response)
        assert capsys.readouterr().out == response_text(response) + "\n"


def test_a_card_in_a_notebook(service, displayed, capsys):
    found = answers(service)
    for response in found.values():
        show(response)
    drawn = dict(zip(found, displayed, strict=True))
    for name, card in drawn.items():
        assert repr(card) == response_text(found[name])
        # ipywidgets would save the first 110 characters.
        assert card._repr_mimebundle_()["text/plain"] == response_text(found[name])
    html = {name: card.children[0].html for name, card in drawn.items()}
    assert "✓ 200 OK" in html["served"]
    assert "&lt;b&gt;body&lt;/b&gt;" in html["served"]
    assert "<b>" not in html["served"]
    # A refusal's sentence is in front and its XML folded; what is only XML is open.
    refused = html["refused"]
    assert "✗ 403 Forbidden" in refused and "SignatureDoesNotMatch" in refused
    assert refused.index("The request signature we calculated") < refused.index("<details>")
    assert "<details open>" in html["listing"]
    assert "✗ 403" in html["empty"] and "<pre" not in html["empty"]
    assert capsys.readouterr().out == ""


def test_explanations_and_decisions_are_cards_too(service, displayed):
    refused = answers(service)["refused"]
    decided, explained = why(service.lab()), explain(refused)
    for each in (decided, explained):
        show(each)
        assert displayed[-1]._repr_mimebundle_()["text/plain"] == str(each)
    decision, explanation = (card.children[0].html for card in displayed)
    assert "✗ Refused</strong> · HEAD · 403 · stopped by the check" in decision
    assert decision.count("✓ passed") == len(decided.checks) - 1
    assert decision.count("✗ failed") == 1
    assert explanation.index("✗ Wrong") < explanation.index("SignatureDoesNotMatch")


def test_a_code_is_broken_between_its_words_alone():
    shown = cards.error_code("AuthorizationQueryParametersError")
    assert "Authorization<wbr>Query<wbr>Parameters<wbr>Error" in shown
    assert ">NoSuchKey<" in cards.error_code("NoSuchKey").replace("<wbr>", "")


def test_no_secret_is_in_a_card(service, displayed):
    response = answers(service)["refused"]
    signature = response.text.partition("<SignatureProvided>")[2].partition("<")[0]
    assert len(signature) == 64
    show(response)
    assert signature not in repr(displayed[0]) + displayed[0].children[0].html
