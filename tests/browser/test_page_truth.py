"""The page says what is true: whose it is, that nothing moves, and when it goes on."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from helpers.pages.upload_page.run import UploadPage
from tests.browser.uploading import (
    LONG,
    MIB,
    choose,
    file,
    hurried,
    sign_in,
    sized,
    states,
    upload,
    wait_until,
)

pytestmark = pytest.mark.browser


@pytest.fixture
def tabs(context, upload_page) -> tuple[Page, Page]:
    """Two tabs of one browser, ann signed in in both."""
    first = context.new_page()
    sign_in(first, upload_page)
    second = context.new_page()
    second.goto(upload_page.url)
    expect(second.locator("#user")).to_have_text("ann")
    return first, second


def enter(page: Page, upload_page: UploadPage, user: str) -> None:
    page.get_by_label("User name").fill(user)
    page.get_by_label("Code").fill(upload_page.code)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("#user")).to_have_text(user)


# Whose page it is.


def test_who_is_shown_is_who_signs(tabs, upload_page, service):
    """Somebody else signs in in another tab: this one says so, and stores nothing under a name
    that it does not show."""
    first, second = tabs
    choose(first, file())
    second.get_by_role("button", name="Sign out").click()
    expect(first.get_by_role("alert")).to_have_text(
        "You have signed out, in another tab. The list below is ann's."
    )
    enter(second, upload_page, "bob")
    expect(first.get_by_label("Choose files")).to_be_hidden()
    upload(second, file("b.png"))
    states(second, "done")
    assert [key.split("/")[1] for key in service.stored()] == ["bob"]
    # ann again: her list is there, and what she had chosen can be sent.
    enter(first, upload_page, "ann")
    expect(second.get_by_role("alert")).to_contain_text("ann has signed in, in another tab.")
    first.get_by_role("button", name="Upload").click()
    states(first, "done")
    assert sorted(key.split("/")[1] for key in service.stored()) == ["ann", "bob"]


def test_the_server_insists_where_no_message_came(context, upload_page, service):
    """The other sign-in was not a tab's of this page: no message tells of it."""
    page = context.new_page()
    sign_in(page, upload_page)
    choose(page, file())
    page.evaluate(
        """(code) => fetch("sign-in", { method: "POST", body: JSON.stringify({user: "bob", code}),
            headers: { "Content-Type": "application/json" } })""",
        upload_page.code,
    )
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_role("alert")).to_have_text(
        "You are signed in as bob now, in another tab. The list below is ann's."
    )
    expect(page.locator("li.signed-out .state")).to_have_text("Waits until you sign in again.")
    assert service.stored() == []
    enter(page, upload_page, "ann")
    states(page, "done")  # by itself
    assert [key.split("/")[1] for key in service.stored()] == ["ann"]


def test_signing_in_again_in_one_tab_is_enough(tabs, upload_page):
    first, second = tabs
    second.get_by_role("button", name="Sign out").click()
    expect(first.get_by_role("alert")).not_to_be_empty()
    enter(second, upload_page, "ann")
    expect(first.get_by_label("Choose files")).to_be_visible()
    expect(first.locator("#user")).to_have_text("ann")


def test_somebody_elses_list_is_put_away(context, upload_page, service):
    page = context.new_page()
    sign_in(page, upload_page)
    upload(page, file())
    states(page, "done")
    page.get_by_role("button", name="Sign out").click()
    states(page, "done")  # kept, for now
    enter(page, upload_page, "bob")
    expect(page.locator("#list li")).to_have_count(0)
    expect(page.get_by_role("log")).to_contain_text("ann's files are no longer listed.")


def test_a_sign_in_that_ends(context, upload_page, service):
    page = context.new_page()
    sign_in(page, upload_page)
    choose(page, file())
    page.context.clear_cookies()
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_role("alert")).to_have_text(
        "Your sign-in has ended. The list below is ann's."
    )
    expect(page.get_by_label("Code")).to_be_focused()
    enter(page, upload_page, "ann")
    states(page, "done")
    assert len(service.stored()) == 1


