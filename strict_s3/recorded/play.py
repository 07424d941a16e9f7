"""Send a scenario's requests to an S3, in order, and compare each answer with the table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .compare import Difference, differences, document_of, kind_of
from .exchange import Received, Target, request_of
from .scenarios import Scenario, Step, TableError
from .values import Values


@dataclass(frozen=True)
class Outcome:
    """A row's answer: as recorded if there are no `differences`."""

    step: Step
    received: Received
    differences: list[Difference]

    @property
    def kind(self) -> str:
        """One of `compare.KINDS`."""
        assert self.step.answer is not None
        return kind_of(self.step.answer, self.received, self.differences)


class PreparationFailed(TableError):
    """A step without a row was refused, so the rows behind it can't be asked."""


def who_am_i(target: Target) -> Values:
    """The names that hold for a whole account: ``{region}``, ``{account}`` …."""
    values = Values(region=target.signer.region)
    values["access-key"] = target.signer.access_key
    values["location"] = location(target.signer.region)
    asked = {
        "owner": (Step("GET /"), "Owner/ID"),
        "account": (Step("sts GetCallerIdentity"), "GetCallerIdentityResult/Account"),
        "caller": (Step("sts GetCallerIdentity"), "GetCallerIdentityResult/Arn"),
    }
    for name, (step, path) in asked.items():
        document = document_of(target.send(request_of(step, target, values))) or {}
        if path in document:
            values[name] = document[path][0]
    return values


def play(scenario: Scenario, target: Target, values: Values) -> Iterator[Outcome]:
    """The outcome of each row, while the scenario goes on.

    `values` has what `who_am_i` found and the scenario's own ``{bucket}`` and ``{user}``; the
    names that steps keep are added to it. Raises `PreparationFailed`, and `TableError` for a name
    without a value.
    """
    if scenario.make_bucket:
        _prepare(Step("PUT /{bucket}", body="{location}"), target, values)
    for step in scenario.steps:
        if step.answer is None:
            _prepare(step, target, values)
            continue
        received = target.send(request_of(step, target, values))
        found = differences(step.answer, received, values)
        _keep(step, received, values)
        yield Outcome(step, received, found)


def location(region: str) -> str:
    """The body of a CreateBucket: us-east-1 is the only region that isn't named."""
    if region == "us-east-1":
        return ""
    inside = f"<LocationConstraint>{region}</LocationConstraint>"
    return f"<CreateBucketConfiguration>{inside}</CreateBucketConfiguration>"


def _prepare(step: Step, target: Target, values: Values) -> None:
    received = target.send(request_of(step, target, values))
    if received.status >= 400:
        document = document_of(received) or {}
        why = " ".join(text for name in ("Code", "Message") for text in document.get(name, []))
        raise PreparationFailed(f"{step.send} was answered with {received.status} {why}.")
    _keep(step, received, values)


def _keep(step: Step, received: Received, values: Values) -> None:
    """What the step says to keep: headers in lower case, elements by path."""
    document = document_of(received) or {}
    for name, where in step.keep.items():
        found = [received.headers[where]] if where in received.headers else document.get(where)
        if not found:
            raise PreparationFailed(f"{step.send}: the answer has no {where} to keep.")
        values[name] = found[0]
