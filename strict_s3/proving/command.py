"""The command ``prove``: tables of expectations, on a terminal and in CI."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..errors import OptionError, ProveError
from ..options import Options
from ..output import cannot_write, show_any_character
from .proof import prove
from .report import report
from .results import Proof

PATTERN = "*.prove.yaml"
_SKIPPED = {"node_modules", "site-packages", "__pycache__"}


def parser(prog: str) -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(
        prog=prog,
        description="Makes what policies, a CORS file, a CloudFormation or SAM template or "
        "Terraform's JSON describe in a strict S3 of its own, sends one request for each row of a "
        "table of expectations, and says which statement decided. Offline.",
        epilog="Exit status: 0 every row is as expected, 1 a row is not or can't be told (or the "
        "report could not be written), 2 a table or a file that it names can't be read, or AWS "
        "would refuse it, 141 the reader closed the pipe.",
    )
    top.add_argument(
        "paths",
        nargs="+",
        metavar="PATH",
        help=f"a table (YAML), or a folder: all files below it named {PATTERN}",
    )
    top.add_argument("--quiet", "-q", action="store_true", help="only rows not as expected")
    top.add_argument("--json", action="store_true", help="the results as JSON, for programs")
    top.add_argument("--region", default="", help="used instead of the tables' own region")
    return top


def main(arguments: list[str], prog: str = "strict-s3 prove") -> int:
    """Run the command; returns the exit status, which the parser's epilog lists."""
    options = parser(prog).parse_args(arguments)
    show_any_character()
    proofs: list[Proof] = []
    problems: list[str] = []
    try:
        if options.region:
            Options(region=options.region)
        if "" in options.paths:  # a variable without a value, perhaps
            raise ProveError("A path is empty. Name a table or a folder; . is this one.")
        paths = [path for given in options.paths for path in tables(Path(given))]
    except (OptionError, ProveError) as problem:
        return _write([], [str(problem)], options)
    for path in paths:
        try:
            proofs.append(prove(path, region=options.region))
        except ProveError as problem:
            problems.append(str(problem))
    return _write(proofs, problems, options)


def tables(path: Path) -> Iterator[Path]:
    """The tables that a path names. Raises `ProveError` if it is a folder without any."""
    if not path.is_dir():
        yield path
        return
    found = sorted(
        each
        for each in path.rglob(PATTERN)
        if not any(
            part in _SKIPPED or part.startswith(".") for part in each.relative_to(path).parts
        )
    )
    if not found:
        raise ProveError(f"Below {path} there is no file named {PATTERN}. Name a table.")
    yield from found


def _write(proofs: list[Proof], problems: list[str], options: argparse.Namespace) -> int:
    status = 2 if problems else int(not all(proof.passed for proof in proofs))
    try:
        if options.json:
            value: dict[str, Any] = {"proofs": [proof.as_dict() for proof in proofs]}
            value["problems"] = problems
            print(json.dumps(value, ensure_ascii=False, indent=2), flush=True)
        else:
            for proof in proofs:
                print(
                    report(proof, options.quiet), end="\n" if options.quiet else "\n\n", flush=True
                )
    except OSError as problem:
        return cannot_write(problem)
    if not options.json:
        for text in problems:
            print(text, file=sys.stderr)
    return status
