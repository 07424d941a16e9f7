"""An S3 and pages inside the reader's browser: JupyterLite, where Python runs in a worker.

Python reaches them in the same process. What the browser itself sends (an uploader, a link in a
tab of its own) is caught by the site's service worker, `setup/site/service-worker.js`, and comes
here as a message.
"""

from __future__ import annotations

import io
import os
import secrets
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any

import js  # type: ignore[import-not-found]
from pyodide.ffi import create_proxy, to_js  # type: ignore[import-not-found]
from tqdm import tqdm

from helpers.address.style import path_style
from strict_s3 import Server, in_process
from strict_s3.in_memory import Handle
from strict_s3.inprocess import handler, mount
from strict_s3.rules.request import Request
from strict_s3.server.http.head import may_have_body

CHANNEL = "s3-lessons"  # the service worker's name for it


def open_s3() -> Server:
    """An S3 in this process, at an address below the site's own that this kernel alone has."""
    tqdm.monitor_interval = 0  # its monitor would be a thread
    ThreadPoolExecutor.submit = _run_now  # type: ignore[method-assign]
    # There is no machine whose metadata boto3 could ask for credentials.
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
    address = new_address("s3")
    server = in_process(public_url=address.rstrip("/"))
    listen(address, handler(server))
    server.endpoint_url = address.rstrip("/")
    path_style()
    return server


def note() -> str:
    """What `connect` says where a browser allows no service worker."""
    if js.self.isSecureContext:
        return ""
    return (
        "\nLinks open in Python only, and no uploader reaches S3: for those your browser wants "
        "this site at an https:// address."
    )


def _run_now(pool: Executor, call: Callable[..., Any], /, *rest: Any, **more: Any) -> Future[Any]:
    """A browser's Python can start no thread: what is submitted runs at once, in turn."""
    future: Future[Any] = Future()
    try:
        future.set_result(call(*rest, **more))
    except Exception as problem:
        future.set_exception(problem)
    return future


def site() -> str:
    """The address of the site's JupyterLite, without a slash at its end."""
    return str(js.self.location.href).rpartition("/extensions/")[0]


def new_address(room: str) -> str:
    """An address of the site that nobody else has: ``https://…/s3/1f2e3d4c/``.

    The service worker knows the rooms "s3" and "page".
    """
    return f"{site()}/{room}/{secrets.token_hex(4)}/"


def open_page(to_browser: Handle, to_python: Handle) -> tuple[str, Callable[[], None]]:
    """Serve a page at an address of its own, to the browser and to Python; and how to end it."""
    address = new_address("page")
    ends = [listen(address, to_browser), mount(address, to_python)]

    def stop() -> None:
        while ends:
            ends.pop()()

    return address, stop


def listen(address: str, handle: Handle) -> Callable[[], None]:
    """Answer what the browser asks of URLs that begin with `address`; returns how to end it.

    It happens between cells: while one runs, Python does nothing else.
    """
    channel = js.BroadcastChannel.new(CHANNEL)

    def received(event: Any) -> None:
        asked = event.data
        if asked.kind != "request" or not asked.url.startswith(address):
            return
        body = io.BytesIO(asked.body.to_bytes() if asked.body else b"")
        headers = [(str(name), str(value)) for name, value in asked.headers.to_py()]
        # A browser names the length only when it sends.
        headers.append(("content-length", str(body.getbuffer().nbytes)))
        response = handle(Request.build(asked.method, asked.url, headers), body.read)
        data = response.body if isinstance(response.body, bytes) else b"".join(response.body)
        if may_have_body(response):
            length = len(data) if response.length is None else response.length
            response.add([("content-length", str(length))])
        message = {"kind": "response", "id": asked.id, "status": response.status}
        message["headers"] = [list(header) for header in response.headers]
        message["body"] = b"" if asked.method == "HEAD" else data
        channel.postMessage(to_js(message, dict_converter=js.Object.fromEntries))

    heard = create_proxy(received)
    channel.onmessage = heard

    def stop() -> None:
        channel.close()
        heard.destroy()

    return stop
