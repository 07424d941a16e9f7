"""What the board knows: who is stuck, who has which flags, and what it refuses to believe."""

from __future__ import annotations

import json

import pytest

from helpers.errors import Refused
from helpers.setup.room import board as module
from helpers.setup.room.board import Board, name_of
from helpers.setup.room.run import add, exercises
from tests.lessons.lesson import LESSONS
from tests.pages.conftest import Ticks

EXERCISES = ["04.1", "04.2", "06.1", *(f"14.level-{n:02}" for n in range(1, 13))]
HERE = "192.168.1.7"


@pytest.fixture
def ticks() -> Ticks:
    return Ticks()


@pytest.fixture
def board(ticks) -> Board:
    return Board(EXERCISES, ticks)


def report(board: Board, name: object = "Ann", exercise: object = "", **more: object) -> None:
    address = str(more.pop("address", HERE))
    sent = {"name": name, "token": f"token of {name}".ljust(16), "exercise": exercise}
    board.report({**sent, "passed": False, "done": [], **more}, address)


def row(board: Board, exercise: str) -> tuple[int, int]:
    rows = {row["name"]: row for row in board.picture()["exercises"]}
    found = rows.get(exercise, {"done": 0, "trying": 0})
    return found["done"], found["trying"]


def stuck(board: Board) -> list[tuple[str, str, int, int]]:
    return [tuple(one.values()) for one in board.picture()["stuck"]]


def test_it_knows_every_exercise_of_the_lessons():
    known = exercises()
    assert known == sorted(known)
    assert {name.partition(".")[0] for name in known} <= {path.name[:2] for path in LESSONS}
    assert {"04.1", "04.2", "09.1", "11.2"} <= set(known)


def test_joining_is_not_trying(board):
    report(board)
    picture = board.picture()
    assert (picture["people"], picture["stuck"], picture["exercises"]) == (1, [], [])


def test_done_and_trying(board):
    report(board, "Ann", "04.1", passed=True)
    report(board, "Ben", "04.1")
    report(board, "Cem", "06.1", done=["04.1"])
    assert row(board, "04.1") == (2, 1)
    assert row(board, "06.1") == (0, 1)
    report(board, "Ben", "04.1", passed=True)
    assert row(board, "04.1") == (3, 0)
    report(board, "Ben", "04.1")  # run again, and broken: what was done stays done
    assert row(board, "04.1") == (3, 0)


def test_a_report_that_was_lost_is_in_the_next(board):
    report(board, "Ann", "04.1")
    report(board, "Ann", "", done=["04.1"])
    assert row(board, "04.1") == (1, 0)


def test_three_tries_are_stuck(board):
    for _ in range(2):
        report(board, "Ann", "04.1")
    assert stuck(board) == []
    report(board, "Ann", "04.1")
    assert stuck(board) == [("Ann", "04.1", 3, 0)]
    report(board, "Ann", "04.2")  # a different exercise counts afresh
    assert stuck(board) == []


def test_five_minutes_are_stuck_and_the_longest_is_first(board, ticks):
    report(board, "Ann", "04.1")
    ticks.now += 60
    report(board, "Ben", "06.1")
    ticks.now += 5 * 60 - 61
    assert stuck(board) == []
    ticks.now += 1
    assert stuck(board) == [("Ann", "04.1", 1, 5)]
    ticks.now += 60
    assert stuck(board) == [("Ann", "04.1", 1, 6), ("Ben", "06.1", 1, 5)]
    report(board, "Ann", "04.1", passed=True)
    assert stuck(board) == [("Ben", "06.1", 1, 5)]
    ticks.now += 45 * 60
    assert stuck(board) == [], "they have gone home"


def test_flags_are_ranked_and_equals_by_who_was_first(board, ticks):
    for name, level in (("Ann", 1), ("Ben", 1), ("Ben", 2), ("Cem", 3), ("Ann", 12), ("Cem", 1)):
        ticks.now += 1
        report(board, name, f"14.level-{level:02}", passed=True)
    flags = [(one["name"], one["flags"]) for one in board.picture()["flags"]]
    assert flags == [("Ben", [1, 2]), ("Ann", [1, 12]), ("Cem", [1, 3])]


def test_a_name_belongs_to_the_notebook_that_took_it(board):
    report(board, "Ann")
    for name in ("Ann", "ANN", " ann ", "\uff21nn"):
        with pytest.raises(Refused, match="taken") as refused:
            report(board, name, "04.1", passed=True, token="somebody else's token")
        assert refused.value.status == 409
    assert row(board, "04.1") == (0, 0)
    board.remove("ann")
    report(board, "Ann", token="somebody else's token")


