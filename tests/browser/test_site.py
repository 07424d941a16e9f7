"""The site in a real Chromium: pages to read, lessons to run, and no other host."""

from __future__ import annotations

import _imp
import functools
import json
import os
import re
import struct
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterable, Iterator
from configparser import RawConfigParser
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, Route

from helpers.setup import copies, environment
from helpers.setup.programs import SANITIZE
from helpers.setup.site.lite import TO_READ
from tests.browser.looks import serious, violations
from tests.browser.uploading import file
from tests.programs import missing

pytestmark = pytest.mark.browser

PROJECT = Path(environment.PROJECT)
LESSONS = [path.name for path in copies.lessons()]
RUNNING = [name for name in LESSONS if name not in TO_READ]
MAX_BYTES = 60_000_000
COMPILED_BY = "cpython-314"  # Pyodide's Python
# Milliseconds. Python starts, and reads 40 packages, on a machine that runs other tests too.
START, LESSON = 120_000, 240_000


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Requests are not the tests' concern."""


@pytest.fixture(scope="session")
def built(tmp_path_factory) -> Path:
    """The site, built as README says."""
    if environment.find(environment.SITE)[0] is None and not os.environ.get("CI"):
        missing("the site's packages are not installed: python3 -m helpers site")
    folder = tmp_path_factory.mktemp("site") / "site"
    command = [sys.executable, "-m", "helpers", "site", str(folder)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder


@contextmanager
def _served(root: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=root))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    # A name, not a number: as in earnest, a bucket can't go before it.
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def address(built) -> Iterator[str]:
    """Where a plain web server serves it: below a path, as on most static hosts."""
    with _served(built.parent) as host:
        yield f"{host}/{built.name}"


class Reader:
    """A browser that can reach the site's host and nothing else, and notes what else is tried."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.context, self.address, self.tried = context, address, []  # type: ignore[var-annotated]
        host = re.match(r"http://[^/]+/", address)
        assert host

        def route(route: Route) -> None:
            url = route.request.url
            if url.startswith((host[0], "blob:", "data:")):
                route.continue_()
            else:
                self.tried.append(url.partition("?")[0])
                route.abort()

        context.route("**/*", route)

    def page(self, path: str) -> Page:
        page = self.context.new_page()
        page.goto(f"{self.address}/{path}")
        return page

    def lesson(self, name: str) -> Lesson:
        return Lesson(self.page(f"lite/notebooks/index.html?path={name}"))


class Lesson:
    """A lesson in JupyterLite."""

    _FIND = """() => {
        const main = window.jupyterapp ? [...window.jupyterapp.shell.widgets('main')] : [];
        window.lesson = main.find((w) => w.context?.isReady && w.content?.model);
        return Boolean(window.lesson);
    }"""

    def __init__(self, page: Page) -> None:
        self.page = page
        page.wait_for_function(self._FIND, timeout=START)
        page.evaluate("async () => { await lesson.context.sessionContext.ready; }")

    def cells(self) -> list[dict[str, Any]]:
        cells: list[dict[str, Any]] = self.page.evaluate(
            "() => JSON.parse(JSON.stringify(lesson.content.model.toJSON().cells))"
        )
        return [cell for cell in cells if cell["cell_type"] == "code"]

    def run_all(self) -> None:
        self.page.evaluate(
            "() => { jupyterapp.commands.execute('notebook:run-all-cells')"
            ".then(() => { window.ended = true; }); }"
        )
        self.page.wait_for_function("() => window.ended", timeout=LESSON)

    def run_all_but_the_last(self) -> None:
        """Everything above the cell that cleans up."""
        self.page.evaluate(
            "async () => { lesson.content.activeCellIndex = lesson.content.widgets.findLastIndex("
            "(cell) => cell.model.type === 'code');"
            " await jupyterapp.commands.execute('notebook:run-all-above'); }"
        )

    def run(self, code: str) -> str:
        """What `code` prints in the lesson's kernel."""
        printed: str = self.page.evaluate(
            """async (code) => {
                const future = lesson.context.sessionContext.session.kernel.requestExecute({code});
                let text = '';
                future.onIOPub = ({content}) => { text += content.text ?? content.evalue ?? ''; };
                await future.done;
                return text;
            }""",
            code,
        )
        return printed.strip()


