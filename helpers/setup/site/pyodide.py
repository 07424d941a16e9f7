"""The folder that a Python in the browser starts from: Pyodide, the wheels, and their list.

Everything is in it. pyodide-lock.json names these wheels and no other, so nothing is ever asked
of another host.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from importlib.metadata import PackageNotFoundError
from pathlib import Path

from helpers.errors import EnvironmentProblem
from helpers.setup.environment import PROJECT
from helpers.setup.site import wheels

HERE = Path(__file__).parent
RUNTIME = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip")
# What the lessons import, by the packages' names.
LESSONS = [
    *["anywidget", "boto3", "defusedxml", "flask", "ipywidgets", "markupsafe", "python-dotenv"],
    *["pyyaml", "requests", "sortedcontainers", "tqdm", "traitlets", "werkzeug"],
]
KERNEL = ["ipython", "comm", "jedi", "packaging"]
# Only a lesson that imports it waits for it.
MOTO = ["moto"]
STUB = HERE / "names_only.py"
CRC = HERE / "crc.py"
# Where the wheels of JupyterLite's kernel are, below the environment's folder.
KERNEL_WHEELS = "share/jupyter/labextensions/@jupyterlite/pyodide-kernel-extension/static/pypi"
# Installs nothing. JupyterLite's own would ask PyPI.
PIPLITE = b'''\
"""Stands where JupyterLite's package installer is: this site has all that its lessons need."""

_PIPLITE_DISABLE_PYPI = True
_PIPLITE_URLS = []


async def install(requirements, *rest, **more):
    """Raises RuntimeError: nothing is installed from the network."""
    raise RuntimeError(
        f"{requirements} can't be installed here: this page never asks another host for "
        "anything. Install the lessons on your own computer to add packages."
    )
'''


def collect(folder: Path, environment: Path) -> int:
    """Fill `folder` with Pyodide, the wheels and pyodide-lock.json; returns the bytes.

    `environment` is the one that this runs in (sys.prefix). Raises `EnvironmentProblem` if
    something is missing.
    """
    folder.mkdir(parents=True)
    npm = runtime()
    for name in RUNTIME:
        shutil.copyfile(npm / name, folder / name)
    made = [
        wheels.of_folder("strict-s3", _sources("strict_s3"), folder, ENGINE),
        wheels.of_folder(
            "helpers", _sources("helpers") | _beside(), folder, [*LESSONS, "strict-s3", "anycrc"]
        ),
        # Not needed by strict-s3: the page that only explains allows no script to be made of text.
        wheels.of_folder("anycrc", {"anycrc.py": CRC.read_bytes()}, folder, []),
        wheels.of_folder(
            "cryptography", {"cryptography/__init__.py": STUB.read_bytes()}, folder, []
        ),
        wheels.of_folder(
            "micropip", {"micropip.py": b""}, folder, []
        ),  # piplite's would ask for it
        wheels.of_folder(
            "piplite", {"piplite/__init__.py": b"", "piplite/piplite.py": PIPLITE}, folder, []
        ),
    ]
    there = {wheel.name for wheel in made}
    try:
        installed = wheels.closure([*LESSONS, *KERNEL, *MOTO], there)
    except PackageNotFoundError as missing:
        raise EnvironmentProblem(
            f"{missing}. The site is built with the packages of requirements-site.lock; start "
            "it with python3 -m helpers site."
        ) from None
    made += [wheels.of_installed(package, folder) for package in installed.values()]
    for path in sorted((environment / KERNEL_WHEELS).glob("*.whl")):
        if path.name.startswith(("ipykernel-", "pyodide_kernel-")):
            made.append(wheels.ready_made(Path(shutil.copy(path, folder))))
    _compile(npm, folder)
    lock = json.loads((npm / "pyodide-lock.json").read_text(encoding="utf-8"))
    names = {wheel.name for wheel in made}
    packages = {wheel.name: wheel.entry() for wheel in sorted(made, key=lambda wheel: wheel.name)}
    for entry in packages.values():
        entry["depends"] = [name for name in entry["depends"] if name in names]  # type: ignore[attr-defined]
    text = json.dumps({"info": lock["info"], "packages": packages}, indent=1)
    (folder / "pyodide-lock.json").write_text(text, encoding="utf-8")
    return sum(path.stat().st_size for path in folder.iterdir())


ENGINE = ["boto3", "defusedxml", "pyyaml", "requests", "sortedcontainers", "tqdm", "werkzeug"]


def runtime() -> Path:
    """Pyodide's folder, with the version that JupyterLite's kernel is made for; npm brings it."""
    found = HERE / "npm" / "node_modules" / "pyodide"
    if not (found / "pyodide.asm.wasm").exists():
        npm = shutil.which("npm")
        if npm is None:
            raise EnvironmentProblem(
                "Pyodide, the Python for browsers, comes from npm, which is not installed "
                "here. Install Node.js (https://nodejs.org) and start again."
            )
        command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        done = subprocess.run([*command, "--prefix", HERE / "npm"], capture_output=True, text=True)
        if done.returncode:
            said = done.stderr.strip()[-800:]
            raise EnvironmentProblem(f"npm could not download Pyodide:\n{said}")
    return found


def _compile(pyodide: Path, folder: Path) -> None:
    """Add compiled modules to what is in `folder`: Node runs the Python that will load them."""
    node = shutil.which("node")
    if node is None:
        raise EnvironmentProblem(
            "The site's Python modules are compiled by Node.js, which is not installed here (npm "
            "is). Install it from https://nodejs.org and start again."
        )
    command = [node, str(HERE / "compile.mjs"), str(pyodide), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise EnvironmentProblem(
            f"Node can't compile the site's Python modules:\n{done.stderr.strip()[-2000:]}"
        )


def _sources(package: str) -> dict[str, bytes]:
    """The files of a package of this project, without what only the commands need."""
    root = Path(PROJECT)
    skipped = {"__pycache__", "node_modules", "setup"}
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted((root / package).rglob("*"))
        if path.is_file() and not skipped & set(path.relative_to(root).parts)
    }


def _beside() -> dict[str, bytes]:
    """What lessons look at beside the package helpers."""
    policies = sorted((Path(PROJECT) / "notebooks/examples/policies").glob("*.json"))
    paths = [Path(PROJECT) / ".gitignore", *policies]
    return {path.relative_to(PROJECT).as_posix(): path.read_bytes() for path in paths}