def test_a_file_adds_to_a_name_and_does_not_take_it(board, tmp_path):
    file = tmp_path / "progress-of-Ann.json"
    file.write_text(json.dumps({"name": "Ann", "done": ["04.1", "14.level-02"]}))
    add(board, file)
    assert board.picture()["names"] == [{"name": "Ann", "done": 2, "by_file": True}]
    report(board, "Ann", "06.1")
    assert board.picture()["names"] == [{"name": "Ann", "done": 2, "by_file": False}]
    board.hand_in({"name": "Ann", "done": ["06.1"]})
    assert (row(board, "06.1"), row(board, "04.1")) == ((1, 0), (1, 0))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "[" * 10_000,
        "1" * 70_000,
        '{"name": "Ann"}',
        '{"name": "Ann", "done": 1}',
        '{"name": "Ann", "done": [[]]}',
        '{"name": "Ann", "done": ["99.9"]}',
        '{"name": "Ann", "done": [], "more": []}',
        '{"name": 1, "done": []}',
        '{"name": "\\ud800", "done": []}',
    ],
)
def test_a_file_that_is_no_progress_gets_one_sentence(text, board, tmp_path):
    file = tmp_path / "progress.json"
    file.write_text(text)
    with pytest.raises(Refused) as refused:
        add(board, file)
    assert 10 < len(str(refused.value)) < 200
    assert board.picture()["people"] == 0
    with pytest.raises(Refused, match="No such file"):
        add(board, tmp_path / "none.json")


@pytest.mark.parametrize(
    "name", ["Ann", "ann-2", "Zoë", "Nguyễn Văn", "美咲", "أحمد", "प्रिया", "O'Neil", "A. B.", "1"]
)
def test_names_of_any_script(name):
    assert name_of(name) == name


@pytest.mark.parametrize(
    "name",
    [
        *("", " ", "...", "a" * 25, "a\nb", "a\tb", "a\x00", "<b>", "a&b", 'a"', "a/b", "a\u00a0b"),
        *("\u202eabc", "a\u200bb", "a" + "\u0301" * 9, "\ud800", "\N{SLIGHTLY SMILING FACE}"),
        *("Ann\u3164", "\u115f\u1160", "\uffa0a", "a\u034f", "a\ufe0f", "a\U000e0100"),
        *(None, 5, ["a"], {"a": 1}, True),
    ],
)
def test_names_that_disguise_or_draw(name, board):
    with pytest.raises(Refused, match="A name has 1 to 24") as refused:
        report(board, name)
    assert refused.value.status == 400


@pytest.mark.parametrize(
    "wrong",
    [
        {"token": ""},
        {"token": "x" * 65},
        {"token": None},
        {"passed": 1},
        {"passed": "true"},
        {"exercise": "04.9"},
        {"exercise": None},
        {"exercise": ["04.1"]},
        {"exercise": "x" * 4000},
        {"done": "04.1"},
        {"done": ["04.1"] * 16},
        {"done": [{}]},
        {"done": [None]},
    ],
)
def test_a_report_is_exactly_that(wrong, board):
    with pytest.raises(Refused) as refused:
        report(board, **wrong)
    assert refused.value.status == 400
    assert len(str(refused.value)) < 120
    assert board.picture()["people"] == 0


def test_a_name_has_a_rate(board, ticks):
    for _ in range(module.PER_MINUTE):
        report(board, "Ann", "04.1")
    with pytest.raises(Refused) as refused:
        report(board, "Ann", "04.1")
    assert (refused.value.status, refused.value.wait) == (429, 60)
    report(board, "Ben", "04.1")
    ticks.now += 61
    report(board, "Ann", "04.1")


def test_nobody_uses_up_what_anothers_name_may_send(board):
    report(board, "Ann")
    for _ in range(module.PER_MINUTE):
        with pytest.raises(Refused, match="taken"):
            report(board, "Ann", token="somebody else's token")
    report(board, "Ann", "04.1")
    assert row(board, "04.1") == (0, 1)


def test_blanks_make_no_second_name(board):
    report(board, "Ann Lee")
    with pytest.raises(Refused, match="taken"):
        report(board, "Ann   Lee")


def test_an_address_has_a_rate_a_most_of_names_and_can_be_blocked(board, ticks):
    for number in range(module.MAX_NAMES_OF_ADDRESS):
        report(board, f"x{number}")
    with pytest.raises(Refused, match="60 names already"):
        report(board, "x60")
    report(board, "Ann", address="192.168.1.8")
    board.remove("x3", block=True)
    assert [one["name"] for one in board.picture()["names"]] == ["Ann"]
    with pytest.raises(Refused, match="blocked"):
        board.knock(HERE)
    for _ in range(module.PER_MINUTE_OF_ADDRESS):
        board.knock("192.168.1.8")
    with pytest.raises(Refused, match="Too many"):
        board.knock("192.168.1.8")
    ticks.now += 61
    board.knock("192.168.1.8")


def test_the_board_can_be_full(board):
    for number in range(module.MAX_NAMES):
        report(board, f"x{number}", address=f"10.0.0.{number}")
    with pytest.raises(Refused, match="full") as refused:
        report(board, "Ann", address="10.0.1.1")
    assert refused.value.status == 503
    report(board, "x7", "04.1", address="10.0.0.7")  # who is there goes on
