"""The IAM form."""

from __future__ import annotations

from collections.abc import Iterable

from helpers.forms import cards
from helpers.forms.iam import ON_REAL, IamModel, StatementRow
from helpers.forms.markup import Markup, join, tag
from helpers.forms.views.questions import QuestionForm
from helpers.lab import Lab

LATER = 16  # minutes: one more than the usual guardrail allows


class IamForm(QuestionForm):
    """Write a policy, and ask which statement decides; `rows` are the statements to start with.

    `user` is the name in the call, and of the user that "try it" makes for a moment.
    """

    question = "Ask about a request"
    model: IamModel

    def __init__(
        self,
        lab: Lab,
        rows: Iterable[StatementRow] | None = None,
        *,
        user: str = "form-user",
        **values: str,
    ) -> None:
        super().__init__(IamModel(lab, rows, user=user, **values))

    def verdict(self) -> Markup:
        report = self.model.verdict()
        word = cards.verdict_word("Allowed" if report.allowed else "Refused", report.allowed)
        steps = [
            (
                tag("code", step.statement),
                "✓ matches" if step.matched else "✗ does not match",
                step.why,
            )
            for step in report.steps
        ]
        return join(
            [
                tag("p", word, " ", report.reason),
                cards.table(("Statement", "Looked at", "Why not"), steps),
            ]
        )

    def buttons(self) -> Markup:
        disabled = "" if self.model.lab.local else ON_REAL
        later = f"Try it {LATER} minutes after signing"
        return join(
            [
                cards.buttons(
                    cards.button("try", "Try it", disabled=disabled),
                    cards.button("later", later, disabled=disabled),
                ),
                tag("p", disabled, class_="s3-note") if disabled else None,
            ]
        )

    def asked(self, ask: str, texts: dict[str, str]) -> None:
        if ask in ("try", "later"):
            answer = self.model.try_it(LATER if ask == "later" else 0)
            who = f"Signed by {self.model.user}, who has this policy and nothing else"
            html = join([self.buttons(), cards.section(who, cards.answer(answer))])
            self.is_new()
            self.result.show(html, cards.spoken(answer))
