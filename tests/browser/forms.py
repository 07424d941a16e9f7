"""What a person does with each form, in the browser: fill in, sign, try, break, read the card."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import requests
from playwright.sync_api import Locator, Page, expect

from helpers.forms.fields import sha256_of
from strict_s3.rules import sigv4
from tests.browser.looks import check_looks, serious
from tests.secret_scan import secrets_in


def get(page: Page, form: Locator) -> list[str]:
    life = form.get_by_label("Lifetime in seconds")
    sign = form.get_by_role("button", name="Sign", exact=True)
    life.fill("700000")
    described(life, "✗ 700000 seconds are more than seven days")
    expect(life).to_have_attribute("aria-invalid", "true")
    expect(sign).to_be_disabled()
    expect(form).to_contain_text("The call appears here once every field is right")
    life.fill("60")
    described(life, "1 minute")
    expect(life).to_have_attribute("aria-invalid", "false")
    expect(form.locator("pre").first).to_contain_text("ExpiresIn=60")

    # By keyboard alone: JupyterLab must not take Enter for itself.
    sign.focus()
    page.keyboard.press("Enter")
    expect(form).to_contain_text("The URL: GET and nothing else")
    said(form, "Signed.")
    time = form.locator("time")
    expect(time).to_have_text(re.compile(r"^\d\d s left"))
    first = time.inner_text()
    expect(time).not_to_have_text(first)

    url = revealed(page, form, "url")
    assert requests.get(url, timeout=10).status_code == 200
    code = copied(page, form, "code")
    assert 'region_name="eu-west-2"' in copied(page, form, "aws")
    assert "generate_presigned_url" in code
    press(page, form, "try")
    expect(form).to_contain_text("✓ Served 200 OK")
    said(form, "Served: 200")

    press(page, form, "break:Too late")
    row = attempt(form, "Too late")
    expect(row).to_contain_text("✗ Refused 403 Forbidden · AccessDenied")
    expect(row).to_contain_text("time: good until")
    row.get_by_text("S3's XML").click()
    expect(row.locator("pre")).to_contain_text("<Message>Request has expired</Message>")
    broken(page, form, {"Use it twice"})
    life.fill("61")
    expect(form.get_by_text("The form has changed: sign again.")).to_be_visible()
    expect(form.locator(".s3-old")).to_contain_text("The URL: GET and nothing else")
    return [url, *parse_qs(urlsplit(url).query)["X-Amz-Signature"]]


def put(page: Page, form: Locator) -> list[str]:
    form.get_by_label("Exact size, bytes").fill("20")
    described(form.get_by_label("Exact size, bytes"), "The text below has 19")
    form.get_by_label("Text to upload").fill("Hello from the form!")
    described(form.get_by_label("Exact size, bytes"), "Signed: no byte more, no byte less.")
    form.get_by_label("Content type").fill("text")
    described(form.get_by_label("Content type"), "✗ 'text' isn't a media type")
    form.get_by_label("Content type").fill("text/plain")
    checksum = form.get_by_label("SHA-256, base64")
    own = sha256_of(b"Hello from the form!")
    described(checksum, f"Any content. The checksum of the text below is {own}")
    checksum.fill(own[:-1])
    described(checksum, f"✗ '{own[:40]}…' isn't base64")
    expect(checksum).to_have_attribute("aria-invalid", "true")
    checksum.fill(own)
    described(checksum, "Signed: this content and no other.")
    form.get_by_role("button", name="Sign", exact=True).click()
    expect(form.get_by_role("cell", name="content-type", exact=True)).to_be_visible()
    expect(form.get_by_role("cell", name="x-amz-checksum-sha256", exact=True)).to_be_visible()
    press(page, form, "try")
    expect(form).to_contain_text("✓ Served 200 OK")
    broken(page, form, {"Use it twice"})
    expect(attempt(form, "Other content")).to_contain_text("✗ Refused 400 Bad Request · BadDigest")
    command = copied(page, form, "curl")
    assert "--header 'content-type: text/plain'" in command
    assert f"--header 'x-amz-checksum-sha256: {own}'" in command
    # What is said longest, and has no space to be broken at: left for `check_looks`.
    form.get_by_label("Text to upload").fill("Hello")
    described(
        checksum, f"The checksum of the text below is {sha256_of(b'Hello')}: S3 will refuse it."
    )
    return [command.split()[-1]]


def post(page: Page, form: Locator) -> list[str]:
    add = form.get_by_role("button", name="Add a condition")
    add.click()
    row = form.locator(".s3-condition").nth(3)
    described(row.get_by_label("field"), "✗ field: a condition is about a field")
    expect(row.get_by_label("Condition")).to_be_focused()
    row.get_by_label("field").fill("x-amz-meta-note")
    row.get_by_label("value").fill("<b>bold</b>")
    described(row.get_by_label("field"), "")
    form.get_by_role("button", name="Sign", exact=True).click()
    # What was filled in is text in the card, and no element.
    expect(form.get_by_role("cell", name="<b>bold</b>")).to_be_visible()
    fields = json.loads(revealed(page, form, "fields"))
    assert fields["fields"]["x-amz-meta-note"] == "<b>bold</b>"
    press(page, form, "try")
    expect(form).to_contain_text("✓ Served 201 Created")
    broken(page, form, {"Use it twice"})
    expect(attempt(form, "Too big")).to_contain_text("EntityTooLarge")
    row.get_by_role("button", name="Remove").click()
    expect(form.locator(".s3-condition")).to_have_count(3)
    expect(add).to_be_focused()
    expect(form.locator("pre").first).not_to_contain_text("x-amz-meta-note")
    return [fields["fields"]["x-amz-signature"], fields["fields"]["policy"]]


def iam(page: Page, form: Locator) -> list[str]:
    expect(form).to_contain_text('✓ Allowed Statement "Row1"')
    form.get_by_label("May they").select_option("s3:DeleteObject")
    expect(form).to_contain_text("✗ Refused Nothing allows s3:DeleteObject")
    form.get_by_label("May they").select_option("s3:GetObject")
    press(page, form, "later")
    expect(form).to_contain_text("✗ Refused 403 Forbidden · AccessDenied")
    expect(form).to_contain_text('Deciding check: permission (Statement "Row2"')
    guardrail = form.locator(".s3-condition").nth(1)
    guardrail.get_by_label("minutes").fill("soon")
    described(
        guardrail.get_by_label("minutes"), "✗ minutes: 'soon' is not a whole number of minutes"
    )
    expect(form).to_contain_text("The call appears here once every field is right")
    guardrail.get_by_label("minutes").fill("17")
    press(page, form, "later")
    expect(form).to_contain_text("✓ Served 200 OK")
    assert "put_user_policy" in copied(page, form, "code")
    return []


def cors(page: Page, form: Locator) -> list[str]:
    expect(form).to_contain_text("✓ The page sees S3's status and body")
    press(page, form, "put")
    expect(form).to_contain_text("✓ Set: 1 rule(s)")
    press(page, form, "browser")
    expect(form).to_contain_text("The page sees the response.")
    form.get_by_label("A page of").fill("https://evil.example")
    expect(form).to_contain_text("origin https://evil.example is not in https://www.example.com")
    press(page, form, "browser")
    expect(form).to_contain_text("✗ Refused 403 Forbidden · AccessForbidden")
    expect(form).to_contain_text("The page sees: Failed to fetch. PUT is not sent.")
    press(page, form, "bare")
    expect(form).to_contain_text("✓ Served 200 OK")
    said(form, "a program is neither asked nor stopped by it")
    form.get_by_label("methods").fill("PATCH")
    described(form.get_by_label("methods"), "✗ S3 refuses this configuration")
    form.get_by_label("methods").fill("PUT")
    assert "put_bucket_cors" in copied(page, form, "code")
    return []


def inspector(page: Page, form: Locator) -> list[str]:
    paste = form.get_by_label("A URL or command, a form, an error, a CORS line or rules, a policy")
    press(page, form, "inspect")
    expect(form).to_contain_text("✗ Not done. Nothing was pasted")
    url = sigv4.presign(
        *("GET", "https://b.s3.eu-west-2.amazonaws.com", "b.s3.eu-west-2.amazonaws.com", "/<k>"),
        access_key="AKIA" + "Z7" * 8,
        secret_key="not published",
        region="eu-west-2",
        now=datetime(2026, 1, 1, tzinfo=UTC),
        expires=60,
    )
    paste.fill(url)
    press(page, form, "inspect")
    said(form, "Inspected.")
    expect(form).to_contain_text("A presigned URL, Signature Version 4")
    expect(form).to_contain_text("expired (until 2026-01-01 00:01:00 UTC)")
    expect(form.get_by_role("cell", name="<k>", exact=True)).to_be_visible()
    expect(paste).to_have_value(url)
    return [url, *parse_qs(urlsplit(url).query)["X-Amz-Signature"]]


# The forms of a lesson, in its order. Each gives back what must not be saved.
FORMS: dict[str, list[Callable[[Page, Locator], list[str]]]] = {
    "02": [iam],
    "03": [inspector],
    "04": [get],
    "05": [put],
    "06": [post],
    "07": [cors],
}


def check_forms(page: Page, lesson: Path) -> list[str]:
    """Use every form of the lesson that is open in the page, and look at it.

    Gives back what must not be saved.
    """
    drives = FORMS.get(lesson.name[:2], [])
    forms = page.locator(".s3-form")
    uses = "from helpers.forms" in lesson.read_text(encoding="utf-8")
    expect(forms).to_have_count(len(drives) if uses else 0)
    secrets = []
    for number in range(forms.count()):
        form = forms.nth(number)
        form.scroll_into_view_if_needed()
        secrets += drives[number](page, form)
        check_looks(page, form)
        # The rules of axe-core, in the theme that check_looks has left: the dark one.
        wrong = serious(page, f"document.querySelectorAll('.s3-form')[{number}]")
        assert wrong == [], wrong
    return secrets


def check_saved(page: Page, file: Path, secrets: list[str]) -> None:
    """Save the notebook with the state of its widgets: nothing usable is in the file."""
    page.evaluate(
        """async () => {
            const {commands} = window.jupyterapp;
            await commands.execute('@jupyter-widgets/jupyterlab-manager:saveWidgetState');
            await commands.execute('docmanager:save');
            await commands.execute('@jupyter-widgets/jupyterlab-manager:saveWidgetState');
        }"""
    )
    saved = file.read_text(encoding="utf-8")
    # The state is there, with the cards: else this would prove nothing.
    assert "widget-state+json" in saved
    assert saved.count('"html"') > 1
    assert secrets_in(saved) == []
    for secret in secrets:
        assert secret not in saved


def press(page: Page, form: Locator, ask: str) -> None:
    """Press a button of a card with the keyboard."""
    form.locator(f"[data-ask='{ask}']").focus()
    page.keyboard.press("Enter")


def described(field: Locator, text: str) -> None:
    """The message that a screen reader ties to the field."""
    field.page.wait_for_function(
        """([field, text]) => {
            const message = document.getElementById(field.getAttribute('aria-describedby'));
            return message?.getAttribute('role') === 'status'
                && (text ? message.textContent.startsWith(text) : message.textContent === '');
        }""",
        arg=[field.element_handle(), text],
    )


def said(form: Locator, text: str) -> None:
    """What a screen reader was told last, in one of the form's live regions."""
    expect(form.locator(".s3-live").filter(has_text=text)).to_have_count(1)


