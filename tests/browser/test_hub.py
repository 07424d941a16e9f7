"""On a JupyterHub with two users: lessons run, links open for their owner and for nobody else."""

from __future__ import annotations

import re
import ssl
from contextlib import closing
from http.client import HTTPSConnection

import pytest
from playwright.sync_api import expect

from helpers.pages.cors_bench import attempts
from helpers.setup.programs import SETTINGS
from tests.browser.hub import USERS, hub
from tests.browser.test_cors_matrix import columns
from tests.browser.test_site import printed, stored
from tests.browser.uploading import MIB, file, sized, states
from tests.lessons.lesson import LESSONS

pytestmark = pytest.mark.browser
ANN, BOB = USERS
LONG = 60_000
HTTPS = {"viewport": {"width": 1280, "height": 1000}, "ignore_https_errors": True}
SIGN = """
from helpers import connect
lab = connect("04")
s3 = lab.client()
s3.put_object(Bucket=lab.bucket, Key="lesson-04/a b.txt", Body=b"hello", ContentType="text/plain")
place = {"Bucket": lab.bucket, "Key": "lesson-04/a b.txt"}
print(s3.generate_presigned_url("get_object", place, ExpiresIn=900))
print(lab.presigner().get(place["Key"]))
"""
# What bob's kernel can try at ann's port, which is on the same computer.
TRY = """
import boto3, requests
from botocore.config import Config
from botocore.exceptions import ClientError
import helpers
url, host, port = {url!r}, {host!r}, {port}
at_port = f"http://127.0.0.1:{{port}}"
for tried in (f"{{at_port}}/presignedurldemo/lesson-04/a%20b.txt", f"{{at_port}}/presignedurldemo"):
    print(requests.get(tried, headers={{"Host": host}}).status_code)
mine = helpers.connect()
keys = mine.boto3_args | {{"endpoint_url": at_port}}
try:
    boto3.client("s3", **keys, config=Config(signature_version="s3v4")).list_buckets()
except ClientError as problem:
    print(problem.response["Error"]["Code"])
print(requests.get(url, allow_redirects=False, verify={cert!r}).status_code)
"""


# One request of the bench's page, under one of its rules.
PLAY = """async ([code, rule, method, headers]) => {
    const post = async (path, body) => (await fetch(path, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-Code": code },
        body: JSON.stringify(body),
    })).json();
    const { url } = (await post("start", { rule })).put;
    const send = (method, url, headers) => post("send", { method, url, headers, body: "" });
    const request = new Request(url, { method, headers });
    const answer = await asAcrossOrigins(request, location.origin, send);
    await post("finish", { "get": "", "put": "", "put-type": "", "form": "", "post": "" });
    return answer?.status ?? "refused";
}"""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    with hub(tmp_path_factory.mktemp("hub"), {"JUPYTER_CONFIG_PATH": SETTINGS}) as made:
        yield made


@pytest.fixture(scope="module")
def ann(made, chromium):
    with chromium.new_context(**HTTPS) as context:
        page = context.new_page()
        yield page, made.sign_in(page, ANN)


def run(page, code: str) -> str:
    """What `code` prints in the open notebook's kernel."""
    return page.evaluate(
        """async (code) => {
            const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
            const future = kernel.requestExecute({ code });
            let text = "";
            future.onIOPub = ({ content }) => { text += content.text ?? content.evalue ?? ""; };
            await future.done;
            return text;
        }""",
        code,
    ).strip()


# What a lesson says of its address there, as it is said on the reader's own computer.
OWN = rf"/user/{ANN.replace('@', '(?:@|%40)')}/proxy/\d+"
AS_STORED = [
    (r"\nYour browser finds it at \S+\nas long as you are signed in there\.", ""),
    (rf"https://(127.0.0.1:\d+){OWN}", r"http://\1"),
    (rf"(S3 saw +GET)\s+{OWN}", r"\1 "),
    (OWN, ""),
    ("https://127", "http://127"),
    ("(frame-ancestors 'self')\n", r"\1 http://127.0.0.1:* http://localhost:*\n"),
]


def ways_round(made, url: str):
    """Requests by which bob may want to get what ann's URL is for."""
    path = url.removeprefix(made.url)  # with its signature
    port, _, key = path.split("/proxy/")[1].partition("?")[0].partition("/")
    forged = {"X-Forwarded-Host": made.url.removeprefix("https://"), "X-Forwarded-Proto": "https"}
    forged |= {"X-Forwarded-Prefix": f"/user/{ANN}/proxy/{port}", "X-Forwarded-For": "127.0.0.1"}
    for target in (
        path,
        f"/user/{BOB}/..{path.removeprefix('/user')}",
        f"/user/{BOB}/%2e%2e{path.removeprefix('/user')}",
        f"/user/{BOB}/..%2f{path.removeprefix('/user/')}",
        f"/user/{BOB}/proxy/..{path}",
        f"/{path}",
        url,
        f"http://127.0.0.1:{port}/{key}",
        f"//127.0.0.1:{port}/{key}",
        f"/user-redirect/proxy/{port}/{key}",
        f"/user/{BOB}/proxy/{port}/{key}",
        f"/user/{BOB}/proxy/absolute/{port}/{key}?{path.partition('?')[2]}",
    ):
        yield target, {}
        yield target, forged


