"""Ways to misuse a URL or a form, and how S3 answered: the table under "Break it"."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from helpers.errors import FormProblem
from helpers.forms import cards
from helpers.forms.markup import Markup, join, tag
from helpers.forms.sending import Answer, Outgoing, send
from helpers.lab import Lab
from strict_s3.redact import redact

WAITING = (
    "Only the local S3's clock can be moved. On a real S3 sign for a few seconds, wait, and try it."
)
# After the end: a second for the fraction that X-Amz-Date leaves out, and one to be over.
_AFTER = timedelta(seconds=2)


@dataclass(frozen=True)
class Attack:
    """One misuse, and whether S3 ought to refuse it.

    `label` is the button, by which it is asked for; `change` says what is done. `disabled` is why
    it cannot be tried here, or empty.
    """

    label: str
    change: str
    make: Callable[[], Outgoing]
    refused: bool = True
    disabled: str = ""
    times: int = 1  # how often it is sent; the last answer counts


def too_late(lab: Lab, ends: datetime, make: Callable[[datetime], Outgoing]) -> Attack:
    """What was signed, sent just after its end."""
    waiting = "" if lab.local else WAITING
    late = ends + _AFTER
    return Attack("Too late", "sent just after its end", lambda: make(late), disabled=waiting)


def other_digit(signature: str) -> str:
    """The signature with another last digit."""
    return signature[:-1] + ("0" if signature[-1] != "0" else "1")


def carry_out(attack: Attack, lab: Lab) -> Answer:
    """Send the attack; the last answer. Raises FormProblem."""
    if attack.disabled:
        raise FormProblem(attack.disabled)
    for _ in range(attack.times):
        answer = send(lab, attack.make())
    return answer


class Attempts:
    """The attacks that are offered, and the answers to those that were made."""

    def __init__(self, offered: Sequence[Attack], lab: Lab) -> None:
        self._offered = {attack.label: attack for attack in offered}
        self._lab = lab
        self.answers: dict[str, Answer | str] = {}

    def asked(self, ask: str) -> str:
        """Make the attempts of a button (``break:LABEL``, ``break-all``); what to say about it."""
        if ask == "break-all":
            for attack in self._offered.values():
                if not attack.disabled:
                    self._make(attack)
            refused = sum(isinstance(a, Answer) and a.refused for a in self.answers.values())
            return f"{len(self.answers)} attempts made, {refused} of them refused."
        chosen = self._offered.get(ask.partition(":")[2])
        return self._make(chosen) if chosen else ""

    def _make(self, attack: Attack) -> str:
        try:
            answer = carry_out(attack, self._lab)
        except FormProblem as problem:
            self.answers[attack.label] = str(problem)
            return str(problem)
        self.answers[attack.label] = answer
        return f"{attack.label}: {cards.spoken(answer)}"

    def html(self) -> Markup:
        offered = self._offered.values()
        buttons = [
            cards.button(f"break:{a.label}", a.label, disabled=a.disabled, about=a.change)
            for a in offered
        ]
        reasons = dict.fromkeys(a.disabled for a in offered if a.disabled)
        return join(
            [
                tag("p", "Each button makes one change to the request and sends it."),
                cards.buttons(*buttons, cards.button("break-all", "All of them")),
                [tag("p", reason, class_="s3-note") for reason in reasons],
                self._table(),
            ]
        )

    def _table(self) -> Markup | None:
        if not self.answers:
            return None
        rows = []
        for label in (label for label in self._offered if label in self.answers):
            answer = self.answers[label]
            tried = [tag("strong", label), tag("br"), self._offered[label].change]
            if isinstance(answer, str):
                rows.append((tried, answer, ""))
            else:
                rows.append((tried, cards.verdict(answer), why(answer)))
        return cards.table(("Attempt", "S3's response", "Which check decided"), rows)


def why(answer: Answer) -> Markup:
    """The deciding check of the local S3, and S3's own message."""
    check, _, detail = answer.decided.partition(": ")
    return join(
        [
            [tag("strong", check), ": ", redact(detail)] if check else None,
            cards.body(answer) if answer.error.message else None,
        ]
    )