def revealed(page: Page, form: Locator, name: str) -> str:
    """The secret of that name, revealed, hidden again, and copied to the clipboard."""
    box = form.locator(f"[data-secret='{name}']")
    button = form.locator(f"[data-ask='reveal:{name}']")
    expect(box).to_be_hidden()
    press(page, form, f"reveal:{name}")
    expect(box).to_contain_text(re.compile("[0-9a-f]{64}"))
    expect(button).to_have_attribute("aria-expanded", "true")
    text = box.inner_text()
    assert copied(page, form, name) == text
    press(page, form, f"reveal:{name}")
    expect(box).to_be_hidden()
    assert box.text_content() == ""
    return text


def copied(page: Page, form: Locator, name: str) -> str:
    """What the copy button puts on the clipboard."""
    page.evaluate("navigator.clipboard.writeText('nothing')")
    press(page, form, f"copy:{name}")
    expect(form.locator(f"[data-ask='copy:{name}']")).to_have_text("✓ Copied")
    return str(page.evaluate("navigator.clipboard.readText()"))


def attempt(form: Locator, label: str) -> Locator:
    """The row of an attempt in the table under "Break it"."""
    named = form.page.get_by_role("strong").filter(has_text=re.compile(f"^{re.escape(label)}$"))
    return form.locator("tbody tr").filter(has=named)


def broken(page: Page, form: Locator, served: set[str]) -> None:
    """All attempts: each is refused by a check with a name, except for those that are `served`."""
    buttons = form.locator("[data-ask^='break:']").all_inner_texts()
    press(page, form, "break-all")
    said(form, f"{len(buttons)} attempts made, {len(buttons) - len(served)} of them refused.")
    for label in buttons:
        expect(attempt(form, label)).to_have_count(1)
        _, verdict, check = attempt(form, label).locator("td").all_inner_texts()
        assert verdict.startswith("✓ Served" if label in served else "✗ Refused"), (label, verdict)
        assert bool(check) == (label not in served), label
