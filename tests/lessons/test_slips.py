"""The instructor's table is of messages that people get, and of every exercise."""

from __future__ import annotations

from tests.lessons.slips import BEGIN, END, PAGE, SLIPS, exercises, hints, table, with_table


def test_every_line_is_a_hint_of_the_tests_answers():
    checks = {check: lesson for lesson, names in exercises().items() for check in names}
    assert set(SLIPS) == set(checks)
    for check, slips in SLIPS.items():
        assert len(slips) >= 2, check
        for hint, done, ask in slips:
            assert hint in hints(checks[check], check), (check, hint)
            assert done and ask.endswith((".", "?")), (check, hint)


def test_the_page_has_the_table_as_it_is():
    page = PAGE.read_text(encoding="utf-8")
    assert page.count(BEGIN) == page.count(END) == 1
    assert with_table(page) == page, "run python3 -m tests.lessons.slips"
    assert len(table().splitlines()) > 2 * len(SLIPS)
