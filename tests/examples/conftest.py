"""The examples that learners take along: run as they run them, in a process of their own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from helpers.files import PROJECT
from tests.programs import missing, program

EXAMPLES = PROJECT / "notebooks" / "examples"
BACKENDS = sorted(EXAMPLES.glob("backends/*_app.*"))
TESTS = [EXAMPLES / "test_contract.py", EXAMPLES / "test_sign.py"]
REGIONS = ["eu-west-2", "us-east-1"]
NODE_MODULES = PROJECT / "tests" / "clients" / "js" / "node_modules"


def npm_packages() -> Path:
    """Where tests/clients/js has them. Without Node.js or them the test skips; in CI it fails."""
    program("node", "install Node.js 20 or newer")
    if not (NODE_MODULES / ".bin").is_dir():
        missing(f"the JavaScript packages are not installed: npm ci --prefix {NODE_MODULES.parent}")
    return NODE_MODULES


@dataclass(frozen=True)
class Outcome:
    """Of one run of the contract's tests."""

    passed: int
    skipped: int
    failed: dict[str, set[str]]  # {backend: names of tests}
    text: str


def contract(region: str, *arguments: str | Path) -> Outcome:
    """Run the contract's tests, with warnings as errors, as all tests here."""
    command = [sys.executable, "-m", "pytest", "-p", "strict_s3.pytest_plugin", "-q", "--tb=line"]
    command += ["-p", "no:cacheprovider", "-o", f"strict_s3_region={region}", *map(str, arguments)]
    # The plugin of an installed strict-s3 would be there twice.
    environment = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    environment |= {"EXAMPLES_NODE_MODULES": str(NODE_MODULES), "PYTHONPATH": str(PROJECT)}
    done = subprocess.run(
        [*command, "-rfE", *TESTS],
        env=environment,
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    failed: dict[str, set[str]] = {}
    for name, backend in re.findall(r"^(?:FAILED|ERROR) \S+::(\w+)\[(\w+)-", done.stdout, re.M):
        failed.setdefault(backend, set()).add(name)
    counts = {word: int(n) for n, word in re.findall(r"(\d+) (passed|skipped)", done.stdout)}
    text = done.stdout + done.stderr
    return Outcome(counts.get("passed", 0), counts.get("skipped", 0), failed, text)
