"""Clients that nobody here wrote."""

from __future__ import annotations

import subprocess
from pathlib import Path

JS = Path(__file__).parent / "js"


def run(command: list[str], **more) -> subprocess.CompletedProcess[str]:
    """A client's run: text in, text out, at most a minute."""
    return subprocess.run(command, capture_output=True, text=True, timeout=60, **more)