def asked(made, target: str, headers: dict[str, str]) -> tuple[int, bytes]:
    """The hub's answer to a target that is sent as it is."""
    context = ssl.create_default_context(cafile=made.home / "cert.pem")
    with closing(HTTPSConnection(made.url.removeprefix("https://"), context=context)) as connection:
        connection.request("GET", target, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read()


def cookies_of(context) -> dict[str, str]:
    """All of a browser's cookies, whatever their path."""
    return {"Cookie": "; ".join(f"{each['name']}={each['value']}" for each in context.cookies())}


@pytest.fixture
def lesson(ann):
    """Open a lesson; its kernel ends with the test."""
    page, jupyterlab = ann

    def opened(number: int):
        jupyterlab.open(page, LESSONS[number].name)
        return page, jupyterlab

    yield opened
    jupyterlab.close(page)


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.name[:2])
def test_a_lesson_runs_to_its_end_as_it_is_stored(ann, path):
    page, jupyterlab = ann
    # In the same JupyterLab: it takes longer to start than a lesson.
    name = f"work/{path.name}"
    page.evaluate(
        "async (path) => { await window.jupyterapp.commands.execute('docmanager:open', {path}); }",
        name,
    )
    page.wait_for_function(
        "(path) => window.jupyterapp.shell.currentWidget?.context?.path === path", arg=name
    )
    jupyterlab.wait_for_kernel(page)
    jupyterlab.run_all(page)
    executed = page.evaluate(
        """() => window.jupyterapp.shell.currentWidget.content.model.toJSON().cells
            .filter((cell) => cell.cell_type === 'code')"""
    )
    jupyterlab.close(page)
    assert all(cell["execution_count"] for cell in executed)
    found = [printed(cell, AS_STORED) for cell in executed]
    assert found == [printed(cell) for cell in stored(path.name)]


def test_a_link_opens_for_its_owner_alone(lesson, made, chromium):
    page, _ = lesson(4)
    assert f"{made.url}/user/{ANN}/proxy/" in run(page, "import helpers; print(helpers.connect())")
    url, signers = run(page, SIGN).split()
    with page.context.new_page() as tab:
        assert tab.goto(signers).text() == "hello"
        answer = tab.goto(url)
        assert (answer.status, answer.text()) == (200, "hello")
        # What is stored can do nothing in the hub's name.
        assert answer.headers["content-security-policy"] == "sandbox"
        assert tab.goto(url.replace("a%20b", "b")).status == 403  # which was not signed
    with chromium.new_context(**HTTPS) as context:
        other = context.new_page()
        other.goto(url)
        assert other.url.startswith(f"{made.url}/hub/login")
        bobs = made.sign_in(other, BOB)
        assert other.goto(url).status == 403
        for target, headers in ways_round(made, url):
            status, body = asked(made, target, headers | cookies_of(context))
            assert status in (302, 400, 403, 404) and b"hello" not in body, target
        bobs.open(other, LESSONS[0].name)
        host, port = made.url.removeprefix("https://"), url.split("/proxy/")[1].split("/")[0]
        tried = run(
            other, TRY.format(url=url, host=host, port=port, cert=str(made.home / "cert.pem"))
        )
        bobs.close(other)
    assert tried.split() == ["403", "403", "InvalidAccessKeyId", "302"]


def test_the_uploader_sends_a_file(lesson, tmp_path):
    page, jupyterlab = lesson(5)
    jupyterlab.run_up_to(page, "uploader")
    widget = page.locator(".s3-uploader")
    status = widget.get_by_role("status")
    expect(status).to_have_text("Ready.", timeout=LONG)
    widget.locator("input[type=file]").set_input_files(sized(tmp_path, 12 * MIB))
    expect(status).to_have_text(re.compile("^Stored: S3 answered 200"), timeout=LONG)


def test_the_bench_plays_the_browser_and_says_so(lesson, made):
    page, jupyterlab = lesson(7)
    jupyterlab.run_up_to(page, "bench.panel()")
    frame = page.frame_locator(".web-panel iframe")
    expect(frame.locator("#origin")).to_have_text(made.url, timeout=LONG)
    expect(frame.locator("#same")).to_contain_text("This page decides in its place")
    frame.get_by_role("button", name="Try them all").click()
    expect(frame.locator("#news")).to_contain_text("Done.", timeout=LONG)
    for rule, outcomes in columns():  # of the lesson's table: as in a browser by itself
        for row, outcome in outcomes.items():
            assert frame.locator(f'[id="{row}/{rule}"]').inner_text() == outcome
    for row in attempts.ROWS:
        assert frame.locator(f'[id="{row}/own-type"]').inner_text() in ("readable", "stored")
    inside = next(each for each in page.frames if "/proxy/" in each.url)
    code = run(page, "print(bench.code)")
    for rule, method, headers, outcome in (
        ("own", "PUT", {}, 200),
        ("other", "PUT", {}, "refused"),
        ("own", "DELETE", {}, "refused"),
        ("own", "PUT", {"x-amz-meta-a": "1"}, "refused"),
        ("own", "PUT", {}, 200),
    ):
        assert inside.evaluate(PLAY, [code, rule, method, headers]) == outcome


def test_the_upload_page_works_and_its_cookie_stays_there(lesson):
    page, jupyterlab = lesson(8)
    jupyterlab.run_up_to(page, "page.panel()")
    frame = page.frame_locator(".web-panel iframe")
    expect(frame.locator("#who")).to_be_visible(timeout=LONG)  # signed in by the notebook
    frame.locator("#files").set_input_files([file()])
    frame.get_by_role("button", name=re.compile("^Upload")).click()
    states(frame, "done")
    cookies = [c for c in page.context.cookies() if c["name"].startswith("upload-page")]
    assert cookies and all(c["path"].startswith(f"/user/{ANN}/proxy/") for c in cookies)
    assert all(c["secure"] and c["httpOnly"] and c["sameSite"] == "Strict" for c in cookies)
