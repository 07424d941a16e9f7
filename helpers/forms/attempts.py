"""What has been tried against a URL or a form, and how S3 answered: the table under "Break it"."""

from __future__ import annotations

from collections.abc import Sequence

from helpers.forms import cards
from helpers.forms.attack import Attack, carry_out
from helpers.forms.fields import FormProblem
from helpers.forms.markup import Markup, join, tag
from helpers.forms.sending import Answer
from helpers.lab import Lab
from strict_s3.redact import readable, redact


class Attempts:
    """The attacks that are offered, and the answers to those that were made, latest last."""

    def __init__(self, offered: Sequence[Attack], lab: Lab) -> None:
        self._offered = {attack.name: attack for attack in offered}
        self._lab = lab
        self.answers: dict[str, Answer | str] = {}

    def asked(self, ask: str) -> str:
        """Make the attempts of a button (``break:NAME``, ``break-all``); what to say about it."""
        if ask == "break-all":
            for name, attempt in self._offered.items():
                if not attempt.disabled:
                    self._make(name)
            refused = sum(isinstance(a, Answer) and a.refused for a in self.answers.values())
            return f"{len(self.answers)} attempts made, {refused} of them refused."
        name = ask.partition(":")[2]
        return self._make(name) if name in self._offered else ""

    def _make(self, name: str) -> str:
        self.answers.pop(name, None)  # the latest stands last
        try:
            answer = carry_out(self._offered[name], self._lab)
        except FormProblem as problem:
            self.answers[name] = str(problem)
            return str(problem)
        self.answers[name] = answer
        return f"{self._offered[name].label}: {cards.spoken(answer)}"

    def html(self) -> Markup:
        buttons = [
            cards.button(
                f"break:{attempt.name}",
                attempt.label,
                disabled=attempt.disabled,
                about=attempt.change,
            )
            for attempt in self._offered.values()
        ]
        reasons = dict.fromkeys(a.disabled for a in self._offered.values() if a.disabled)
        return join(
            [
                tag("p", "Each button makes one change to the request and sends it."),
                tag("div", buttons, cards.button("break-all", "All of them"), class_="s3-buttons"),
                [tag("p", reason, class_="s3-note") for reason in reasons],
                self._table(),
            ]
        )

    def _table(self) -> Markup | None:
        if not self.answers:
            return None
        rows = []
        for name, answer in reversed(self.answers.items()):
            attempt = self._offered[name]
            tried = [tag("strong", attempt.label), tag("br"), attempt.change]
            if isinstance(answer, str):
                rows.append((tried, answer, ""))
            else:
                rows.append((tried, cards.verdict(answer), why(answer)))
        return cards.table(("Attempt", "S3's answer", "Which check decided"), rows)


def why(answer: Answer) -> Markup:
    """The deciding check of the local S3, and S3's own message."""
    check, _, detail = answer.decided.partition(": ")
    message = answer.element("Message") if answer.refused else ""
    return join(
        [
            join([tag("strong", check), ": ", redact(detail)]) if check else None,
            cards.fold("S3's XML", tag("pre", readable(answer.body), tabindex="0"))
            if message
            else None,
        ]
    )
