"""Each rule of the site's service worker, with a page that plays the kernel's part."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from helpers.setup.site import lite

pytestmark = pytest.mark.browser

S3, PAGE = "s3/1f2e3d4c/bucket/a.txt", "page/1f2e3d4c/api"
ANY = {"access-control-allow-origin": "*"}
# The kernel's part: it notes what it is asked and answers with what the test has put into `told`.
KERNEL = """<!doctype html><title>kernel</title><script>
const channel = new BroadcastChannel("s3-lessons");
window.asked = [];
channel.onmessage = ({ data }) => {
  if (data.kind !== "request") return;
  const body = data.body && new TextDecoder().decode(data.body);
  asked.push({ ...data, body, headers: Object.fromEntries(data.headers) });
  const { status, headers } = data.method === "OPTIONS" ? told.preflight : told.answer;
  const text = new TextEncoder().encode("hello");
  const answer = { kind: "response", id: data.id, status, headers: Object.entries(headers) };
  channel.postMessage({ ...answer, body: text });
};
window.theirs = [];
new BroadcastChannel("theirs").onmessage = ({ data }) => theirs.push(data);
window.send = async (url, options, preflight, answer) => {
  window.told = { preflight, answer };
  asked.length = theirs.length = 0;
  try {
    const response = await fetch(url, options);
    const headers = Object.fromEntries(response.headers);
    return { status: response.status, text: await response.text(), headers };
  } catch { return { status: 0, text: "refused", headers: {} }; }
};
</script>
"""

# JupyterLite's part, after ours: it would fetch what it hears of.
THEIRS = b"""
const THEIRS = new BroadcastChannel("theirs");
self.addEventListener("fetch", ({ request }) => THEIRS.postMessage(request.url));
"""


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Requests are not the tests' concern."""


@pytest.fixture(scope="module")
def kernel(chromium, tmp_path_factory) -> Iterator[Page]:
    """A page below the worker's scope, which answers in a kernel's place."""
    root: Path = tmp_path_factory.mktemp("worker")
    scope = root / "site" / "lite"
    scope.mkdir(parents=True)
    worker = lite.CORS.read_bytes() + (lite.HERE / "service-worker.js").read_bytes()
    (scope / "service-worker.js").write_bytes(worker + THEIRS)
    (scope / "index.html").write_text(KERNEL, encoding="utf-8")
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=root))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    context = chromium.new_context()
    page = context.new_page()
    page.goto(f"http://localhost:{server.server_port}/site/lite/index.html")
    page.evaluate(
        "async () => { navigator.serviceWorker.register('service-worker.js');"
        " await navigator.serviceWorker.ready; }"
    )
    page.reload()
    yield page
    context.close()
    server.shutdown()
    server.server_close()


def send(
    page: Page,
    url: str,
    options: dict[str, Any],
    preflight: dict[str, str] | None = None,
    answer: dict[str, str] | None = None,
    statuses: tuple[int, int] = (200, 200),
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What the page's script gets, and what the kernel was asked."""
    told = [
        {"status": status, "headers": headers}
        for status, headers in zip(statuses, (preflight or {}, answer or {}), strict=True)
    ]
    got = page.evaluate(
        "([url, options, ...told]) => send(url, options, ...told)", [url, options, *told]
    )
    return got, page.evaluate("() => asked")


def methods(asked: list[dict[str, Any]]) -> list[str]:
    return [request["method"] for request in asked]


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("GET", {}),
        ("HEAD", {}),
        ("POST", {}),
        ("GET", {"Range": "bytes=0-1", "Accept": "text/html", "Accept-Language": "en"}),
        ("GET", {"Range": "bytes=5-"}),
        ("GET", {"Content-Language": "en"}),
        ("POST", {"Content-Type": "text/plain"}),
        ("POST", {"Content-Type": "application/x-www-form-urlencoded"}),
        ("POST", {"Content-Type": "multipart/form-data; boundary=x"}),
    ],
)
def test_a_simple_request_has_no_preflight(kernel, method, headers):
    got, asked = send(kernel, S3, {"method": method, "headers": headers}, answer=ANY)
    assert got["status"] == 200 and methods(asked) == [method]
    assert asked[0]["headers"]["origin"] == kernel.evaluate("() => location.origin")
    assert kernel.evaluate("() => theirs") == []  # nor does it go to the site's host


