"""The examples' front ends in Chromium, with the FastAPI backend and the examples' CORS rule."""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import expect

from helpers.exercises.lesson_12 import BACKEND, start_backend
from tests.examples.conftest import EXAMPLES, npm_packages

pytestmark = pytest.mark.browser
MIB = 2**20
PICTURE = {"name": "é cat.png", "mimeType": "image/png", "buffer": b"12345"}
REACT = """
import { createRoot } from "react-dom/client";
import { Upload } from "./Upload.tsx";

const shown = (stored) => (document.title = `Stored: ${stored.size} bytes.`);
createRoot(document.body).render(<Upload onStored={shown} />);
"""
UPPY = 'import { makeUppy } from "./uppy.js";\nwindow.uppy = makeUppy();\n'
# Adds a file to Uppy and uploads it.
SEND = """async ([name, type, size]) => {
    uppy.addFile({ name, type, data: new File([new Uint8Array(size).fill(7)], name, { type }) });
    return outcome(await uppy.upload());
}"""
OUTCOME = """() => {
    window.outcome = ({ successful, failed }) => ({
        stored: successful.map((file) => [file.meta.size, file.meta.type]),
        failed: failed.map((file) => String(file.error)),
    });
}"""


class _Site(SimpleHTTPRequestHandler):
    """The pages, and the backend below the same origin."""

    def __init__(self, *arguments, call, **named) -> None:
        self.call = call
        super().__init__(*arguments, **named)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        user = self.headers.get("authorization", "").removeprefix("Bearer demo-")
        status, answer = self.call("POST", self.path, body, user=user)
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def site(service, tmp_path):
    """Its origin, which the bucket's CORS rule names. `tmp_path` is served."""
    for file in (EXAMPLES / "frontends").iterdir():
        shutil.copy(file, tmp_path)
    call = start_backend(BACKEND, service.lab().server)
    handler = functools.partial(_Site, call=call, directory=str(tmp_path))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    origin = f"http://127.0.0.1:{server.server_port}"
    rule = (EXAMPLES / "policies" / "cors.json").read_text(encoding="utf-8")
    cors = json.loads(rule.replace("https://app.example.com", origin))
    service.client().put_bucket_cors(Bucket=service.bucket, CORSConfiguration=cors)
    yield origin
    server.shutdown()
    server.server_close()


@pytest.fixture
def tab(chromium):
    """A page whose console may report a refusal."""
    with chromium.new_context() as context:
        yield context.new_page()


def bundled(folder, name: str, source: str) -> None:
    """A page that runs this, with the npm packages it imports."""
    packages = npm_packages()
    (folder / name).write_text(source, encoding="utf-8")
    command = [shutil.which("esbuild", path=packages / ".bin"), name, "--bundle", "--minify"]
    command += ["--jsx=automatic", "--outfile=bundle.js", "--log-level=error"]
    variables = os.environ | {"NODE_PATH": str(packages)}
    subprocess.run(command, cwd=folder, env=variables, check=True, timeout=60)
    page = '<!doctype html><meta charset="utf-8"><body><script src="bundle.js"></script>'
    (folder / "bundled.html").write_text(page, encoding="utf-8")


def stored(service) -> list[tuple[int, str]]:
    """Size and type of each object, all of which are Ann's."""
    keys = service.stored()
    assert all(key.startswith("incoming/ann/") for key in keys)
    heads = [service.client().head_object(Bucket=service.bucket, Key=key) for key in keys]
    return [(head["ContentLength"], head["ContentType"]) for head in heads]


def test_the_plain_page(site, service, tab):
    tab.goto(f"{site}/plain.html")
    choose, status = tab.get_by_label("File"), tab.get_by_role("status")
    choose.set_input_files(PICTURE)
    expect(status).to_have_text("Stored: 5 bytes.")
    assert tab.locator("progress").evaluate("(bar) => bar.value") == 1
    choose.set_input_files(PICTURE | {"name": "a.html", "mimeType": "text/html"})
    expect(status).to_have_text("Not stored: type_not_allowed")
    choose.set_input_files(PICTURE | {"buffer": bytes(11 * MIB)})
    expect(status).to_have_text("Not stored: too_large")
    assert stored(service) == [(5, "image/png")]