def test_who_comes_back_to_a_tab_sees_whose_it_is(context, upload_page):
    page = context.new_page()
    sign_in(page, upload_page)
    page.context.clear_cookies()
    page.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.get_by_role("alert")).to_have_text("Your sign-in has ended.")


def test_a_server_that_comes_up_after_the_page(context, upload_page, service):
    page = context.new_page()
    page.route("**/session", lambda route: route.abort())
    page.goto(upload_page.url)
    expect(page.get_by_role("alert")).to_contain_text("The page's own server cannot be reached.")
    page.unroute_all()
    enter(page, upload_page, "ann")
    upload(page, file())
    states(page, "done")
    expect(page.locator("#limits")).to_contain_text("up to 500 MiB each")


def test_signing_out_cancels_what_is_on_its_way(context, upload_page, service, tmp_path):
    page = context.new_page()
    sign_in(page, upload_page)
    page.route(f"{service.endpoint}/**", lambda route: None)
    upload(page, sized(tmp_path, MIB))
    states(page, "sending")
    page.get_by_role("button", name="Sign out").click()
    states(page, "cancelled")
    expect(page.get_by_role("alert")).to_contain_text("You have signed out.")
    assert service.stored() == []


# Nothing moves.


@pytest.fixture
def stalled(context, upload_page, service, tmp_path) -> Page:
    """An upload in the middle, of which not a byte moves any more; the page's clock is ours."""
    page = context.new_page()
    page.clock.install()
    sign_in(page, upload_page)
    held = []
    page.route(f"{service.endpoint}/**", lambda route: held.append(route))
    upload(page, sized(tmp_path, MIB))
    wait_until(lambda: page.wait_for_timeout(20) or held)
    return page


def state(page: Page):
    return page.locator("#list .state")


def test_a_stall_is_noticed_within_ten_seconds_and_retried(stalled, service):
    stalled.clock.run_for(9_000)
    expect(state(stalled)).not_to_contain_text("Stalled")
    stalled.clock.run_for(1_600)
    expect(state(stalled)).to_have_text(
        re.compile(r"^0 %\. Stalled: nothing has moved for 1\d s\.$")
    )
    expect(stalled.get_by_role("log")).to_contain_text("big.zip: 0 %. Stalled: nothing has moved")
    assert "left" not in state(stalled).inner_text()
    stalled.clock.run_for(10_000)
    expect(state(stalled)).to_have_text("The connection has stalled. Trying again in 1 s.")
    stalled.unroute_all()
    stalled.clock.run_for(1_500)
    states(stalled, "done")
    assert len(service.stored()) == 1


def test_each_try_waits_longer(stalled):
    for patience, pause in ((20, 1), (40, 2), (80, 4), (160, 8)):
        stalled.clock.run_for((patience - 3) * 1000)
        states(stalled, "sending")
        stalled.clock.run_for(4_000)
        expect(state(stalled)).to_have_text(
            re.compile(rf"^The connection has stalled\. Trying again in ([1-{pause}]) s\.$")
        )
        stalled.clock.run_for(pause * 1000 + 100)
        states(stalled, "sending")


def test_an_answer_that_does_not_come(context, upload_page, service):
    """All is sent, and S3 is silent: that is said, and the same key is tried again."""
    page = context.new_page()
    page.clock.install()
    sign_in(page, upload_page)
    # As an upload whose bytes have all left, and whose response hangs.
    page.route(f"{service.endpoint}/**", lambda route: None)
    page.evaluate(
        """() => {
            const send = XMLHttpRequest.prototype.send;
            XMLHttpRequest.prototype.send = function (body) {
                send.call(this, body);
                const all = { loaded: 999, total: 999 };
                this.upload.dispatchEvent(new ProgressEvent("progress", all));
            };
        }"""
    )
    upload(page, file(), how="put")
    expect(state(page)).to_have_text("Sent; waiting for S3's answer.")
    page.clock.run_for(11_000)
    expect(state(page)).to_have_text(re.compile(r"^Sent\. S3 has not answered for 1\d s\.$"))
    page.clock.run_for(50_000)
    expect(state(page)).to_contain_text("The connection has stalled.")
    page.unroute_all()
    page.get_by_role("button", name="Try now").click()
    states(page, "done")


