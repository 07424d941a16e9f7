"""A real Chromium, and a real JupyterLab in it."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, sync_playwright

from helpers.pages.upload_page.run import UploadPage
from helpers.setup import copies, environment, programs
from helpers.setup.doctor import find_chromium
from tests.browser.uploading import sign_in
from tests.programs import missing

# No request of the browser's own leaves the computer.
_QUIET = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
]
_START_SECONDS = 60


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Chromium, headless. A page of `chromium.new_context()` has a fresh profile."""
    path = find_chromium()
    if path is None:
        missing("no Chromium found: install it (Debian: apt install chromium), or set CHROME_PATH")
    as_root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*_QUIET, *as_root])
        yield browser
        browser.close()


def _jupyterlabs(error: Error) -> bool:
    """JupyterLab's own slip, seen once on a busy machine: its React takes a node away twice.

    Code of ours never calls removeChild, and would show in the stack as a blob.
    """
    stack = error.stack or ""
    return "'removeChild'" in error.message and "/static/lab/" in stack and "blob:" not in stack


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A page with a fresh profile, in which nothing may be reported as an error."""
    wrong: list[str] = []
    with chromium.new_context(viewport={"width": 1280, "height": 1000}) as context:
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        page = context.new_page()
        page.on("console", lambda message: message.type == "error" and wrong.append(message.text))
        page.on("pageerror", lambda error: _jupyterlabs(error) or wrong.append(error.stack))
        yield page
    assert wrong == []


@dataclass(frozen=True)
class JupyterLab:
    """A running JupyterLab, `folder` with its working copies."""

    url: str
    token: str
    folder: Path

    def at(self, name: str) -> JupyterLab:
        """The same, under another name of this computer."""
        return replace(self, url=self.url.replace("127.0.0.1", name))

    def open(self, page: Page, notebook: str) -> None:
        """Open a notebook and wait until its kernel is ready."""
        page.goto(f"{self.url}lab/tree/work/{notebook}?reset&token={self.token}")
        self.wait_for_kernel(page)

    def wait_for_kernel(self, page: Page) -> None:
        """Wait until the open notebook's kernel is ready. Ended before that, JupyterLab hangs."""
        page.wait_for_function(
            """() => {
                const app = window.jupyterapp;
                return app?.commands.hasCommand('notebook:run-all-cells')
                    && app.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle';
            }""",
            timeout=_START_SECONDS * 1000,
        )
        page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.ready")

    def run_all(self, page: Page) -> None:
        """Run every cell and wait for the last."""
        page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-all-cells')")

    def run_up_to(self, page: Page, line: str) -> None:
        """Run the code up to the first cell with that line, and that cell where it stands."""
        page.evaluate(
            """async (line) => {
                const { content, sessionContext } = window.jupyterapp.shell.currentWidget;
                const { kernel } = sessionContext.session;
                const cells = content.model.sharedModel.cells;
                const last = cells.findIndex(
                    (cell) => cell.cell_type === 'code' && cell.source.split('\\n').includes(line));
                for (const cell of cells.slice(0, last))
                    if (cell.cell_type === 'code')
                        await kernel.requestExecute({ code: cell.source }).done;
                content.activeCellIndex = last;
                await window.jupyterapp.commands.execute('notebook:run-cell');
            }""",
            line,
        )

    def run_first(self, page: Page) -> None:
        """Run the set-up cell again, for what comes after the last cell's clean-up."""
        page.evaluate(
            """async () => {
                const {content} = window.jupyterapp.shell.currentWidget;
                content.activeCellIndex = content.widgets.findIndex((c) => c.model.type === 'code');
                await window.jupyterapp.commands.execute('notebook:run-cell');
            }"""
        )

    def close(self, page: Page) -> None:
        """End the notebook's kernel, and with it the kernel's local S3."""
        page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")


@pytest.fixture(scope="session")
def jupyterlab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterLab]:
    """One JupyterLab for all tests of a process, as ``helpers lab`` starts it."""
    home = tmp_path_factory.mktemp("jupyterlab")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(copies, "WORK", home / "work")
        folder = copies.prepare()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    token = secrets.token_hex(16)
    rest = ["--allow-root", f"--IdentityProvider.token={token}"]
    rest += ["--LabApp.expose_app_in_browser=True"]
    options = Namespace(ip=None, port=port, no_browser=True, rest=rest)
    command = programs.lab(sys.executable, folder, options)
    variables = environment.child_variables(sys.executable)
    variables |= {"S3_LESSONS_PROGRESS": "off", "JUPYTER_CONFIG_DIR": str(home / ".config")}
    with open(folder / "jupyterlab.log", "wb") as log:
        server = subprocess.Popen(command, env=variables, stdout=log, stderr=log, cwd=home)
    lab = JupyterLab(f"http://127.0.0.1:{port}/", token, folder)
    try:
        _wait(lab, server)
        yield lab
    finally:
        server.terminate()
        try:
            server.wait(timeout=30)
        finally:
            server.kill()


def _wait(lab: JupyterLab, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            request = urllib.request.Request(
                f"{lab.url}api", headers={"Authorization": f"token {lab.token}"}
            )
            with urllib.request.urlopen(request, timeout=5) as answer:
                json.load(answer)
                return
        except OSError:
            time.sleep(0.1)  # it is starting: there is nothing else to wait for
    log = (lab.folder / "jupyterlab.log").read_text(encoding="utf-8", errors="replace")
    raise AssertionError(f"JupyterLab did not start:\n{log[-2000:]}")


@pytest.fixture
def upload_page(service) -> Iterator[UploadPage]:
    made = UploadPage(service.lab())
    yield made
    made.stop()


@pytest.fixture
def context(chromium) -> Iterator[BrowserContext]:
    """A fresh profile."""
    with chromium.new_context() as made:
        yield made


@pytest.fixture
def browser_page(context, upload_page) -> Page:
    """The page, signed in, in a fresh profile."""
    page = context.new_page()
    sign_in(page, upload_page)
    return page
