"""Every level: a solver, right fixes of different style, and lazy ones refused with the reason."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from helpers.errors import Denied, NotYet
from helpers.exercises import lesson_14
from helpers.flags.judge import broken_uses, judge_attack, judge_fix
from helpers.flags.level import MAX_LINES
from helpers.flags.levels import LEVELS
from tests.flags import answers_01_06, answers_07_12
from tests.secret_scan import secrets_in

SOLVERS = answers_01_06.SOLVERS | answers_07_12.SOLVERS
RIGHT = answers_01_06.RIGHT | answers_07_12.RIGHT
LAZY = answers_01_06.LAZY | answers_07_12.LAZY
EACH = [pytest.param(level, id=f"{number:02}") for number, level in LEVELS.items()]
RIGHTS = [
    pytest.param(LEVELS[n], fix, id=f"{n:02}-{fix.__name__}") for n in RIGHT for fix in RIGHT[n]
]
LAZIES = [
    pytest.param(LEVELS[n], fix, why, id=f"{n:02}-{fix.__name__}")
    for n in LAZY
    for fix, why in LAZY[n]
]
WIDTH = 64  # characters of code on a card in a window of 800 pixels
# Honest uses that a weak signer does not serve: the fix has to.
OF_THE_FIX = {
    3: ["v1..v2.txt"],
    4: ["what?.txt", "a b#c.txt", "100%25 ü.txt"],
    6: ["finds both in"],
    10: ["an hour later"],
}


def judged(arena, level, fixed, own):
    """As `lesson_14` judges a fix."""
    judge_fix(arena, level, fixed, own)
    if level.number == max(LEVELS):
        lesson_14._measure(fixed)


def test_every_level_has_its_answers():
    numbers = list(range(1, 13))
    assert list(LEVELS) == list(SOLVERS) == list(RIGHT) == list(LAZY) == numbers
    assert all(len(RIGHT[n]) >= 3 and len(LAZY[n]) >= 3 for n in numbers)


@pytest.mark.parametrize("level", EACH)
def test_the_solver_captures_the_flag(level, arena):
    judge_attack(arena, level, SOLVERS[level.number])


@pytest.mark.parametrize("level", EACH)
def test_doing_nothing_captures_nothing(level, arena):
    for nothing in (lambda world: None, lambda world: world.target, lambda world: b"flag"):
        with pytest.raises(NotYet, match="the flag isn't captured"):
            judge_attack(arena, level, nothing)


@pytest.mark.parametrize("level", EACH)
def test_the_weak_signer_serves_honest_users_and_is_no_fix(level, arena):
    """An unfair level would ask of the fix what nobody was served before."""
    for variant, signer in enumerate(level.signers):
        found = [name for name, _ in broken_uses(arena.stage(level, signer))]
        known = OF_THE_FIX.get(level.number, []) if variant == 0 else []
        assert len(found) == len(known) and all(map(str.__contains__, found, known)), found
        with pytest.raises(NotYet, match="still works on your fix"):
            judge_fix(arena, level, signer)


@pytest.mark.parametrize("level", EACH)
def test_the_reference_fix_passes(level, arena):
    judged(arena, level, level.fix, SOLVERS[level.number])


@pytest.mark.parametrize(("level", "fixed"), RIGHTS)
def test_a_right_fix_passes(level, fixed, arena):
    judged(arena, level, fixed, SOLVERS[level.number])


@pytest.mark.parametrize(("level", "fixed", "why"), LAZIES)
def test_a_lazy_fix_is_refused_with_the_reason(level, fixed, why, arena):
    with pytest.raises(NotYet) as refused:
        judged(arena, level, fixed, SOLVERS[level.number])
    assert why in str(refused.value)


@pytest.mark.parametrize("level", EACH)
def test_each_of_our_attacks_works_and_says_what_it_does(level, arena):
    """On the weak signer, or on a lazy fix."""
    lazy = [fixed for fixed, _ in LAZY[level.number]]
    for attack in level.attacks:
        assert attack.__doc__ and attack.__doc__[-1] != "."
        signers = (replace(level, signers=(each,)) for each in (*level.signers, *lazy))
        assert any(captures(arena, each, attack) for each in signers), attack.__name__
    if len(level.signers) > 1:  # what opens one variant opens no other
        variants = range(len(level.signers))
        opened = [[captures(arena, level, each, v) for v in variants] for each in level.attacks]
        assert sorted(map(sum, opened)) == [1] * len(level.signers)


def captures(arena, level, attack, variant=0):
    try:
        judge_attack(arena, level, attack, variant)
    except NotYet:
        return False
    return True


@pytest.mark.parametrize("level", EACH)
def test_each_honest_use_is_looked_at(level, arena):
    """Refuse one call of an honest user's, each in turn: every use is broken by one of them."""
    calls = refused = -1

    def sabotaged(*given, **named):
        nonlocal calls
        calls += 1
        if calls == refused:
            raise Denied
        return level.fix(*given, **named)

    stage = arena.stage(level, sabotaged)
    every = {name for name, _ in level.uses(stage)}
    calls = 0
    assert broken_uses(stage) == []
    total, found = calls, set()
    for number in range(1, total + 1):
        refused = -1
        stage = arena.stage(level, sabotaged)
        calls, refused = 0, number
        broken = {name for name, _ in broken_uses(stage)}
        assert broken, f"call {refused}"
        found |= broken
    if level.number < max(LEVELS):  # its policy is asked for once for each user
        assert found == every


@pytest.mark.parametrize("level", EACH)
def test_the_card_is_short_honest_and_has_no_flag(level):
    for variant in range(len(level.signers)):
        source = level.source(variant)
        assert len(re.findall(r"^def sign\(s3, bucket, user\b", source, re.M)) == 1
        lines = source.splitlines()
        assert len(lines) <= MAX_LINES and max(map(len, lines)) <= WIDTH
        exec(source, {"Denied": Denied})  # it is whole: a learner can copy it
        assert secrets_in(source) == [] and not re.search("[0-9a-f]{16}", source)
    assert len(level.hints) == 3
    assert re.search(r"https://github\.com/\S+\)|second-hand", level.incident)
    assert level.title == LEVELS[level.number].title and 10 <= level.minutes <= 40


@pytest.mark.parametrize("level", EACH)
def test_a_blind_judge_would_be_noticed(level, arena):
    """The table of lazy fixes fails for a judge that sees no flag, or asks for no honest use."""
    number = level.number

    def noticed(judge):
        """Whether the table above would fail with this judge."""
        for fixed, why in LAZY[number]:
            try:
                judge_fix(arena, judge, fixed, SOLVERS[number])
            except NotYet as problem:
                if why in str(problem):
                    continue
            return True
        return False

    blind = replace(level, captured=lambda stage, got: False)
    with pytest.raises(NotYet):
        judge_attack(arena, blind, SOLVERS[number])
    assert noticed(blind)
    assert noticed(replace(level, uses=lambda stage: iter(())))
    with pytest.raises(NotYet):  # one that sees flags everywhere takes no fix
        judge_fix(arena, replace(level, captured=lambda stage, got: True), level.fix)
