"""Every error of the tutorial: one sentence that says what is wrong and what to do.

    LabError
     ├─ SettingsError (ValueError)       the .env file cannot be used
     ├─ FormProblem                      a form cannot do what was asked of it
     ├─ NotYet                           an exercise is not solved yet; the message is the hint
     │   └─ Untouched                    nothing has been written yet, so this was not a try
     ├─ Denied                           the application of a level says no (lesson 14)
     ├─ Refused                          a page's server refuses a request, with this HTTP status
     └─ EnvironmentProblem               the commands cannot make or use the Python environment

The engine's own errors are `strict_s3.StrictS3Error`. Standard library only: the commands need it
before there is an environment.
"""

from __future__ import annotations


class LabError(RuntimeError):
    """The lab cannot do what was asked; the message says what to do."""

    def _render_traceback_(self) -> list[str]:
        """What IPython shows in place of a traceback: the reader needs the sentence alone."""
        return [f"{type(self).__name__}: {self}"]


class SettingsError(LabError, ValueError):
    """The .env file cannot be used; the message names the variable and the fix."""


class FormProblem(LabError):
    """A form cannot do what was asked of it; the message is for the person in front of it."""


class NotYet(LabError):
    """An exercise is not solved yet: one sentence, and a hint."""


class Denied(LabError):
    """The application in a level of lesson 14 says no: what a signer raises in place of a URL."""


class Untouched(NotYet):
    """The exercise is as it was handed out: running its cell was not a try."""


class Refused(LabError):
    """A page's server refuses a request: an HTTP status, and one sentence for the page.

    `wait` is how many seconds to wait before the next try, 0 if waiting does not help.
    """

    def __init__(self, status: int, sentence: str, wait: int = 0) -> None:
        super().__init__(sentence)
        self.status, self.sentence, self.wait = status, sentence, wait


class EnvironmentProblem(LabError):
    """The Python environment cannot be made or used; the message names the cause and the fix."""


def short(value: object) -> str:
    """A value in a message: its kind, and what fits."""
    if value is None:
        return "None (does your function end with a return?)"
    try:
        shown = f"{value!r:.40} "
    except Exception:  # in a __repr__ that a learner wrote
        shown = ""
    return f"{shown}({type(value).__name__})"


def text_of(problem: BaseException) -> str:
    """An exception's text; "" if a ``__str__`` that a learner wrote raises one itself."""
    try:
        return str(problem)
    except Exception:
        return ""