def test_offline_is_said_and_online_goes_on_at_once(context, upload_page, service):
    page = context.new_page()
    sign_in(page, upload_page)
    hurried(page, pause=60_000, longest=60_000)  # without the event it would take a minute
    upload(page, file("first.png"))
    states(page, "done")
    choose(page, file())
    context.set_offline(True)
    page.get_by_role("button", name="Upload").click()
    expect(state(page).last).to_have_text(
        re.compile(
            r"^The page's own server cannot be reached.*|^You are offline\. Trying again in .*"
        )
    )
    states(page, "pausing")
    context.set_offline(False)
    states(page, "done", 2)


def test_offline_in_the_middle(context, upload_page, service):
    page = context.new_page()
    sign_in(page, upload_page)
    hurried(page, pause=60_000, longest=60_000)
    page.route(f"{service.endpoint}/**", lambda route: (context.set_offline(True), route.abort()))
    upload(page, file())
    expect(state(page)).to_have_text("You are offline. Trying again in 1 min 0 s.")
    page.unroute_all()
    context.set_offline(False)
    states(page, "done")


def test_tries_end(context, upload_page, service):
    page = context.new_page()
    sign_in(page, upload_page)
    hurried(page, pause=1, tries=3)
    tried = []
    page.route(f"{service.endpoint}/**", lambda route: (tried.append(1), route.abort()))
    upload(page, file(), how="put")
    states(page, "failed")
    expect(state(page)).to_have_text("The connection broke.")
    assert len(tried) == 3
    page.unroute_all()
    page.get_by_role("button", name="Retry").click()
    states(page, "done")


def test_s3_that_is_busy_is_asked_again(context, upload_page, service):
    page = context.new_page()
    sign_in(page, upload_page)
    hurried(page, pause=1)
    body = "<?xml version='1.0'?><Error><Code>SlowDown</Code><Message>Slow down.</Message></Error>"
    busy = {"status": 503, "content_type": "application/xml", "body": body}
    headers = {"Access-Control-Allow-Origin": "*"}
    asked = []

    def twice(route) -> None:
        asked.append(1)
        if len(asked) > 2:
            route.continue_()
        else:
            route.fulfill(headers=headers, **busy)

    page.route(f"{service.endpoint}/**", twice)
    upload(page, file())
    states(page, "done")
    assert len(asked) == 3


def test_the_time_left_is_said_only_once_it_is_known(context, upload_page, service):
    page = context.new_page()
    sign_in(page, upload_page)
    left = page.evaluate(
        """async () => {
            const { Rate } = await import("/static/words.js");
            const said = [];
            const rate = new Rate();
            for (const second of [0, 0.5, 1, 1.5, 2, 2.5, 3]) {
                rate.note(second * 1000, second * 1000);
                said.push(rate.left(10_000, second * 1000));
            }
            said.push(rate.left(10_000, 4900), rate.left(10_000, 5100)); // nothing moves any more
            const still = new Rate();
            for (const second of [0, 1, 2, 3]) still.note(0, second * 1000);
            return [...said, still.left(10_000, 3000)];
        }"""
    )
    assert left[:4] == [None] * 4
    assert left[4:7] == [10, 10, 10]
    assert left[7] > 10
    assert left[8:] == [None, None]


def test_whole_flow_after_a_stall_keeps_one_file(stalled, service):
    stalled.unroute_all()
    stalled.clock.run_for(1000)
    stalled.clock.resume()
    states(stalled, "done")
    expect(stalled.locator("li")).to_have_count(1, timeout=LONG)
    assert len(service.stored()) == 1
