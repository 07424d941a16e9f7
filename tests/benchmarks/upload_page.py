"""A large file through the upload page: memory of everybody involved, and how smooth progress is.

    python3 -m tests.benchmarks.upload_page [--mib 1024]

Starts the page as ``helpers page`` does, and a Chromium; uploads one file of that size by POST, by
PUT and in parts, and prints for each process what it had before and at most.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from itertools import pairwise
from pathlib import Path

import psutil
from playwright.sync_api import Page, expect, sync_playwright

from helpers.setup import environment
from helpers.setup.doctor import find_chromium

MIB = 1024 * 1024
_EVERY = 0.2  # seconds between looks at the processes
# `helpers page`, with files in parts from another size on.
_PAGE = """
import functools, sys
from helpers.pages.upload_page import run
run.Limits = functools.partial(run.Limits, parts_from=int(sys.argv[2]) * run.MIB)
sys.exit(run.main(0, int(sys.argv[1])))
"""
# How far the bar is, every 50 ms, while it is shown.
_WATCH = """() => {
    window.seen = [];
    setInterval(() => {
        const bar = document.querySelector("li.sending progress");
        if (bar) window.seen.push([performance.now(), bar.value]);
    }, 50);
}"""


class Peaks:
    """The most memory (unique set size, bytes) that each group of processes had."""

    def __init__(self, groups: dict[str, list[psutil.Process]]) -> None:
        self._groups, self._done = groups, threading.Event()
        self.before = {name: _memory(group) for name, group in groups.items()}
        self.most = dict(self.before)
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Peaks:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(_EVERY):
            for name, group in self._groups.items():
                self.most[name] = max(self.most[name], _memory(group))


def _memory(group: list[psutil.Process]) -> int:
    total = 0
    for process in group:
        try:
            total += process.memory_full_info().uss
        except psutil.Error:
            continue
    return total


def main(mib: int) -> None:
    """Print a line for each way of sending, and one for each group of processes."""
    as_root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = Path(folder, "large.zip")
        with path.open("wb") as made:
            for _ in range(mib):
                made.write(os.urandom(MIB))
        for how in ("post", "put", "parts"):
            browser = playwright.chromium.launch(
                executable_path=find_chromium(), args=["--disable-gpu", *as_root]
            )
            command = [
                sys.executable,
                "-c",
                _PAGE,
                str(mib),
                str(mib - 1 if how == "parts" else mib),
            ]
            server = subprocess.Popen(
                command,
                cwd=environment.PROJECT,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
            try:
                url, code = _told(server)
                page = browser.new_page()
                page.goto(f"{url}#code={code}")
                expect(page.get_by_label("Choose files")).to_be_visible()
                page.evaluate(_WATCH)
                _send(page, server, path, how, mib)
            finally:
                server.terminate()
                server.wait()
                browser.close()


def _told(server: subprocess.Popen[str]) -> tuple[str, str]:
    said = ""
    for line in server.stdout or ():
        said += line
        if found := re.search(r"Upload page: (\S+)\n.*this code:\s+(\S+)\s", said):
            return found[1], found[2]
    raise SystemExit(f"The page did not start: {said}")


def _send(page: Page, server: subprocess.Popen[str], path: Path, how: str, mib: int) -> None:
    ours = psutil.Process()
    groups = {
        "page's server": [psutil.Process(server.pid)],
        "local S3": psutil.Process(server.pid).children(recursive=True),
        "Chromium": [p for p in ours.children(recursive=True) if "chrom" in p.name()],
    }
    if how != "parts":
        page.check(f"input[value={how}]")
    page.set_input_files("#files", path)
    page.evaluate("() => { window.seen.length = 0; }")
    with Peaks(groups) as peaks:
        began = time.perf_counter()
        page.get_by_role("button", name="Upload").click()
        done = page.locator("li.done, li.failed")
        expect(done).to_have_count(1, timeout=600_000)
        seconds = time.perf_counter() - began
    said = page.locator("li .state").inner_text()
    if not said.startswith("Stored"):
        raise SystemExit(f"{how}: {said}")
    seen: list[list[float]] = page.evaluate("() => window.seen")
    steps = [after[1] - before[1] for before, after in pairwise(seen)]
    moved = [moment for (moment, _), step in zip(seen[1:], steps, strict=True) if step > 0]
    pause = max((b - a for a, b in pairwise(moved)), default=0.0)
    backwards = sum(step < 0 for step in steps)
    print(
        f"{how.upper()} of {mib} MiB: {seconds:.1f} s, {mib / seconds:.0f} MiB/s; bar: "
        f"{len(moved)} steps, longest pause {pause:.0f} ms, largest step "
        f"{max(steps, default=0) / (mib * MIB):.1%}, backwards {backwards}"
    )
    for name, most in peaks.most.items():
        before = peaks.before[name]
        print(f"  {name}: {before / MIB:.0f} MiB before, at most {most / MIB:.0f} MiB")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mib", type=int, default=1024)
    main(parser.parse_args().mib)
