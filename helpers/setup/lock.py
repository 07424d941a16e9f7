"""For maintainers: one resolution, written with hashes for pip and uv, without for conda."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys

from helpers.setup.environment import LOCK, PROJECT

ENVIRONMENT = os.path.join(PROJECT, "environment.yml")
_HEADER = """\
# conda env create -f environment.yml
# The versions are those of requirements.lock. The hashes are left out: conda gives pip this whole
# list in one call, and pip then refuses to install the project itself ("-e .") beside hashes.
name: s3-presigned-urls
channels:
  - conda-forge
dependencies:
  - python>=3.11,<3.14
  - pip
  - pip:
"""


def renew() -> int:
    """Resolve pyproject.toml again and write both files. Needs uv and the network."""
    uv = shutil.which("uv")
    if uv is None:
        print("uv is needed to renew the lock: pip install uv", file=sys.stderr)
        return 1
    command = [uv, "pip", "compile", "pyproject.toml", "--universal", "--generate-hashes"]
    command += ["--python-version", "3.11", "--no-emit-index-url", "--no-annotate", "--upgrade"]
    command += ["--custom-compile-command", "python3 -m helpers lock", "--output-file", LOCK]
    status = subprocess.call(command, cwd=PROJECT, stdout=subprocess.DEVNULL)
    if status == 0:
        with open(LOCK, encoding="utf-8") as file:
            text = environment_yml(file.read())
        with open(ENVIRONMENT, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
    return status


def environment_yml(lock: str) -> str:
    """environment.yml's text for a lock's text."""
    pins = re.findall(r"^([A-Za-z0-9][^\\\n#]*==[^\\\n]*?)\s*\\?$", lock, re.M)
    lines = [f'      - "{pin.strip()}"' if ";" in pin else f"      - {pin.strip()}" for pin in pins]
    # A marker has its own double quotes or single quotes; YAML gets the other kind around it.
    lines = [
        line.replace('"', "'", 1)[:-1] + "'" if line.count('"') > 2 else line for line in lines
    ]
    return _HEADER + "\n".join(lines) + "\n      - -e .\n"
