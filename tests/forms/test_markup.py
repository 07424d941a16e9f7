"""Whatever comes from outside is shown, and never run."""

from __future__ import annotations

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from helpers.forms import cards
from helpers.forms.markup import Markup, join, tag
from helpers.forms.sending import Answer
from strict_s3.explainer import Part

_EVIL = '<img src=x onerror="alert(1)">&\'</pre><script>alert(1)</script>'


class Elements(HTMLParser):
    """The elements, the attributes and the text of some HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(str(html))  # not `Markup`, whose methods escape
        self.close()

    def handle_starttag(self, tag, attrs):
        self.names.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data):
        self.text += data


@given(st.text(alphabet=st.sampled_from("<>&\"'=/ a;#x!-"), max_size=40))
def test_text_stays_text(text):
    # An attribute's name is the program's own, its value and the content are anybody's.
    found = Elements(tag("p", text, title=text))
    assert found.names == {"p"} and found.attributes == {"title"}
    assert found.text == text


def test_markup_is_kept_and_lists_are_taken_apart():
    assert join([Markup("<b>"), ["<", None, [1]]]) == "<b>&lt;1"
    assert tag("a", data_ask="x", disabled=False, hidden=True, class_="c") == (
        '<a data-ask="x" hidden class="c"></a>'
    )
    assert tag("br") == "<br>"


def test_cards_escape_everything_from_outside():
    xml = f"<Error><Code>{_EVIL}</Code><Message>{_EVIL}</Message></Error>".encode()
    for answer in (
        Answer(403, _EVIL, ((_EVIL, _EVIL),), xml, checks=((_EVIL, False, _EVIL),)),
        Answer(200, "OK", (), _EVIL.encode()),
    ):
        found = Elements(cards.answer(answer))
        assert not found.names & {"img", "script"}
        assert "onerror" not in found.attributes
        assert "onerror" in found.text
    for html in (
        cards.problem(_EVIL),
        cards.code(_EVIL, _EVIL),
        cards.incomplete([_EVIL]),
        cards.anatomy([Part(_EVIL, _EVIL, _EVIL, _EVIL)]),
        cards.headers_to_send({_EVIL: _EVIL}, 1),
        cards.button(_EVIL, _EVIL, disabled=_EVIL, about=_EVIL),
    ):
        found = Elements(html)
        assert not found.names & {"img", "script"} and "onerror" not in found.attributes
