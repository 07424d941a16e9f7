"""The instructor's board in Chromium: strangers' names, both themes, a projector, files."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from helpers.setup.room import run
from helpers.setup.room.run import Room
from tests.browser.looks import serious

pytestmark = pytest.mark.browser
_NAMES = ("Ann", "Ben", "Cem", "Dana", "Zoë", "O'Neil", "Nguyễn Văn An", "W" * 24)
# Every text of the page fits: nothing sticks out, nothing scrolls sideways.
_WIDE = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
_DROP = """
([name, text]) => {
    const files = new DataTransfer();
    files.items.add(new File([text], name));
    document.dispatchEvent(new DragEvent('drop', {dataTransfer: files, cancelable: true}));
}
"""


@pytest.fixture
def room(monkeypatch):
    monkeypatch.setattr(run, "PORT", 0)
    monkeypatch.setattr(run, "BOARD_PORT", 0)
    made = Room()
    yield made
    made.stop()


def report(room: Room, name: str, exercise: str, passed: bool, times: int = 1) -> None:
    for _ in range(times):
        sent = {"name": name, "token": name.rjust(32, "x"), "exercise": exercise}
        room.board.report({**sent, "passed": passed, "done": []}, f"192.168.1.{len(name)}")


def fill(room: Room) -> None:
    """As it is in the middle of a workshop."""
    known = run.exercises()
    for place, name in enumerate(_NAMES):
        for exercise in known[: 4 + place % 3]:
            report(room, name, exercise, True)
    for level in range(1, 8):
        room.board._order.setdefault(f"14.level-{level:02}", 100 + level)
    for name, levels in (("Ann", (1, 2, 3)), ("Ben", (1, 7)), ("W" * 24, (2,))):
        for level in levels:
            report(room, name, f"14.level-{level:02}", True)
    report(room, "Dana", "09.2", False, times=4)
    report(room, "W" * 24, "09.1", False, times=12)


@pytest.fixture(params=["light", "dark"])
def themed(request, chromium):
    context = chromium.new_context(
        color_scheme=request.param, bypass_csp=True, viewport={"width": 1280, "height": 720}
    )
    yield context.new_page()
    context.close()


def test_it_projects_well(themed, room):
    fill(room)
    themed.goto(room.url)
    expect(themed.locator("#people")).to_have_text("8 people")
    expect(themed.locator("#stuck li").first).to_contain_text("09.2 Dana 4 tries, 0 min")
    expect(themed.locator("#flags li .name")).to_have_text(["Ann", "Ben", "W" * 24])
    expect(themed.locator("#flags .places").first).to_have_text("⚑⚑⚑·········")
    expect(themed.locator("#line")).to_contain_text(f'room.join("{room.address}", "{room.code}"')
    themed.get_by_text("Everybody on the board").click()
    assert serious(themed) == []
    for width, height in ((1280, 720), (1920, 1080), (800, 600), (360, 740)):
        themed.set_viewport_size({"width": width, "height": height})
        assert themed.evaluate(_WIDE) == 0, width
    big = "() => parseFloat(getComputedStyle(document.querySelector('#stuck li')).fontSize)"
    themed.set_viewport_size({"width": 1920, "height": 1080})
    assert themed.evaluate(big) >= 28
    before = themed.evaluate("() => getComputedStyle(document.body).backgroundColor")
    themed.get_by_role("button", name="Light or dark").click()
    assert themed.evaluate("() => getComputedStyle(document.body).backgroundColor") != before


def test_who_is_stuck_can_be_hidden_from_the_screen(page, room):
    fill(room)
    page.goto(room.url)
    expect(page.get_by_text("Dana")).to_have_count(2)
    page.get_by_role("button", name="Hide who is stuck").click()
    expect(page.get_by_role("heading", name="Stuck")).to_be_hidden()
    expect(page.get_by_text("Dana").locator("visible=true")).to_have_count(0)
    expect(page.get_by_role("heading", name="Flags")).to_be_visible()


def test_what_is_written_is_shown_as_text(page, room, monkeypatch):
    """If a name came through that has markup in it."""
    monkeypatch.setattr("helpers.setup.room.board.name_of", str)
    name = "<img src=x onerror=\"document.title='attacked'\"><b>x</b>"
    report(room, name, "09.1", False, times=3)
    report(room, name, "04.1", True)
    room.board._learners[name].at = "<script>document.title='attacked'</script>"
    page.goto(room.url)
    expect(page.locator("#stuck .name")).to_have_text(name)
    expect(page.locator("#names .name")).to_have_text(name)
    assert page.title() == "The room"
    assert page.locator("main img, main b, main script, details img").count() == 0


def test_files_are_dropped_and_names_removed(page, room):
    page.goto(room.url)
    page.evaluate(_DROP, ["progress-of-Ann.json", '{"name": "Ann", "done": ["04.1"]}'])
    page.get_by_text("Everybody on the board").click()
    expect(page.locator("#names li")).to_contain_text(["Ann1 done, by file"])
    page.get_by_role("button", name="Remove Ann").click()
    expect(page.locator("#names")).to_contain_text("Nobody yet.")
    report(room, "Eve", "04.1", True)
    report(room, "Abe", "04.1", True)  # of the same address
    page.get_by_role("button", name="Block the computer of Eve").click()
    expect(page.locator("#names")).to_contain_text("Nobody yet.")


def test_a_file_that_is_none_is_told(chromium, room):
    with chromium.new_context() as context:
        page = context.new_page()
        page.goto(room.url)
        news = page.locator("#news")
        for name, text, said in (
            ("a.json", "no JSON", "a.json is not a progress file."),
            ("a.json", '{"name": "Ann"}', "done: missing."),
            ("a.json", '{"name": "<b>", "done": []}', "A name has 1 to 24"),
            ("a.json", "x" * 70_000, "a.json is too large"),
        ):
            page.evaluate(_DROP, [name, text])
            expect(news).to_contain_text(said)


def test_the_end_is_told(chromium, room):
    with chromium.new_context() as context:
        page = context.new_page()
        page.clock.install()
        page.goto(room.url)
        expect(page.locator("#line")).not_to_be_empty()
        room.stop()
        page.clock.run_for(2500)
        expect(page.locator("#news")).to_contain_text("The board has ended")


def test_without_the_key_it_says_how_to_open_it(chromium, room):
    with chromium.new_context() as context:
        page = context.new_page()
        page.goto(room.url.partition("#")[0])
        expect(page.locator("#news")).to_contain_text("the address that helpers room printed")
