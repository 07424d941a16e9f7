"""The lessons in JupyterLite: a folder of files in which a browser runs them by itself."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from nbformat import v4

from helpers.errors import EnvironmentProblem
from helpers.setup import copies
from helpers.setup.copies import without_outputs
from helpers.setup.site import pyodide

HERE = Path(__file__).parent
CORS = HERE.parents[1] / "pages" / "cors_bench" / "static" / "cors.js"
_KERNEL = "@jupyterlite/pyodide-kernel-extension:kernel"
# Pyodide loads these while it starts, so that the kernel doesn't look for them one by one.
_AT_START = ["micropip", "packaging", "piplite", "ipykernel", "comm", "pyodide-kernel", "jedi"]
_AT_START += ["ipython", "helpers"]
# Lessons that a browser can't run, and why.
TO_READ = {
    "12-take-it-to-work.ipynb": (
        "This lesson starts programs: a web framework and its tests. A browser can't. "
        "Here are its results; run it on your own computer."
    )
}
SETTINGS = {
    "jupyter-lite-schema-version": 0,
    "jupyter-config-data": {
        "appName": "S3 presigned URLs, hands-on",
        "appUrl": "./tree",
        "exposeAppInBrowser": True,
        # There is no server; a lesson of this site would say "Not Trusted" until it has run; the
        # logo is a link without a name.
        "disabledExtensions": [
            "@jupyterlite/notebook-application-extension:logo",
            "@jupyterhub/jupyter-server-proxy",
            "@jupyter-notebook/notebook-extension:trusted",
        ],
        "litePluginSettings": {
            _KERNEL: {
                "pyodideUrl": "./static/pyodide/pyodide.mjs",
                "disablePyPIFallback": True,
                "pipliteUrls": [],
                "loadPyodideOptions": {"packages": _AT_START},
            }
        },
    },
}


def build(output: Path, scratch: Path, lessons: list[Path]) -> None:
    """Write the site into `output`, a new folder; `scratch` is for what is needed meanwhile.

    Raises `EnvironmentProblem` if JupyterLite can't build it, or if it would ask another host.
    """
    source = scratch / "source"
    pyodide.collect(source / "static" / "pyodide", Path(sys.prefix))
    files = source / "files"
    files.mkdir()
    for path in lessons:
        # Not as JSON: JupyterLite shows a text that is stored as a list of lines with commas.
        notebook = v4.reads(text_of(path))
        if path.name in TO_READ:
            _say_why_not(notebook, TO_READ[path.name])
        else:
            notebook = without_outputs(notebook)
        (files / path.name).write_text(json.dumps(notebook), encoding="utf-8")
    bring_along(lessons[0].parent, files)
    shutil.copyfile(
        lessons[0].parent / copies.ARTICLE, files / copies.ARTICLE
    )  # lesson 00 links to it
    pictures = files / "images"
    pictures.mkdir()
    for path in (lessons[0].parent / "images").glob("*.*"):
        data = path.read_bytes()
        if path.suffix == ".svg":  # JupyterLite shows no picture of text beyond Latin-1
            data = data.decode().encode("ascii", "xmlcharrefreplace")
        (pictures / path.name).write_bytes(data)
    (source / "jupyter-lite.json").write_text(json.dumps(SETTINGS), encoding="utf-8")
    shutil.copyfile(HERE / "overrides.json", source / "overrides.json")
    command = [sys.executable, "-m", "jupyterlite_core", "build", "--no-sourcemaps"]
    command += ["--lite-dir", str(source), "--output-dir", str(output)]
    done = subprocess.run(command, cwd=scratch, capture_output=True, text=True)
    if done.returncode:
        raise EnvironmentProblem(
            f"JupyterLite can't build the site:\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
        )
    theirs = output / "service-worker.js"
    parts = [CORS, HERE / "service-worker.js", theirs]
    theirs.write_bytes(b"".join(part.read_bytes() for part in parts))
    _check(output)


def text_of(path: Path) -> str:
    """A lesson's JSON or a paper, without its links out of their folder: the site ends there."""
    return re.sub(r"\[([^\[\]]+)\]\(\.\./[^)]*\)", r"\1", path.read_text(encoding="utf-8"))


def bring_along(lessons: Path, folder: Path) -> None:
    """Copy the files that lessons link to, beside the pages and the other lessons."""
    shutil.copyfile(lessons / copies.RUNBOOK, folder / copies.RUNBOOK)
    own = shutil.ignore_patterns("__pycache__", "node_modules", ".*")  # caches of tools
    shutil.copytree(lessons / copies.EXAMPLES, folder / copies.EXAMPLES, ignore=own)


def _say_why_not(notebook: dict[str, Any], why: str) -> None:
    """Make a lesson that can't run here one to read: its outputs stay, its code is locked."""
    first = notebook["cells"][0]
    title, _, rest = "".join(first["source"]).partition("\n")
    first["source"] = f"{title}\n\n> **To read, not to run.** {why}\n{rest}"
    for cell in notebook["cells"]:
        cell["metadata"] = {**cell["metadata"], "editable": False}


def _check(output: Path) -> None:
    """That the kernel starts from this folder. JupyterLite's default is a public host.

    It falls back on that without a word, for instance if it takes an old patch for a new one.
    """
    text = (output / "jupyter-lite.json").read_text(encoding="utf-8")
    plugin = json.loads(text)["jupyter-config-data"]["litePluginSettings"].get(_KERNEL, {})
    if plugin.get("pyodideUrl") != "./static/pyodide/pyodide.mjs":
        raise EnvironmentProblem(
            f"The site in {output} would load Python from {plugin.get('pyodideUrl')}. Delete the "
            "folder and build it again."
        )