def test_how_a_script_wants_it_cached_needs_no_preflight(kernel):
    for cache in ("no-store", "reload", "no-cache"):
        got, asked = send(kernel, S3, {"cache": cache}, answer=ANY)
        assert got["status"] == 200 and methods(asked) == ["GET"], cache


@pytest.mark.parametrize(
    ("method", "headers", "names"),
    [
        ("PUT", {}, None),
        ("DELETE", {}, None),
        ("GET", {"X-B": "1", "X-A": "1"}, "x-a,x-b"),
        ("POST", {"Content-Type": "image/png"}, "content-type"),
        ("POST", {"Content-Type": "text/plainer"}, "content-type"),
        ("POST", {"Content-Type": "text/plain-x"}, "content-type"),
        (
            "GET",
            {"Range": "bytes=-5"},
            "range",
        ),  # https://fetch.spec.whatwg.org/#simple-range-header-value
        ("GET", {"Authorization": "AWS4"}, "authorization"),
        ("GET", {"Cache-Control": "no-cache", "Pragma": "no-cache"}, "cache-control,pragma"),
    ],
)
def test_another_request_is_asked_for_first(kernel, method, headers, names):
    options = {"method": method, "headers": headers}
    allowed = {**ANY, "access-control-allow-methods": f"x, {method}"}
    allowed["access-control-allow-headers"] = f"Z,{names or ''}".upper()
    got, asked = send(kernel, S3, options, allowed, ANY)
    assert got["text"] == "hello" and methods(asked) == ["OPTIONS", method]
    told = asked[0]["headers"]
    assert told["access-control-request-method"] == method
    assert told.get("access-control-request-headers") == names
    assert told["origin"] == kernel.evaluate("() => location.origin")


_FULL = {
    **ANY,
    "access-control-allow-methods": "PUT",
    "access-control-allow-headers": "x-a",
}


@pytest.mark.parametrize(
    ("status", "changed"),
    [
        (403, {}),
        (304, {}),
        (200, {"access-control-allow-origin": "https://a.example"}),
        (200, {"access-control-allow-origin": ""}),
        (200, {"access-control-allow-methods": "GET, POST"}),
        (200, {"access-control-allow-headers": "x-b"}),
        (200, {"access-control-allow-headers": ""}),
    ],
)
def test_a_preflight_that_does_not_allow_it_ends_it(kernel, status, changed):
    options = {"method": "PUT", "headers": {"X-A": "1"}}
    got, asked = send(kernel, S3, options, {**_FULL, **changed}, ANY, (status, 200))
    assert got["text"] == "refused" and methods(asked) == ["OPTIONS"]


def test_a_preflight_needs_no_word_of_a_simple_method(kernel):
    options = {"headers": {"X-A": "1"}}
    allowed = {**ANY, "access-control-allow-headers": "x-a"}
    got, asked = send(kernel, S3, options, allowed, ANY, (204, 200))
    assert got["text"] == "hello" and methods(asked) == ["OPTIONS", "GET"]


@pytest.mark.parametrize("method", ["GET", "PUT"])
@pytest.mark.parametrize("headers", [{}, {"access-control-allow-origin": "https://a.example"}])
def test_an_answer_for_another_origin_is_not_given_out(kernel, method, headers):
    got, asked = send(kernel, S3, {"method": method}, _FULL, headers)
    assert got["text"] == "refused" and methods(asked)[-1] == method


# https://fetch.spec.whatwg.org/#cors-protocol-and-credentials
@pytest.mark.parametrize("method", ["GET", "PUT"])
@pytest.mark.parametrize(
    ("origin", "allowed", "outcome"),
    [("*", "true", "refused"), ("own", "", "refused"), ("own", "true", "hello")],
)
def test_a_star_is_not_enough_for_credentials(kernel, method, origin, allowed, outcome):
    own = kernel.evaluate("() => location.origin")
    answer = {"access-control-allow-origin": own if origin == "own" else origin}
    answer |= {"access-control-allow-credentials": allowed, "access-control-allow-methods": "PUT"}
    options = {"method": method, "credentials": "include"}
    got, asked = send(kernel, S3, options, answer, answer)
    assert got["text"] == outcome and ("OPTIONS" in methods(asked)) == (method == "PUT")
    got, _ = send(kernel, S3, {**options, "credentials": "same-origin"}, answer, answer)
    assert got["text"] == "hello"


