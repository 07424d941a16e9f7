"""The scripts that lesson 07 shows for a web page, run by a real Chromium on another origin."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from typing import Any

import pytest

from tests.lessons.answers.lesson_07 import RIGHT
from tests.lessons.lesson import LESSONS, cells, exercise_of, fenced

pytestmark = pytest.mark.browser
(LESSON,) = (path for path in LESSONS if path.name.startswith("07-"))
KEY = "lesson-07/photo.png"
PICTURE = b"a picture"
ETAG = "the object's ETag"


class Site:
    """An origin of its own: a page with a file input. Keeps the questions of preflights."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer(b"<title>page</title><input type=file>")

            def do_OPTIONS(self) -> None:
                site.asked.append({name.lower(): value for name, value in self.headers.items()})
                self._answer(b"")

            def _answer(self, body: bytes) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def sites() -> Iterator[tuple[Site, Site]]:
    both = Site(), Site()
    yield both
    for site in both:
        site.close()


@pytest.fixture
def run(chromium, sites) -> Iterator[Callable[..., Any]]:
    """Run a script on a page of the first site, in a fresh profile: its value, or the error."""
    contexts = []

    def script(code: str, url: str, value: str = "null") -> Any:
        contexts.append(chromium.new_context())
        page = contexts[-1].new_page()
        page.goto(f"{sites[0].origin}/upload/index.html?lang=en")
        file = {"name": "photo.png", "mimeType": "image/png", "buffer": PICTURE}
        page.locator("input").set_input_files(file)
        return page.evaluate(
            f"""async (url) => {{
                const file = document.querySelector("input").files[0];
                try {{ {{ {code}\n return {value}; }} }} catch (error) {{ return error.message; }}
            }}""",
            url,
        )

    yield script
    for context in contexts:
        context.close()


def scripts() -> list[str]:
    found = fenced(LESSON, "javascript")
    assert len(found) == 2
    return found


def stored(service) -> bytes | None:
    listed = service.client().list_objects_v2(Bucket=service.bucket, Prefix=KEY)
    if not listed.get("Contents"):
        return None
    body: bytes = service.client().get_object(Bucket=service.bucket, Key=KEY)["Body"].read()
    return body


@pytest.mark.parametrize(
    ("rule", "told", "kept"),
    [
        (
            {"AllowedHeaders": ["content-type"], "ExposeHeaders": ["ETag"]},
            ETAG,
            PICTURE,
        ),
        ({"AllowedHeaders": ["content-type"]}, None, PICTURE),
        ({"AllowedHeaders": ["Authorization"], "ExposeHeaders": ["ETag"]}, "Failed to fetch", None),
        (
            {"AllowedHeaders": ["*"], "AllowedOrigins": ["https://other.example"]},
            "Failed to fetch",
            None,
        ),
        (None, "Failed to fetch", None),
    ],
)
def test_the_upload_by_a_script(service, sites, run, rule, told, kept):
    if rule is not None:
        full = {"AllowedOrigins": [sites[0].origin], "AllowedMethods": ["PUT"], **rule}
        service.client().put_bucket_cors(
            Bucket=service.bucket, CORSConfiguration={"CORSRules": [full]}
        )
    url = service.presign("put_object", KEY, ContentType="image/png")
    result = run(scripts()[0], url, "etag")
    assert stored(service) == kept
    if told is ETAG:
        told = service.client().head_object(Bucket=service.bucket, Key=KEY)["ETag"]
    assert result == told


def test_a_refusal_can_be_read_by_the_script(service, sites, run):
    rule = {
        "AllowedOrigins": [sites[0].origin],
        "AllowedMethods": ["PUT"],
        "AllowedHeaders": ["*"],
    }
    service.client().put_bucket_cors(Bucket=service.bucket, CORSConfiguration={"CORSRules": [rule]})
    url = service.presign("put_object", KEY, ContentType="image/gif")
    assert "<Code>SignatureDoesNotMatch</Code>" in run(scripts()[0], url, "etag")


def test_a_browser_asks_what_the_exercise_says(sites, run):
    """The solution of exercise 2 is the question that Chromium asks."""
    found = [exercise_of(a, b) for a, b in pairwise(cells(LESSON))]
    (exercise,) = (one for one in found if one and one.name == "check_preflight")
    assert exercise.name in RIGHT
    made: dict[str, Any] = {}
    exec(exercise.solution, made)
    here = {**made["asked"], "Origin": sites[0].origin}
    assert run(scripts()[1], f"{sites[1].origin}/k") == "Failed to fetch"
    (asked,) = sites[1].asked
    assert {name: asked[name.lower()] for name in here} == here
