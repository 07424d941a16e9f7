"""``python3 -m helpers presign get --keys keys.txt > urls.txt``: a URL for each line.

Line n of the output belongs to line n of the input: where a line holds no key that can be signed,
the output has an empty line, standard error says why, and the exit status is 1.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Iterator
from contextlib import closing
from typing import BinaryIO

from tqdm import tqdm

from helpers.settings import SettingsError, load_settings

from ..errors import PresignError
from ..output import cannot_write
from .presigner import Credentials, Presigner
from .workers import BLOCK, MOST_WORKERS, Job, signed

_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
_MARK = b"\xef\xbb\xbf"  # at the beginning of a file: as Windows marks UTF-8


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(
        prog="python3 -m helpers presign", description="A presigned URL for each key of a list."
    )
    top.add_argument("method", choices=["get", "put"], help="to download, or to upload")
    top.add_argument(
        "--keys", required=True, metavar="FILE", help="a key a line, UTF-8; - for standard input"
    )
    top.add_argument(
        "--expires", default="15m", metavar="LIFE", help="900, 15m, 2h or 7d (default 15m)"
    )
    top.add_argument("--bucket", help="default: S3_BUCKET")
    top.add_argument("--region", help="default: S3_REGION")
    top.add_argument("--endpoint", metavar="URL", help="default: S3_ENDPOINT_URL, or AWS")
    top.add_argument("--addressing", choices=["auto", "virtual", "path"], default="auto")
    top.add_argument(
        "--query",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a parameter, such as response-content-type=text/plain; may be repeated",
    )
    top.add_argument(
        "--header",
        action="append",
        default=[],
        metavar="NAME:VALUE",
        help="a header that the client must send, such as content-type:image/png; may be repeated",
    )
    top.add_argument(
        "--workers",
        type=int,
        default=1,
        metavar="N",
        help="processes that sign (default 1); as many as there are processors is quickest",
    )
    top.epilog = (
        "Signs with the keys of .env, or of the environment variables S3_ACCESS_KEY, "
        "S3_SECRET_KEY and S3_SESSION_TOKEN if the first is set (then S3_BUCKET, S3_REGION and "
        "S3_ENDPOINT_URL are the environment's too). Exit status: 0 all signed, 1 a line or an "
        "option was wrong, 130 stopped, 141 the reader closed the pipe."
    )
    return top


def main(arguments: list[str]) -> int:
    """Run the command; returns the exit status. `helpers.__main__` says what stops it."""
    options = parser().parse_args(arguments)
    try:
        job = _job(options)
        if sys.stdout is None:  # closed by the shell: >&-
            raise PresignError("Standard output is closed. Write the URLs to a file: > urls.txt")
        with _open(options.keys) as file:
            return _write(job, file, options.workers)
    except (PresignError, SettingsError) as problem:
        print(problem, file=sys.stderr)
        return 1


def _job(options: argparse.Namespace) -> Job:
    if not 1 <= options.workers <= MOST_WORKERS:
        raise PresignError(f"--workers is {options.workers}; it is 1 to {MOST_WORKERS}.")
    signer = _signer(options)
    query = _pairs(options.query, "=", "--query")
    headers = _pairs(options.header, ":", "--header")
    job = Job(signer, options.method.upper(), seconds(options.expires), query, headers)
    job.check()
    return job


def seconds(text: str) -> int:
    """``900``, ``900s``, ``15m``, ``2h``, ``7d`` in seconds. Raises `PresignError`."""
    found = re.fullmatch(r"([0-9]{1,9})([smhd]?)", text)
    if not found:
        raise PresignError(
            f"--expires is {text!r}; write whole seconds, or a number with s, m, h or d: 15m."
        )
    return int(found[1]) * _UNITS[found[2]]


def _pairs(texts: list[str], separator: str, option: str) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for text in texts:
        name, found, value = text.partition(separator)
        name = name.strip()
        if not found or not name:
            raise PresignError(f"{option} is {text!r}; write a name, {separator!r} and a value.")
        if name in pairs:
            raise PresignError(f"{option} gives {name} twice; S3 takes one value of it.")
        pairs[name] = value.strip() if separator == ":" else value
    return pairs


def _signer(options: argparse.Namespace) -> Presigner:
    # One source for all: a key of one account with the bucket of another helps nobody.
    if os.environ.get("S3_ACCESS_KEY"):
        where, get = "the environment", os.environ.get
        keys = (get("S3_ACCESS_KEY", ""), get("S3_SECRET_KEY", ""), get("S3_SESSION_TOKEN") or None)
        place = (get("S3_BUCKET"), get("S3_REGION"), get("S3_ENDPOINT_URL"))
    else:
        found = load_settings()
        if found is None:
            raise PresignError(
                "There are no keys to sign with. Fill in .env (see .env.example), or set "
                "S3_ACCESS_KEY and S3_SECRET_KEY in the environment."
            )
        where, keys = ".env", (found.access_key, found.secret_key, found.session_token)
        place = (found.bucket, found.region, found.endpoint_url)
    bucket, region = options.bucket or place[0], options.region or place[1]
    if not bucket or not region:
        missing = "--bucket" if not bucket else "--region"
        raise PresignError(
            f"{missing} is needed: {where} has no S3_{missing[2:].upper()} to take its place."
        )
    endpoint = options.endpoint or place[2] or None
    return Presigner(Credentials(*keys), region, bucket, endpoint, options.addressing)


def _open(name: str) -> BinaryIO:
    try:
        # A copy, so that to close it leaves standard input alone.
        return os.fdopen(os.dup(0), "rb") if name == "-" else open(name, "rb")
    except OSError as problem:
        raise _unreadable(name, problem) from None


def _unreadable(name: str, problem: OSError) -> PresignError:
    return PresignError(f"--keys: {name!r} cannot be read ({problem.strerror}).")


def _write(job: Job, file: BinaryIO, workers: int) -> int:
    out, line, wrong = sys.stdout.buffer, 0, 0
    results = signed(job, blocks(file), workers)
    # With disable=None there is a bar on a terminal only.
    bar = tqdm(unit=" URLs", unit_scale=True, file=sys.stderr, disable=None)
    with bar, closing(results):
        for result in results:
            for number, told in result.wrong.items():
                bar.write(f"line {line + number + 1}: {told}", file=sys.stderr)
            try:
                out.write(result.text)
                out.flush()
            except OSError as problem:
                return cannot_write(problem)
            line += result.lines
            wrong += len(result.wrong)
            bar.update(result.lines - len(result.wrong))
    if wrong:
        print(f"{wrong} of {line} lines could not be signed.", file=sys.stderr)
    return 1 if wrong else 0


def blocks(file: BinaryIO) -> Iterator[bytes]:
    """Whole lines, as many as have come, up to about `BLOCK` bytes. Raises `PresignError`.

    A line of more than `BLOCK` bytes ends it: this is no list of keys, and may have no end. A
    shorter one that is too long for a key is not the reader's business.
    """
    rest, first, line = b"", True, 1
    while piece := _read(file):
        text = rest + piece
        if first and _MARK.startswith(text):  # keys that come slowly may come byte by byte
            rest = text
            continue
        if first:
            text, first = text.removeprefix(_MARK), False
        if len(text.partition(b"\n")[0]) > BLOCK:
            raise PresignError(f"line {line}: this is longer than any key. Write one key a line.")
        whole, newline, rest = text.rpartition(b"\n")
        if newline:
            yield whole + newline
            line += whole.count(b"\n") + 1
    if rest and not (first and rest == _MARK):
        yield rest


def _read(file: BinaryIO) -> bytes:
    try:
        data: bytes = file.read1(BLOCK)  # type: ignore[attr-defined]
    except OSError as problem:
        raise _unreadable("-" if isinstance(file.name, int) else file.name, problem) from None
    return data