@pytest.fixture
def reader(chromium, address) -> Iterator[Reader]:
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    reader = Reader(context, address)
    yield reader
    context.close()
    assert reader.tried == []


# What a lesson prints.


def _rules() -> list[tuple[str, str]]:
    config = RawConfigParser()
    config.read(SANITIZE)
    return [(config[s]["regex"], config[s]["replace"]) for s in config.sections()]


_RULES = _rules()
# Here the S3 and the pages have the site's name, and a path.
AS_STORED = [
    (r"S3 in this browser", "S3 on this computer"),
    (r"/site/lite/(s3|page)/[0-9a-f]{8}", ""),
    (r"localhost:\d+", "127.0.0.1:PORT"),
]


def printed(cell: dict[str, Any], before: Iterable[tuple[str, str]] = ()) -> dict[str, Any]:
    """A cell's printed text, and its displays in order, as nbval compares them.

    `before` are replacements to make first: what is different where the cell was run.
    """
    text, shown = "", []
    for output in cell["outputs"]:
        if output["output_type"] == "stream":
            text += "".join(output["text"])
        elif output["output_type"] == "error":
            shown.append(f"{output['ename']}: {output['evalue']}")
        else:
            shown.append("".join(output["data"].get("text/plain", "")))
    # A widget's stored text says that the cell has to be run first.
    shown = [value for value in shown if not re.match(r"\w+\(|\w+: run this cell", value)]
    for pattern, replacement in (*before, *_RULES):
        text = re.sub(pattern, replacement, text)
        shown = [re.sub(pattern, replacement, value) for value in shown]
    return {"text": text, "shown": shown}


def stored(name: str) -> list[dict[str, Any]]:
    cells = json.loads((copies.NOTEBOOKS / name).read_text(encoding="utf-8"))["cells"]
    return [cell for cell in cells if cell["cell_type"] == "code"]


@pytest.mark.parametrize("name", RUNNING)
def test_a_lesson_runs_to_its_end_as_it_is_stored(reader, name):
    lesson = reader.lesson(name)
    assert not any(cell["outputs"] for cell in lesson.cells())
    lesson.run_all()
    found = [printed(cell, AS_STORED) for cell in lesson.cells()]
    assert found == [printed(cell) for cell in stored(name)]


@pytest.mark.parametrize("name", TO_READ)
def test_a_lesson_that_a_browser_cannot_run_says_why_and_shows_its_results(reader, name):
    lesson = reader.lesson(name)
    assert [printed(cell) for cell in lesson.cells()] == [printed(cell) for cell in stored(name)]
    lesson.page.locator("blockquote").get_by_text("To read, not to run.").wait_for()
    page = reader.page(f"{Path(name).stem}.html")
    page.get_by_text("To read, not to run.").wait_for()


def test_what_is_done_outlives_the_kernel(reader):
    lesson = reader.lesson("00-start-here.ipynb")
    lesson.run("from helpers.exercises import progress; progress.record('04', 1)")
    lesson.page.evaluate("async () => { await lesson.context.sessionContext.restartKernel(); }")
    assert lesson.run("from helpers.exercises import progress; print(progress.load())") == (
        "{'04': {1}}"
    )


def test_a_learners_loop_that_never_ends_is_stopped(reader):
    lesson = reader.lesson("14-capture-the-flag.ipynb")
    code = "import time\nfrom helpers.flags.running import Broke, run\n"
    code += "def endless():\n    while True:\n        pass\n"
    code += "def swallows_all():\n    while True:\n        try:\n            time.sleep(0.001)\n"
    code += "        except:\n            continue\n"
    code += "def signs():\n    try:\n        run(endless, seconds=0.2)\n"
    code += "    except Broke:\n        return 'went on'\n"
    code += "for function in (endless, swallows_all):\n"
    code += "    try:\n        run(function, seconds=0.2)\n"
    code += "    except Broke as problem:\n        print(str(problem)[:42])\n"
    code += "print(run(signs))"
    stopped = "your code was stopped after 0.2 seconds. D\n"
    assert lesson.run(code) == f"{stopped}{stopped}went on"


