"""Levels 1 and 2, whose solutions the lesson prints; the others are tried in tests/flags."""

from __future__ import annotations

_ATTACK = """
import requests

def attack(world):
    return world.send(world.sign(world.target)).text
"""


def _fix(number: int, name: str) -> str:
    """An answer from the tests of the levels, under the name that the lesson gives it."""
    if number == 1:
        return f"from tests.flags.answers_01_06 import {name} as fixed_1"
    return f"{_ATTACK}\nfrom tests.flags.answers_01_06 import {name} as fixed"


_FAILS = """
def fixed_1(s3, bucket, user, key):
    raise KeyError(key)
"""
_SLOW = """
def attack(world):
    return world.sign(world.target)

def fixed(s3, bucket, user, key): ...
"""
_ONLY_FIXED = """
def attack(world): ...

from tests.flags.answers_01_06 import first_folder as fixed
"""
_WRITES = """
def attack(world):
    world.victim = "somebody"

from tests.flags.answers_01_06 import first_folder as fixed
"""

RIGHT = {
    "check_level_1": [_fix(1, name) for name in ("first_folder", "another_error", "nothing")],
    "check_level_2": [_fix(2, name) for name in ("first_folder", "another_error", "nothing")],
}
WRONG = {
    "check_level_1": [
        ("fixed_1 = ...", "replace the dots"),
        ("fixed_1 = 'a fix'", "a function was expected, not 'a fix'"),
        (_fix(1, "name_somewhere"), "captured, but not mended: your own attack still works"),
        (_fix(1, "shorter"), "captured, but not mended: your own attack still works"),
        (_fix(1, "refuses_all"), "a user downloads their own 'mine.txt'. Your code refuses it"),
        (_fix(1, "plain_names_only"), "a user downloads their own '2026/a b.txt'. Your code"),
        (_FAILS, "Your code raised KeyError"),
    ],
    "check_level_2": [
        (_SLOW, "the flag isn't captured. Your attack returned 'http"),
        (_WRITES, "the flag isn't captured: your code raised FrozenInstanceError"),
        (_ONLY_FIXED, "level 2 is mended, and not captured yet"),
        (_fix(2, "begins_in_folder"), "captured, but not mended: your own attack still works"),
        (_fix(2, "one_folder_only"), "a user downloads their own '2026/a b.txt'. Your code"),
    ],
}
