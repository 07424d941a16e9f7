"""For maintainers: resolve pyproject.toml into three locks with hashes, and one file for conda."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys

from helpers.setup.environment import LOCK, PROJECT, SITE_LOCK, TEST_LOCK

ENVIRONMENT = os.path.join(PROJECT, "environment.yml")
_HEADER = """\
# conda env create -f environment.yml
# The versions are those of requirements.lock; conda's own section for pip takes no hashes.
name: s3-presigned-urls
channels:
  - conda-forge
dependencies:
  - python=3.12
  - pip
  - pip:
"""


def renew() -> int:
    """Write the newest versions that pyproject.toml allows; needs uv and the network.

    The packages of the tests and of the site are resolved with the learner's versions as
    constraints, and their locks hold only what the learner's lacks. Returns the exit status.
    """
    uv = shutil.which("uv")
    if uv is None:
        print("uv is needed to renew the locks: pip install uv", file=sys.stderr)
        return 1
    command = [uv, "pip", "compile", "pyproject.toml", "--universal", "--generate-hashes"]
    command += ["--python-version", "3.11", "--no-emit-index-url", "--no-annotate", "--upgrade"]
    command += ["--custom-compile-command", "python3 -m helpers lock", "--quiet"]
    command += ["--group", "lessons"]
    status = subprocess.call([*command, "--output-file", LOCK], cwd=PROJECT)
    more = {"test": TEST_LOCK, "site": SITE_LOCK}
    for group, path in more.items():
        options = ["--group", group, "--constraints", LOCK, "--output-file", path]
        status = status or subprocess.call([*command, *options], cwd=PROJECT)
    if status == 0:
        lock = _read(LOCK)
        for path in more.values():
            _write(path, without(_read(path), lock))
        _write(ENVIRONMENT, environment_yml(lock))
    return status


def without(text: str, other: str) -> str:
    """A lock without the pins of another one, each with its marker and its hashes."""
    blocks = [re.split(r"\n(?=\S)", lock.strip()) for lock in (text, other)]
    return "\n".join(b for b in blocks[0] if b.startswith("#") or b not in blocks[1]) + "\n"


def environment_yml(lock: str) -> str:
    """environment.yml's text for a lock's text."""
    pins = re.findall(r"^([A-Za-z0-9][^\\\n#]*==[^\\\n]*?)\s*\\?$", lock, re.M)
    # uv writes markers with single quotes.
    lines = [f'      - "{pin}"' if ";" in pin else f"      - {pin}" for pin in pins]
    return _HEADER + "\n".join(lines) + "\n"


def _read(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        return file.read()


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        file.write(text)
