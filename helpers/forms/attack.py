"""One way to misuse a URL or a form, and what S3 ought to answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from helpers.forms.fields import FormProblem
from helpers.forms.sending import Answer, Outgoing, send
from helpers.lab import Lab

WAITING = (
    "Only the local S3's clock can be moved. On a real S3 sign for a few seconds, wait, and try it."
)


@dataclass(frozen=True)
class Attack:
    """`label` is the button; `change` says what is done. `refused` is what S3 ought to answer.

    `disabled` is why it cannot be tried here, or empty.
    """

    name: str
    label: str
    change: str
    make: Callable[[], Outgoing]
    refused: bool = True
    disabled: str = ""
    times: int = 1  # how often it is sent; the last answer counts


def carry_out(attack: Attack, lab: Lab) -> Answer:
    """Send the attack; the last answer. Raises FormProblem."""
    if attack.disabled:
        raise FormProblem(attack.disabled)
    for _ in range(attack.times):
        answer = send(lab, attack.make())
    return answer