# The browser and the S3 in it.


def test_a_presigned_url_opens_in_a_tab_and_a_forged_one_does_not(reader):
    lesson = reader.lesson("04-share-with-get.ipynb")
    code = "from helpers import connect; lab = connect('04'); s3 = lab.client()\n"
    code += "s3.put_object(Bucket=lab.bucket, Key='lesson-04/a.txt', Body=b'hello', "
    code += "ContentType='text/plain')\n"
    code += "print(s3.generate_presigned_url('get_object', "
    code += "{'Bucket': lab.bucket, 'Key': 'lesson-04/a.txt'}))"
    url = lesson.run(code)
    tab = reader.context.new_page()
    tab.goto(url)
    assert tab.inner_text("body") == "hello"
    tab.goto(url[:-1] + ("0" if url[-1] != "0" else "1"))
    assert "SignatureDoesNotMatch" in tab.content()
    # Nobody else's kernel has this S3.
    tab.goto(re.sub(r"/s3/[0-9a-f]{8}/", "/s3/00000000/", url), timeout=START)
    assert "No notebook answers here" in tab.content()


@pytest.mark.parametrize(
    ("origins", "outcome"), [("location.origin", "200 hello"), ("'https://a.example'", "refused")]
)
def test_the_browsers_fetch_is_held_to_the_cors_rules(reader, origins, outcome):
    lesson = reader.lesson("07-let-the-browser-in.ipynb")
    origin = lesson.page.evaluate(f"() => {origins}")
    code = "from helpers import connect; lab = connect('07'); s3 = lab.client()\n"
    code += "s3.put_object(Bucket=lab.bucket, Key='lesson-07/a.txt', Body=b'hello')\n"
    code += "s3.put_bucket_cors(Bucket=lab.bucket, CORSConfiguration={'CORSRules': ["
    code += f"{{'AllowedOrigins': [{origin!r}], 'AllowedMethods': ['GET']}}]}})\n"
    code += "print(s3.generate_presigned_url('get_object', "
    code += "{'Bucket': lab.bucket, 'Key': 'lesson-07/a.txt'}))"
    url = lesson.run(code)
    fetched = """async ([url, method, headers]) => {
        try {
            const response = await fetch(url, {method, headers});
            return `${response.status} ${await response.text()}`;
        } catch { return 'refused'; }
    }"""
    assert lesson.page.evaluate(fetched, [url, "GET", {}]) == outcome
    # What the rule doesn't name is refused before it is sent.
    assert lesson.page.evaluate(fetched, [url, "PUT", {}]) == "refused"
    assert lesson.page.evaluate(fetched, [url, "GET", {"x-unasked": "1"}]) == "refused"


def test_a_url_is_answered_below_any_path_as_s3_answers(chromium, built, tmp_path):
    place = tmp_path / "extensions" / "Über uns +%"  # JupyterLite has a folder of the first name
    place.mkdir(parents=True)
    (place / "site").symlink_to(built, target_is_directory=True)
    fetched = """async ([url, options]) => {
        const response = await fetch(url, options);
        const told = ["content-length", "content-range"].map((name) => response.headers.get(name));
        return [response.status, await response.text(), ...told];
    }"""
    with _served(tmp_path) as host, chromium.new_context() as context:
        reader = Reader(context, f"{host}/{quote('extensions/Über uns +%/site')}")
        lesson = reader.lesson("07-let-the-browser-in.ipynb")
        code = "from helpers import connect; lab = connect('07'); s3 = lab.client()\n"
        code += "place = {'Bucket': lab.bucket, 'Key': 'lesson-07/ü b+c%41#d?e&f=g'}\n"
        code += "s3.put_object(**place, Body=b'hello', ContentType='text/plain')\n"
        code += "rule = {'AllowedOrigins': ['*'], 'AllowedMethods': ['GET', 'HEAD']}\n"
        code += "s3.put_bucket_cors(Bucket=lab.bucket, CORSConfiguration={'CORSRules': [rule]})\n"
        code += "print(s3.generate_presigned_url('get_object', place))\n"
        code += "print(s3.generate_presigned_url('head_object', place))"
        get, head = lesson.run(code).split()
        tab = context.new_page()
        tab.goto(f"{get}#page=2")
        assert tab.inner_text("body") == "hello"
        ask = functools.partial(lesson.page.evaluate, fetched)
        assert ask([get, {}]) == [200, "hello", "5", None]
        assert ask([head, {"method": "HEAD"}]) == [200, "", "5", None]
        assert ask([get, {"headers": {"Range": "bytes=1-2"}}]) == [206, "el", "2", None]
        assert reader.tried == []


