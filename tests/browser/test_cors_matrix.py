"""What a page of another origin may do, in a real browser: the table of lesson 07, cell by cell."""

from __future__ import annotations

import re

import pytest
import requests
from playwright.sync_api import expect

from helpers.pages import cors
from helpers.pages.cors_bench import attempts
from helpers.pages.cors_bench.bench import CorsBench
from tests.lessons.lesson import NOTEBOOKS, cells, text

pytestmark = pytest.mark.browser
LESSON = NOTEBOOKS / "07-let-the-browser-in.ipynb"


def lessons_table() -> dict[str, list[str]]:
    """The rows of the lesson's table, without Markdown's marks: title, then four cells."""
    prose = "\n".join(text(cell) for cell in cells(LESSON, "markdown"))
    section = prose.partition("## What does a browser do?")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (.+) \|$", section, re.M)
    plain = [[_plain(cell) for cell in row.split(" | ")] for row in rows]
    return {row[0]: row[1:] for row in plain if not set(row[0]) <= set("-|")}


def _plain(cell: str) -> str:
    """`*` is a star, **stored** is bold."""
    return re.sub(r"\*\*|`", "", cell).strip()


def columns() -> list[tuple[str, dict[str, str]]]:
    """Each rule that lesson 07 has a column for, with the outcomes it gives."""
    table = lessons_table()
    assert list(table)[1:] == list(attempts.ROWS.values())
    rule_of = {title: rule for rule, title in attempts.RULES.items()}
    rules = [rule_of[title] for title in table["The page sends"]]
    return [
        (rule, {row: table[title][number] for row, title in attempts.ROWS.items()})
        for number, rule in enumerate(rules)
    ]


def test_the_lesson_has_every_column():
    assert [rule for rule, _ in columns()] == ["none", "own", "other", "any"]
    assert sum(len(outcomes) for _, outcomes in columns()) == 20


@pytest.fixture
def bench(service):
    made = CorsBench(service.lab())
    yield made
    made.stop()


@pytest.mark.parametrize("row", attempts.ROWS)
@pytest.mark.parametrize("rule", ["none", "own", "other", "any"])
def test_each_cell(chromium, bench, service, rule, row):
    expected = dict(columns())[rule][row]
    context = chromium.new_context()  # a fresh profile: no preflight is remembered
    page = context.new_page()
    page.goto(f"{bench.url}#code={bench.code}")
    page.get_by_role("button", name=f"Try: {attempts.RULES[rule]}", exact=True).click()
    expect(page.get_by_role("status")).to_have_text("Done. The bucket's own rules are back.")
    assert page.locator(f'[id="{row}/{rule}"]').inner_text() == expected
    wrote = [d for d in service.decisions() if d["path"].endswith(f"/{row}")]
    asked = [d["method"] for d in wrote if d["method"] != "HEAD"]
    preflighted = {"get": 0, "put": 1, "put-type": 1}.get(row, 0)
    assert asked.count("OPTIONS") == preflighted
    assert cors.rules_of(service.client(), service.bucket) == []
    context.close()


def test_with_the_header_allowed_all_of_it_works(chromium, bench):
    context = chromium.new_context()
    context.add_init_script("delete Crypto.prototype.randomUUID")  # as over a network's plain http
    page = context.new_page()
    page.goto(f"{bench.url}#code={bench.code}")
    page.get_by_role("button", name="Try them all").click()
    expect(page.get_by_role("status")).to_have_text(re.compile("^Done"), timeout=30_000)
    for rule, outcomes in columns():
        for row, outcome in outcomes.items():
            assert page.locator(f'[id="{row}/{rule}"]').inner_text() == outcome
    for row in attempts.ROWS:
        cell = page.locator(f'[id="{row}/own-type"]').inner_text()
        assert cell == ("readable" if row == "get" else "stored")
    context.close()


def test_no_click_is_lost_before_the_table_is_there(chromium, bench):
    context = chromium.new_context()
    page = context.new_page()
    held = []
    page.route("**/table", lambda route: held.append(route))
    page.goto(f"{bench.url}#code={bench.code}")
    button = page.get_by_role("button", name="Try them all")
    expect(button).to_be_disabled()
    while not held:
        page.wait_for_timeout(10)
    held[0].continue_()
    expect(button).to_be_enabled()
    context.close()


def test_the_buckets_own_rules_come_back(chromium, bench, service):
    rule = cors.page_rule("kept", ["https://a.example"], ["GET"], [])
    cors.add_rule(service.client(), service.bucket, rule)
    before = cors.rules_of(service.client(), service.bucket)
    headers = {"Origin": bench.origin, "X-Code": bench.code}
    started = requests.post(f"{bench.url}start", json={"rule": "any"}, headers=headers)
    assert set(started.json()) == set(attempts.ROWS)
    assert cors.rules_of(service.client(), service.bucket) != before
    bench.stop()  # in the middle of a try
    assert cors.rules_of(service.client(), service.bucket) == before


@pytest.mark.parametrize(
    ("path", "sent", "headers", "status"),
    [
        ("start", {"rule": "any"}, {"X-Code": "wrong"}, 403),
        ("start", {"rule": "any"}, {"X-Code": ""}, 403),
        ("start", {"rule": "any"}, {"Origin": "https://site.example"}, 403),
        ("start", {"rule": "any"}, {"Host": "site.example"}, 421),
        ("start", {"rule": "every"}, {}, 400),
        ("start", {"rule": ["any"]}, {}, 400),
        ("start", {"rule": "any", "bucket": "b"}, {}, 400),
        ("finish", {}, {}, 400),
    ],
)
def test_the_bench_is_for_its_notebook_alone(bench, service, path, sent, headers, status):
    ours = {"Origin": bench.origin, "X-Code": bench.code}
    answer = requests.post(bench.url + path, json=sent, headers=ours | headers)
    assert answer.status_code == status
    assert cors.rules_of(service.client(), service.bucket) == []
