"""Lesson 14, capture the flag: its levels as exercises, their cards, hints and points."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from typing import Any

from helpers.errors import LabError, NotYet, Untouched, short
from helpers.exercises import progress
from helpers.exercises.checking import WIDTH, exercise
from helpers.exercises.policies import Grant, judge, user_named
from helpers.files import FLAGS
from helpers.flags import tokens
from helpers.flags.judge import judge_attack, judge_fix
from helpers.flags.level import Level, source_of
from helpers.flags.levels import LEVELS
from helpers.flags.levels.level_12 import document
from helpers.flags.notes import CAPTURE, HINT, MEND, Notes
from helpers.flags.running import is_untouched, run, untouched
from helpers.flags.world import Arena
from helpers.forms.shown import in_notebook
from helpers.lab import Lab

_LESSON = "14"
_arena: Arena | None = None
_notes = Notes()  # where nothing is kept on disk


def level(number: int) -> None:
    """Show a level: its story, the weak signer, what counts as captured, and what happened."""
    _show(_card(_level(number)))


def play(lab: Lab, number: int, attack: object, fixed: object = ...) -> None:
    """Judge an attack on a level's weak signer, and the signer that should refuse it, if any.

    Prints one sentence, and the level's card as long as nothing was written yet.
    """
    given = [untouched if code is ... or code is None else code for code in (attack, fixed)]
    CHECKS[_level(number).number](lab, *given)
    if all(map(is_untouched, given)):
        level(number)


def hint(number: int) -> None:
    """Print the next of a level's three hints. Each takes 3 points."""
    every, notes = _level(number).hints, _load()
    taken = min(notes.hints.get(number, 0) + 1, max(len(every), notes.hints.get(number, 0)))
    notes.hints[number] = taken
    _save(notes)
    for place, text in enumerate(every[:taken], 1):
        print(textwrap.fill(f"{place}. {text}", WIDTH, break_long_words=False))
    if taken >= len(every):
        print(
            f"That was the last hint. flags.solution({number}) prints ours, and the level then "
            "counts no points."
        )


def solution(number: int) -> None:
    """Print our attacks and our fix. The level counts no points from then on."""
    found, notes = _level(number), _load()
    notes.hints[number] = len(found.hints) + 1
    _save(notes)
    print("\n\n\n".join(source_of(each) for each in (*found.attacks, found.fix)))


def scores() -> None:
    """Print what is captured and mended, and the points."""
    notes = _load()
    print(f"{'level':<32}captured  mended  hints  points")
    for number, each in LEVELS.items():
        done = ["yes" if number in part else "-" for part in (notes.captured, notes.mended)]
        hints = min(notes.hints.get(number, 0), len(each.hints))
        title = f"{number:>2}  {each.title}"
        print(f"{title:<32}{done[0]:<10}{done[1]:<8}{hints or '-':<7}{notes.points(number) or '-'}")
    total = sum(notes.points(number) for number in LEVELS)
    most = len(LEVELS) * (CAPTURE + MEND)
    print(f"\n{total} of {most} points: {CAPTURE} for a flag, {MEND} for a fix, -{HINT} for a hint")


def join(name: str, kit: str) -> None:
    """Take part in a contest with the kit that the instructor gave you. ``join("", "")`` ends it.

    It chooses your variant of a signer, and adds a token to each success.
    """
    notes = _load()
    notes.name, notes.kit = name, kit
    _save(notes)
    print(f"You play as {name}." if name else "You play alone.")


def _check(number: int) -> Callable[..., None]:
    @exercise(_LESSON, number)
    def check(lab: Lab, attack: Any, fixed: Any) -> str:
        return _judge(lab, LEVELS[number], attack, fixed)

    return check


def _judge(lab: Lab, found: Level, attack: Any, fixed: Any) -> str:
    """What is right, or `NotYet`; what has been captured and mended is noted in any case."""
    number, notes = found.number, _load()
    for function in (attack, fixed):
        if not callable(function):
            raise NotYet(f"a function was expected, not {short(function)}.")
    if is_untouched(attack) and is_untouched(fixed):
        raise Untouched(
            f"replace the dots with your code and run the cell again. Level {number} is not "
            "captured yet."
        )
    arena = _running(lab)
    own = None
    if not is_untouched(attack):
        judge_attack(arena, found, attack, tokens.variant(notes.kit))
        own = attack
        notes.captured.add(number)
        _save(notes)
    if is_untouched(fixed):
        dots = "" if fixed is untouched else "replace the dots: "
        raise NotYet(
            f"{dots}level {number} is captured, and now its signer has to be mended."
            f"{_token(notes, number, 0)}"
        )
    try:
        judge_fix(arena, found, fixed, own)
        if number == max(LEVELS):
            _measure(fixed)
    except NotYet as problem:
        captured = f"level {number} is captured, but not mended: " if own else ""
        raise NotYet(f"{captured}{problem}") from None
    notes.mended.add(number)
    _save(notes)
    if number not in notes.captured:
        raise NotYet(f"level {number} is mended, and not captured yet: the attack is missing.")
    return (
        f"level {number} is captured and mended: the attacks are refused, and the honest uses "
        f"still work.{_token(notes, number, 0)}{_token(notes, number, 1)}"
    )


def _measure(allowed: Callable[..., Any]) -> None:
    """Every action on every kind of resource, by the evaluator: requests can't show them all."""
    grant = Grant(frozenset({"s3:GetObject", "s3:PutObject"}), "u1/", ("u12/a.txt",))
    judge(document(run(allowed, ("attic", "u1"))), "attic", user_named("u1"), grant)


CHECKS = {number: _check(number) for number in LEVELS}
check_level_1, check_level_2 = CHECKS[1], CHECKS[2]


def _level(number: object) -> Level:
    if number not in LEVELS:
        raise LabError(f"There is no level {number!r:.20}; they are numbered 1 to {max(LEVELS)}.")
    return LEVELS[number]


def _running(lab: Lab) -> Arena:
    """The levels' own S3: started when it is needed, stopped by the lesson's last cell."""
    global _arena
    if _arena is None or not _arena.alive:
        _arena = Arena()
        lab.on_clean_up("stopped the levels' S3", _arena.stop)
    return _arena


def _token(notes: Notes, number: int, part: int) -> str:
    if not notes.kit:
        return ""
    taken = min(notes.hints.get(number, 0), 9)
    return f"\nToken: {tokens.token(notes.kit, number, tokens.PARTS[part], taken)}"


def _card(found: Level) -> str:
    """A level in Markdown."""
    source = found.source(tokens.variant(_load().kit))
    return "\n\n".join(
        [
            "---",
            f"**Level {found.number}: {found.title}** ({found.minutes} minutes)",
            found.story,
            f"```python\n{source}\n```",
            f"**The flag.** {found.goal}",
            f"**You have** {found.gives}",
            f"**It happened.** {found.incident}.",
            f"Stuck? `flags.hint({found.number})`",
        ]
    )


def _show(markdown: str) -> None:
    """In a notebook the Markdown is drawn; elsewhere it is printed."""
    if not in_notebook():
        print(markdown)
        return
    from IPython.display import display

    display({"text/markdown": markdown, "text/plain": markdown}, raw=True)  # type: ignore[no-untyped-call]


def _load() -> Notes:
    path = progress.note(FLAGS)
    return Notes.load(path) if path else _notes


def _save(notes: Notes) -> None:
    notes.save(progress.note(FLAGS))
