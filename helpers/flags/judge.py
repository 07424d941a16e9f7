"""The verdict: does an attack work, and does a fix refuse it and still serve honest users?

Every attack and every fix gets a world of its own. S3 is looked at with the account's root key, so
what a learner's code prints or says counts for nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from helpers.errors import Denied, NotYet, short
from helpers.flags.level import Attack, Level
from helpers.flags.running import Broke, run
from helpers.flags.world import Arena, Stage


def judge_attack(arena: Arena, level: Level, attack: Attack, variant: int = 0) -> None:
    """Raises `NotYet` unless the attack captures the flag of the weak signer."""
    captured, problem, got = _play(arena, level, level.signer(variant), attack)
    if captured:
        return
    if problem:
        raise NotYet(f"the flag isn't captured: {problem}")
    raise NotYet(f"the flag isn't captured. Your attack returned {short(got)}. {level.goal}")


def judge_fix(
    arena: Arena, level: Level, fixed: Callable[..., Any], own: Attack | None = None
) -> None:
    """Raises `NotYet` unless `fixed` refuses `own` and our attacks and serves honest users."""
    for attack in (own, *level.attacks):
        if attack is None:
            continue
        if _play(arena, level, fixed, attack)[0]:
            what = "your own attack" if attack is own else f"another attack ({attack.__doc__})"
            raise NotYet(f"{what} still works on your fix.")
    for name, problem in broken_uses(arena.stage(level, fixed)):
        raise NotYet(f"your fix breaks an honest use: {name}. {problem}")


def broken_uses(stage: Stage) -> list[tuple[str, str]]:
    """The honest uses that the stage's signer doesn't serve, each with the reason."""
    found = []
    for name, use in stage.level.uses(stage):
        try:
            use()
        except Denied:
            found.append((name, "Your code refuses it (Denied)."))
        except NotYet as problem:
            text = str(problem)
            found.append((name, text[:1].upper() + text[1:]))
        except ClientError as problem:
            found.append((name, f"S3 answered: {problem.response['Error']['Message']}"))
    return found


def _play(
    arena: Arena, level: Level, signer: Callable[..., Any], attack: Attack
) -> tuple[bool, str, object]:
    """Whether the attack captures the flag; else what went wrong, and what it returned."""
    stage = arena.stage(level, signer)
    got, problem = None, ""
    try:
        for moment in level.moments:
            got, problem = None, ""
            with stage.later(**moment):
                try:
                    world = stage.world()
                    got = run(attack, (world,))
                except Denied:
                    problem = "the application refused (Denied)."
                except Broke as broke:
                    refused = isinstance(broke.__cause__, Denied)
                    problem = "the application refused (Denied)." if refused else str(broke)
                if level.captured(stage, got):
                    return True, "", got
    except ClientError as gone:
        raise NotYet(
            f"the level's bucket can't be read any more ({gone.response['Error']['Code']}). An "
            "attack should change as little as it needs; the next try gets a new world."
        ) from None
    return False, problem, got