def test_the_uploader_stores_a_file(reader):
    lesson = reader.lesson("05-upload-with-put.ipynb")
    lesson.run_all_but_the_last()
    uploader = lesson.page.locator(".s3-uploader").first
    allow = uploader.get_by_role("button").first
    if allow.is_visible():
        allow.click()
    uploader.locator("input[type=file]").set_input_files([file("cat.txt", "text/plain")])
    uploader.get_by_text("Stored").wait_for()


# Pages to read.


def test_the_upload_page_stores_a_file(reader):
    lesson = reader.lesson("08-the-upload-page.ipynb")
    lesson.run_all_but_the_last()
    page = lesson.page.frame_locator(".web-panel iframe")
    page.locator("#who").wait_for(timeout=START)  # signed in: before that nothing can be chosen
    chosen = [file("cat.txt", "text/plain"), file("dog.html", "text/html")]
    page.locator("#files").set_input_files(chosen)
    page.locator("li.refused").get_by_text("Files of this kind (.html)").wait_for()
    page.get_by_role("button", name="Upload").click()
    page.locator("li.done").get_by_text("Stored as lesson-08/learner/").wait_for()
    # A browser tells no progress of what a service worker takes: that mustn't count as a stall.
    sent = """async () => {
        const { exchange } = await import(new URL("static/send.js", location));
        const told = [], body = new Blob(["abc"]), stop = new AbortController();
        const asked = { method: "PUT", url: location.href, headers: {}, body, size: 3 };
        await exchange(asked, ({ loaded, total }) => told.push([loaded, total]), stop.signal);
        return told;
    }"""
    assert page.locator("body").evaluate(sent) == [[3, 3]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_is_cut_off_or_hard_to_read(chromium, address, scheme):
    context = chromium.new_context(color_scheme=scheme, bypass_csp=True)
    reader = Reader(context, address)
    # The others have the same colours.
    names = ["index", "why", "04-share-with-get"]
    if scheme == "light":
        names = ["index", "why", *(Path(lesson).stem for lesson in LESSONS)]
    for name in names:
        page = reader.page(f"{name}.html")
        for width in (375, 800, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("() => document.documentElement.scrollWidth") <= width, name
        assert serious(page) == [], name
        page.close()
    context.close()
    assert reader.tried == []


# JupyterLab's own (4.6.6), by the rule of axe-core that each breaks.
_JUPYTERLABS = {
    "aria-allowed-attr",  # "More commands" of a narrow toolbar
    "aria-input-field-name",  # CodeMirror's fields
    "aria-required-children",  # the list of cells
    "button-name",  # folds what is below a heading
    "skip-link",  # leads past the menus
    "tabindex",  # the same link's
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_lesson_to_run_follows_the_scheme_and_is_read_on_a_narrow_screen(
    chromium, address, scheme
):
    context = chromium.new_context(color_scheme=scheme, viewport={"width": 375, "height": 800})
    reader = Reader(context, address)
    page = reader.lesson("00-start-here.ipynb").page
    assert (
        page.evaluate("() => document.body.dataset.jpThemeLight") == str(scheme == "light").lower()
    )
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 375
    text = page.get_by_role("heading", name="Start here").bounding_box()
    assert text and text["width"] > 250
    assert page.locator(".jp-CodeCell .cm-lineWrapping").count() > 0
    found = {violation.partition(":")[0] for violation in violations(page)}
    assert found <= _JUPYTERLABS
    context.close()
    assert reader.tried == []


def test_every_link_and_picture_of_the_pages_is_there(built):
    broken = []
    for path in built.glob("*.html"):
        text = path.read_text(encoding="utf-8")
        ids = {"", *re.findall(r'\bid="([^"]+)"', text)}
        for target, part in re.findall(r'(?:href|src)="([^"#?]*)(?:\?[^"#]*)?#?([^"]*)"', text):
            there = (built / target).exists() if target else part in ids
            if not re.match(r"[a-z]+:|//", target) and not there:
                broken.append(f"{path.name}: {target}#{part}")
    assert broken == []


def test_a_search_finds_a_lesson(reader):
    page = reader.page("search.html?q=ExpiredToken")
    page.get_by_role("link", name=re.compile("IAM")).first.wait_for()


def test_every_lesson_has_its_button(reader):
    for name in RUNNING:
        page = reader.page(f"{Path(name).stem}.html")
        link = page.get_by_role("link", name="Run this lesson in your browser")
        assert page.locator(".lacks").count() == 0
        assert link.get_attribute("href") == f"lite/notebooks/index.html?path={name}"
        page.close()


def test_an_address_without_https_says_what_will_not_work(chromium, built):
    def answer(route: Route) -> None:
        path = built / urlsplit(route.request.url).path.lstrip("/")
        route.fulfill(path=path) if path.is_file() else route.fulfill(status=404)

    context = chromium.new_context()
    context.route("http://lessons.example/**", answer)
    page = context.new_page()
    for name in ("index", "05-upload-with-put"):
        page.goto(f"http://lessons.example/{name}.html")
        page.get_by_text("need a service worker").wait_for()
    page.goto("http://lessons.example/lite/notebooks/index.html?path=00-start-here.ipynb")
    said = Lesson(page).run("from helpers import connect; print(connect('00'))")
    assert said.endswith("this site at an https:// address.")
    page.goto((built / "index.html").as_uri())
    page.get_by_text("This page was opened as a file").wait_for()
    context.close()


def test_a_browser_that_keeps_nothing_is_told(reader):
    # As Chromium does with all cookies blocked.
    denied = "Object.defineProperty(window, 'localStorage', { get() { throw new Error(); } })"
    reader.context.add_init_script(denied)
    reader.page("index.html").get_by_text("Allow cookies for this address").wait_for()
    assert reader.page("why.html").locator(".lacks").count() == 0


def test_on_paper_it_is_light_and_whole(chromium, address):
    context = chromium.new_context(color_scheme="dark", viewport={"width": 700, "height": 900})
    page = context.new_page()
    for name in ("07-let-the-browser-in", "INSTRUCTOR"):
        page.goto(f"{address}/{name}.html")
        page.emulate_media(media="print", color_scheme="dark")
        assert page.locator("img.only-dark:visible").count() == 0
        pres = page.locator("pre").evaluate_all(
            "pres => pres.map(p => p.scrollWidth - p.clientWidth)"
        )
        assert max(pres) <= 0
    context.close()


def test_why_says_what_is_wrong_and_sends_nothing(reader):
    page = reader.page("why.html")
    page.wait_for_selector("#why button:enabled", timeout=START)
    secret = "a" * 64
    url = (
        "https://b.s3.eu-west-2.amazonaws.com/a.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256"
        "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20200101%2Feu-west-2%2Fs3%2Faws4_request"
        "&X-Amz-Date=20200101T000000Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host"
        f"&X-Amz-Signature={secret}"
    )
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.get_by_label("What fails").fill(url)
    page.get_by_role("button", name="Explain").click()
    page.locator("#verdict").wait_for()
    said = page.inner_text("#verdict")
    assert said.startswith("The URL has expired") and secret not in said
    page.get_by_label("What fails").fill("nothing of S3's")
    page.get_by_role("button", name="Explain").click()
    page.get_by_text("is none of").or_(page.get_by_text("Paste")).last.wait_for()
    assert asked == []
    # Its own policy, not the tests' route, is what holds it back.
    away = "async () => { try { await fetch('https://example.com/'); } catch { return 'held'; } }"
    assert [worker.evaluate(away) for worker in page.workers] == ["held"]
    assert page.evaluate(away) == "held"
    # What Python doesn't survive is told, and Python starts again.
    page.get_by_label("What fails").fill('{"a":' * 200_000)
    page.get_by_role("button", name="Explain").click()
    page.get_by_text(re.compile("nested too deeply|This is not JSON")).wait_for()
    page.wait_for_selector("#why button:enabled", timeout=START)
    # It doesn't hold back the search beside it.
    page.get_by_label("Search").fill("ExpiredToken")
    page.keyboard.press("Enter")
    page.get_by_role("link", name=re.compile("IAM")).first.wait_for()


# The folder.


def test_it_is_small_and_complete(built):
    size = sum(path.stat().st_size for path in built.rglob("*") if path.is_file())
    assert size <= MAX_BYTES
    names = {path.name for path in (built / "lite" / "static" / "pyodide").iterdir()}
    lock = json.loads((built / "lite/static/pyodide/pyodide-lock.json").read_text("utf-8"))
    assert {package["file_name"] for package in lock["packages"].values()} <= names


def test_no_compiled_module_is_stale(built):
    folder = built / "lite" / "static" / "pyodide"
    stale, compiled = [], 0
    for archive in (*folder.glob("*.whl"), folder / "python_stdlib.zip"):
        with zipfile.ZipFile(archive) as files:
            for name in files.namelist():
                if name.endswith(".pyc"):
                    # The first 16 bytes: the Python, the kind, and its source's hash (PEP 552).
                    python, kind, digest = struct.unpack("<4sI8s", files.read(name)[:16])
                    source = name.replace("__pycache__/", "").replace(f".{COMPILED_BY}.pyc", ".py")
                    text = files.read(source.removesuffix("c"))
                    # Of both kinds of hash, this one is not compared again when it is loaded.
                    assert kind == 1
                    key = int.from_bytes(python, "little")
                    stale += [name] if _imp.source_hash(key, text) != digest else []
                    compiled += 1
    assert stale == [] and compiled > 800


def test_what_a_lesson_starts_with_is_compiled(reader):
    lesson = reader.lesson("04-share-with-get.ipynb")
    code = "from helpers import connect; lab = connect('04'); lab.client()\nimport os, sys\n"
    code += "for name, module in tuple(sys.modules.items()):\n"
    code += "    file = getattr(module.__spec__, 'origin', None) or ''\n"
    code += "    if file.endswith('.py') and not os.path.exists(module.__spec__.cached):\n"
    code += "        print(name)"
    assert lesson.run(code).split() == []


def test_the_checksums_in_javascript_are_those_of_python(reader):
    lesson = reader.lesson("00-start-here.ipynb")
    code = "import anycrc, random; from strict_s3.rules.checksums import crc_in_python, hasher\n"
    code += "for name, *model in [('CRC32C', 0x82F63B78, 32), "
    code += "('CRC64-NVME', 0x9A6C9329AC4BC9B5, 64)]:\n"
    code += "    ours, theirs = crc_in_python(*model), anycrc.Model(name).calc\n"
    code += "    for size in (0, 1, 7, 8, 9, 1000):\n"
    code += "        data, before = random.randbytes(size), random.getrandbits(model[1])\n"
    code += "        for value in (0, before, (1 << model[1]) - 1):\n"
    code += "            assert ours(data, value) == theirs(data, value), (name, size)\n"
    code += "print(hasher('CRC64NVME')._function.__module__)"
    assert lesson.run(code) == "anycrc"


def test_what_is_no_site_is_left_alone(built, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    command = [sys.executable, "-m", "helpers", "site", str(tmp_path)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True)
    assert done.returncode == 1 and "isn't a site" in done.stderr
    assert (tmp_path / "mine.txt").read_text() == "mine"
