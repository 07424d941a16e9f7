"""Adds compiled modules to the wheels and to the standard library in ``/folder``.

Runs in Pyodide, whose Python is another than the one that builds the site. Without it the browser
compiles some 900 modules each time that a kernel starts, which is half of what a start takes.

Only what the lessons import is compiled: the rest would double the folder. To find it, every
module of this project is imported here. The sources stay, for tracebacks and for `inspect`.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import py_compile
import site
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

FOLDER = Path("/folder")
SITE = Path(site.getsitepackages()[0])
STDLIB = Path(os.__file__).parent  # a zip
# The kernel, and what it, Pyodide's loader and boto3 import only when they run.
KERNEL = (
    "pyodide_kernel",
    "piplite.piplite",
    "IPython.core.debugger",
    "IPython.core.logger",
    "tarfile",
    "boto3.s3.inject",
)
_MOMENT = (2026, 1, 1, 0, 0, 0)  # the same bytes from the same files


def import_all() -> set[str]:
    """Import the kernel and all of this project; returns the files that were read for it."""
    for name in KERNEL:
        importlib.import_module(name)
    for package in ("helpers", "strict_s3"):
        for path in (SITE / package).rglob("*.py"):
            module = ".".join(path.relative_to(SITE).with_suffix("").parts)
            if path.stem != "__main__":
                try:
                    importlib.import_module(module.removesuffix(".__init__"))
                except ImportError:
                    """It needs what is not in a browser, such as pytest: no lesson imports it."""
    specs = [getattr(module, "__spec__", None) for module in tuple(sys.modules.values())]
    return {spec.origin for spec in specs if spec and spec.origin}


def add(archive: Path, root: Path, read: set[str], compiled: Callable[[str], str]) -> None:
    """Add to `archive` the compiled form of what was `read` from `root`, which it was unpacked to.

    It is never compared with its source when it is loaded: both come in the same file.
    """
    with zipfile.ZipFile(archive, "a", zipfile.ZIP_DEFLATED, compresslevel=9) as into:
        for name in into.namelist():
            if f"{root}/{name}" in read:
                Path("source.py").write_bytes(into.read(name))
                py_compile.compile(
                    "source.py",
                    "compiled.pyc",
                    dfile=f"{root}/{name}",
                    doraise=True,
                    invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
                )
                entry = zipfile.ZipInfo(compiled(name), _MOMENT)
                entry.external_attr = 0o644 << 16
                into.writestr(entry, Path("compiled.pyc").read_bytes(), zipfile.ZIP_DEFLATED)


wheels = sorted(FOLDER.glob("*.whl"))
for wheel in wheels:
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(SITE)
files = import_all()
for wheel in wheels:
    add(wheel, SITE, files, importlib.util.cache_from_source)
# A module in a zip is looked for there, beside its source.
add(FOLDER / "python_stdlib.zip", STDLIB, files, lambda name: f"{name}c")
