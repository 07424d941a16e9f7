"""What inspect_cors says a browser does, beside what Chromium does."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from strict_s3.explainer import inspect_cors

pytestmark = pytest.mark.browser

FETCH = """async ({url, method, headers, credentials}) => {
    const body = ["GET", "HEAD"].includes(method) ? undefined : new Blob(["x"]);
    const options = {method, headers, body, credentials: credentials ? "include" : "omit"};
    try {
        const answer = await fetch(url, options);
        return {status: answer.status, names: [...answer.headers.keys()]};
    } catch (error) {
        return {error: String(error)};
    }
}"""
UPLOAD = """({url}) => new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open("POST", url);
    request.upload.onprogress = () => {};
    request.onload = () => resolve({status: request.status, names: []});
    request.onerror = () => resolve({error: "TypeError: Failed to fetch"});
    request.send(new Blob(["x"]));
})"""
MULTIPART = "multipart/form-data; boundary=x"
CASES = [
    ("GET", {}),
    ("HEAD", {}),
    ("POST", {}),
    ("PUT", {}),
    ("DELETE", {}),
    ("PUT", {"content-type": "image/png"}),
    ("PUT", {"x-amz-meta-a": "1"}),
    ("POST", {"content-type": MULTIPART}),
    ("POST", {"content-type": 'multipart/form-data; boundary="x"'}),
    ("POST", {"content-type": "text/plain;charset=UTF-8"}),
    ("POST", {"content-type": "image/png"}),
    ("GET", {"range": "bytes=0-3"}),
    ("GET", {"range": "bytes=-3"}),
    ("GET", {"accept": "image/png"}),
    ("GET", {"accept": "(x)"}),
    ("GET", {"accept-language": "de;q=1"}),
    ("GET", {"accept-language": "de_CH"}),
    ("GET", {"accept": "x" * 129}),
    ("GET", {"if-none-match": "x"}),
    ("GET", {"authorization": "Bearer x"}),
]


class _Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>page</title>")

    def log_message(self, *_args) -> None:
        pass


@pytest.fixture(scope="module")
def origin():
    server = HTTPServer(("127.0.0.1", 0), _Page)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def rules_for(origin: str) -> list[list[dict]]:
    """No configuration, one that allows little, one that allows much."""
    little = {"AllowedOrigins": [origin], "AllowedMethods": ["GET"]}
    much = {
        "AllowedOrigins": ["*"],
        "AllowedMethods": ["GET", "PUT", "POST", "HEAD"],
        "AllowedHeaders": ["content-type", "range", "accept*", "x-amz-*"],
        "ExposeHeaders": ["ETag"],
    }
    return [[], [little], [little, much]]


@pytest.mark.parametrize("which", [0, 1, 2])
def test_chromium_does_what_is_said(chromium, service, origin, which):
    rules = rules_for(origin)[which]
    if rules:
        service.client().put_bucket_cors(
            Bucket=service.bucket, CORSConfiguration={"CORSRules": rules}
        )
    service.put()
    url = f"{service.endpoint}/{service.bucket}/k"
    cases = [(*case, False, FETCH) for case in CASES]
    cases += [("GET", {}, True, FETCH), ("POST", {}, False, UPLOAD)]
    # A fresh profile: a browser remembers the preflights that it has asked.
    context = chromium.new_context()
    page = context.new_page()
    page.goto(origin)
    for number, (method, headers, credentials, script) in enumerate(cases):
        said = inspect_cors(
            rules or None,
            origin,
            method,
            headers,
            credentials=credentials,
            progress=script is UPLOAD,
        )
        service.server.gate.decisions.clear()
        call = {"url": f"{url}?{number}", "method": method, "headers": headers}
        seen = page.evaluate(script, call | {"credentials": credentials})
        sent = [decision["method"] for decision in service.decisions()]
        where = (which, method, headers, seen, sent)
        assert ("OPTIONS" in sent) == (said.preflight is not None), where
        assert (method in sent) == said.sent, where
        assert ("status" in seen) == said.visible, where
        assert set(seen.get("names", ())) <= set(said.readable), where
    context.close()