def test_the_plain_page_says_what_s3_refuses(site, service, tab):
    tab.goto(f"{site}/plain.html")
    # The page says 5 bytes and sends more than the form allows.
    tab.evaluate("() => Object.defineProperty(File.prototype, 'size', { get: () => 5 }) && 0")
    tab.get_by_label("File").set_input_files(PICTURE | {"buffer": bytes(11 * MIB)})
    expect(tab.get_by_role("status")).to_have_text("Not stored: EntityTooLarge")
    assert stored(service) == []
    service.client().delete_bucket_cors(Bucket=service.bucket)
    tab.get_by_label("File").set_input_files(PICTURE)
    expect(tab.get_by_role("status")).to_contain_text("the bucket's CORS rules")


def test_the_react_component(site, service, tab, tmp_path):
    bundled(tmp_path, "main.tsx", REACT)
    tab.goto(f"{site}/bundled.html")
    tab.get_by_label("File").set_input_files(PICTURE)
    expect(tab).to_have_title("Stored: 5 bytes.")
    tab.get_by_label("File").set_input_files(PICTURE | {"mimeType": "image/gif"})
    expect(tab.get_by_role("alert")).to_have_text("Only PNG, JPEG and PDF.")
    assert stored(service) == [(5, "image/png")]


def test_uppy_sends_a_form_and_parts(site, service, tab, tmp_path):
    bundled(tmp_path, "main.js", UPPY)
    tab.goto(f"{site}/bundled.html")
    tab.evaluate(OUTCOME)
    small = tab.evaluate(SEND, ["é cat.png", "image/png", 5])
    assert small == {"stored": [[5, "image/png"]], "failed": []}
    large = tab.evaluate(SEND, ["scan.pdf", "application/pdf", 6 * MIB])
    assert large == {"stored": [[6 * MIB, "application/pdf"]], "failed": []}
    assert sorted(stored(service)) == [(5, "image/png"), (6 * MIB, "application/pdf")]
    refused = tab.evaluate(SEND, ["a.html", "text/html", 5])
    assert refused == {"stored": [], "failed": ["type_not_allowed"]}


def test_uppy_resumes_what_was_cut_off(site, service, tab, tmp_path):
    bundled(tmp_path, "main.js", UPPY)
    tab.goto(f"{site}/bundled.html")
    tab.evaluate(OUTCOME)
    # Part 2 fails as often as Uppy tries.
    tab.evaluate(
        """() => {
            const open = XMLHttpRequest.prototype.open;
            window.sent = [];
            XMLHttpRequest.prototype.open = function (method, url) {
                const step = `${method} ${new URL(url).searchParams.get("partNumber") ?? ""}`;
                window.sent.push(step.trim());
                open.call(this, method, step === window.cut ? "http://127.0.0.1:9/" : url);
            };
            window.cut = "PUT 2";
            const wait = window.setTimeout;
            window.setTimeout = (call, time) => wait(call, Math.min(time, 50));
        }"""
    )
    first = tab.evaluate(SEND, ["scan.pdf", "application/pdf", 6 * MIB])
    assert first["stored"] == [] and len(first["failed"]) == 1
    assert stored(service) == []
    again = tab.evaluate(
        """async () => {
            [window.cut, window.sent] = ["", []];
            return [outcome(await uppy.retryAll()), window.sent];
        }"""
    )
    assert again[0] == {"stored": [[6 * MIB, "application/pdf"]], "failed": []}
    assert again[1] == ["GET", "PUT 2", "POST"], "it lists the parts, and sends the second alone"