def test_the_pages_own_origin_may_be_named(kernel):
    own = {"access-control-allow-origin": kernel.evaluate("() => location.origin")}
    allowed = {**own, "access-control-allow-methods": "PUT"}
    got, _ = send(kernel, S3, {"method": "PUT"}, allowed, own)
    assert got["text"] == "hello"


def test_only_exposed_headers_can_be_read(kernel):
    answer = {
        "Access-Control-Allow-Origin": "*",
        "etag": "1",
        "x-amz-version-id": "2",
        "content-type": "text/plain",
    }
    got, _ = send(kernel, S3, {}, answer=answer)
    assert got["headers"] == {"content-type": "text/plain"}
    got, _ = send(kernel, S3, {}, answer={**answer, "access-control-expose-headers": "A, ETag"})
    assert got["headers"] == {"content-type": "text/plain", "etag": "1"}


def test_what_is_sent_arrives_as_it_is(kernel):
    got, asked = send(kernel, S3 + "?a=%2F", {"method": "PUT", "body": "meow"}, _FULL, ANY)
    assert got["text"] == "hello" and asked[1]["body"] == "meow"
    assert asked[1]["url"].endswith("/site/lite/s3/1f2e3d4c/bucket/a.txt?a=%2F")
    got, _ = send(kernel, S3, {"method": "POST", "body": "meow"}, answer=ANY, statuses=(200, 204))
    assert got["status"] == 204


def test_each_request_gets_its_own_response(kernel):
    got = kernel.evaluate(
        """async (path) => {
            const usual = channel.onmessage, held = [];
            channel.onmessage = ({ data }) => {
                if (held.push(data) < 2) return;
                for (const { id, url } of held.reverse()) {
                    const body = new TextEncoder().encode(url.slice(-1));
                    const headers = [["access-control-allow-origin", "*"]];
                    channel.postMessage({ kind: "response", id, status: 200, headers, body });
                }
            };
            const text = async (key) => (await fetch(path + key)).text();
            const got = await Promise.all([text("a"), text("b")]);
            channel.onmessage = usual;
            return got;
        }""",
        S3,
    )
    assert got == ["a", "b"]


def test_a_picture_and_a_tab_are_not_held_to_cors(kernel):
    got, asked = send(kernel, S3, {"mode": "no-cors"}, answer={"x-b": "2"})
    assert methods(asked) == ["GET"] and "origin" not in asked[0]["headers"]
    assert got["text"] == "" and got["headers"] == {}  # a script may not read it
    kernel.evaluate("() => { told = { answer: { status: 200, headers: {} } }; asked.length = 0; }")
    tab = kernel.context.new_page()
    tab.goto(kernel.evaluate("(path) => new URL(path, location).href", S3))
    assert tab.inner_text("body") == "hello"
    tab.goto(kernel.evaluate("(path) => new URL(path, location).href", PAGE))
    assert ["origin" in request["headers"] for request in kernel.evaluate("() => asked")] == [
        False
    ] * 2
    tab.close()


def test_a_page_of_the_notebook_is_of_the_same_origin(kernel):
    got, asked = send(kernel, PAGE, {"method": "PUT", "headers": {"X-A": "1"}}, {}, {"x-b": "2"})
    assert got["text"] == "hello" and got["headers"]["x-b"] == "2" and methods(asked) == ["PUT"]
    assert asked[0]["headers"]["origin"] == kernel.evaluate("() => location.origin")


@pytest.mark.parametrize(
    "path",
    [
        "s3x/1f2e3d4c/a.txt",
        "pages/1f2e3d4c/",
        "files/s3/1f2e3d4c/a.txt",
        "../s3/1f2e3d4c/a.txt",
        "/s3/1f2e3d4c/a.txt",
        "/elsewhere/s3/1f2e3d4c/a.txt",  # as long as /site/lite
    ],
)
def test_no_other_path_reaches_the_kernel(kernel, path):
    got, asked = send(kernel, path, {}, ANY, ANY)
    assert got["status"] == 404 and asked == []
    assert kernel.evaluate("() => theirs.length") == 1


def test_no_other_host_is_answered_by_the_kernel(kernel):
    other = kernel.evaluate("(path) => new URL(path, location).href", S3)
    got, asked = send(kernel, other.replace("localhost", "127.0.0.1"), {}, ANY, ANY)
    assert got["text"] == "refused" and asked == []
