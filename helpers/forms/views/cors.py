"""The CORS form."""

from __future__ import annotations

from collections.abc import Iterable

from helpers.forms import cards
from helpers.forms.cors import CorsModel, RuleRow, Step
from helpers.forms.markup import Markup, join, tag
from helpers.forms.views.questions import QuestionForm
from helpers.lab import Lab


class CorsForm(QuestionForm):
    """Set a bucket's rules, and play a page's request; `rows` are the rules to start with."""

    question = "Ask as a page"
    model: CorsModel

    def __init__(self, lab: Lab, rows: Iterable[RuleRow] | None = None, **values: str) -> None:
        super().__init__(CorsModel(lab, rows, **values))

    def verdict(self) -> Markup:
        report = self.model.verdict()
        lines = [
            ("The browser asks first", _asked(report.preflight)),
            ("because", report.why_preflight),
            ("S3 answers by", f"rule {report.rule}" if report.rule else "no rule"),
            *[("", reason) for reason in report.reasons],
        ]
        shown = [(tag("strong", name) if name else "", text) for name, text in lines]
        return join(
            [
                cards.table(("By the rules above", "What happens"), shown),
                tag("p", cards.verdict_word("The page sees", report.visible), " ", report.page),
                [tag("p", note, class_="s3-note") for note in report.notes],
            ]
        )

    def buttons(self) -> Markup:
        return cards.buttons(
            cards.button("put", "1. Set these rules on the bucket"),
            cards.button("browser", "2. Send it as a browser"),
            cards.button("bare", "3. Send it without a browser"),
        )

    def asked(self, ask: str, texts: dict[str, str]) -> None:
        if ask == "put":
            self.model.put()
            self.is_new()
            done = f"✓ Set: {len(self.model.rows)} rule(s) replace those that the bucket had."
            self.result.show(join([self.buttons(), tag("p", done)]), done)
        elif ask == "browser":
            self._draw("The browser", self.model.as_a_browser())
        elif ask == "bare":
            self._draw("The same request, from a program,", self.model.without_a_browser())

    def _draw(self, who: str, steps: list[Step]) -> None:
        self.is_new()
        parts = [
            cards.section(f"{who} {step.what} {step.outgoing.method}", *_step(step))
            for step in steps
        ]
        last = steps[-1]
        if last.what == "is sent":
            says = "CORS is a rule for browsers: a program is neither asked nor stopped by it."
        elif last.what == "asks":
            says = f"The page sees: Failed to fetch. {self.model.fields['method']} is not sent."
        elif any(name.lower() == "access-control-allow-origin" for name, _ in last.cors_headers):
            says = "The page sees the response."
        else:
            says = "The page sees: Failed to fetch. The request was carried out all the same."
        html = join([self.buttons(), *parts, tag("p", tag("strong", says))])
        self.result.show(html, f"{cards.spoken(last.answer)} {says}")


def _asked(preflight: object) -> object:
    if not isinstance(preflight, dict):
        return "nothing"
    lines = ["OPTIONS, ", *[f"{name}: {value}; " for name, value in preflight.items()]]
    return tag("code", "".join(lines).rstrip("; "))


def _step(step: Step) -> list[Markup | None]:
    headers = step.cors_headers
    return [
        tag("p", cards.verdict(step.answer)),
        cards.deciding(step.answer),
        cards.table(("Header for the browser", "Value"), headers)
        if headers
        else tag("p", "No header for the browser, so it shows the page nothing of this response."),
        cards.body(step.answer),
        cards.checks(step.answer),
    ]
