"""Nothing is ignored silently: every input of every operation is sent, and must have an effect."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from dataclasses import replace

import pytest

from strict_s3.rules import inputs
from strict_s3.server.operations import CARRIED_OUT
from tests.strict_s3.inputs.samples import SAMPLES, build, request_for, sample_of
from tests.strict_s3.inputs.world import MODEL, Seen, World

OPERATIONS = sorted(CARRIED_OUT.keys() - {"PostObject"})
_PLACES = {"header": "", "headers": "", "querystring": "?"}

# What may be sent without an effect, and why.
NO_EFFECT = {
    "?id": "no configuration is there, whatever its id",
    "x-amz-request-payer": "every caller who can be charged is of the account that pays anyway",
}
# What counts as a header alone, and why.
HEADERS_ONLY = {
    "rules.checksums": "a checksum in the query is signed and not looked at (recorded on AWS)",
}


def inputs_of(operation: str) -> Iterator[str]:
    """The headers and query parameters of an operation, by the names in `rules.inputs`."""
    shape = MODEL.operation_model(operation).input_shape
    for member, of_member in shape.members.items() if shape else ():
        place = of_member.serialization.get("location")
        name = of_member.serialization.get("name", member)
        if place in _PLACES:
            yield _PLACES[place] + (name if place == "querystring" else name.lower())


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with pytest.MonkeyPatch.context() as patch:
        yield build(patch)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_input_is_in_the_table(operation):
    known = inputs.RULES.keys() | {
        name for name, one in inputs.NOT_CARRIED_OUT.items() if one.concerns(operation)
    }
    unknown = sorted(set(inputs_of(operation)) - known)
    assert not unknown, (
        f"botocore's {operation} has {', '.join(unknown)}, which strict_s3/rules/inputs.py does "
        "not. Obey it and name the rule in RULES, or add it to NOT_CARRIED_OUT; then give it a "
        "sample in tests/strict_s3/inputs/samples.py."
    )


def test_the_tables_name_what_exists():
    sent = {name for operation in OPERATIONS for name in inputs_of(operation)}
    assert sent == inputs.RULES.keys() | inputs.NOT_CARRIED_OUT.keys()
    assert not inputs.RULES.keys() & inputs.NOT_CARRIED_OUT.keys()
    assert sent == SAMPLES.keys()
    for rule in set(inputs.RULES.values()):
        importlib.import_module(f"strict_s3.{rule}")
    for name, missing in inputs.NOT_CARRIED_OUT.items():
        having = [operation for operation in OPERATIONS if name in inputs_of(operation)]
        assert sorted(missing.operations.split()) == having, name


def seen_with_and_without(
    world: World, operation: str, name: str, *, in_query: bool = False
) -> tuple[Seen, Seen]:
    """What a request leads to with an input, and without it."""
    sample = sample_of(operation, name, world)
    base = request_for(operation, world).and_also(sample.headers, sample.query)
    spelled = f"{name}b" if name.endswith("-") else name
    if name.startswith("?"):
        more = base.and_also({}, {name[1:]: sample.value})
    elif in_query:
        others = {key: value for key, value in base.headers.items() if key != name}
        more = replace(base, headers=others).and_also({}, {spelled: sample.value})
    else:
        more = base.and_also({spelled: sample.value})
    return world.send(more), world.send(base)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_input_has_an_effect(world, operation):
    ignored = []
    for name in sorted(set(inputs_of(operation)) - NO_EFFECT.keys()):
        seen, without = seen_with_and_without(world, operation, name)
        expected = seen.refuses(name) if name in inputs.NOT_CARRIED_OUT else seen != without
        if not expected:
            ignored.append(name)
    assert not ignored, f"{operation} ignores them"


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_header_has_an_effect_in_the_query_too(world, operation):
    """Signers move x-amz-* headers and conditions on writes into presigned URLs."""
    reading = operation in ("GetObject", "HeadObject")
    hoisted = ("x-amz-",) if reading else ("x-amz-", "if-match", "if-none-match")
    ignored = []
    for name in sorted(set(inputs_of(operation)) - NO_EFFECT.keys()):
        if not name.startswith(hoisted) or inputs.RULES.get(name) in HEADERS_ONLY:
            continue
        seen, without = seen_with_and_without(world, operation, name, in_query=True)
        if seen == without:
            ignored.append(name)
    assert not ignored, f"{operation} ignores them in the query"


@pytest.mark.parametrize("operation", OPERATIONS)
def test_what_is_sent_without_them_is_answered(world, operation):
    """Else an input would only change one refusal into another."""
    seen = world.send(request_for(operation, world))
    expected = _REFUSED.get(operation, range(200, 300))
    assert seen.status in expected, seen.body


_NUMBERED = ("Analytics", "IntelligentTiering", "Inventory", "Metrics")
_REFUSED = {
    **{
        f"{verb}Bucket{kind}Configuration": (404,)
        for verb in ("Get", "Delete")
        for kind in _NUMBERED
    },
    "PutObjectRetention": (403,),  # it shortens one, for which it needs the bypass
}
