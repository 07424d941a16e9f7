"""The command ``presign``: a presigned URL for each key of a list.

    strict-s3 presign get --keys keys.txt --bucket my-bucket > urls.txt

Line n of the output belongs to line n of the input. Where a line has no key that can be signed,
the output has an empty line, standard error says why, and the exit status is 1.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import BinaryIO

from tqdm import tqdm

from ..errors import PresignError
from ..output import cannot_write
from .presigner import Presigner
from .source import Source, find, from_aws
from .workers import BLOCK, MAX_WORKERS, Job, signed

_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"  # how Windows begins a file of UTF-8


def parser(prog: str, keys_from: str) -> argparse.ArgumentParser:
    """The command line. `keys_from` says where the keys come from that sign."""
    top = argparse.ArgumentParser(prog=prog, description="A presigned URL for each key of a list.")
    top.add_argument("method", choices=["get", "put"], help="to download, or to upload")
    top.add_argument(
        "--keys", required=True, metavar="FILE", help="a key a line, UTF-8; - for standard input"
    )
    top.add_argument(
        "--expires", default="15m", metavar="TIME", help="900, 15m, 2h or 7d (default 15m)"
    )
    top.add_argument("--profile", metavar="NAME", help="sign with a profile of ~/.aws/config")
    top.add_argument("--bucket", help="default: the bucket that comes with the keys")
    top.add_argument("--region", help="default: the region that comes with the keys")
    top.add_argument(
        "--endpoint-url",  # the AWS CLI's name
        metavar="URL",
        help="default: the endpoint that comes with the keys, or AWS",
    )
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
        help="processes that sign (default 1); one for each processor is fastest",
    )
    top.epilog = (
        f"{keys_from} Exit status: 0 all signed, 1 a line or an option was wrong, 130 stopped, "
        "141 the reader closed the pipe."
    )
    return top


KEYS_FROM = (
    "Keys come from --profile NAME, or from where the AWS CLI finds them: AWS_ACCESS_KEY_ID, "
    "AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN in the environment, the default profile, a role. "
    "So do region and endpoint."
)


def main(
    arguments: list[str],
    prog: str = "strict-s3 presign",
    source: Callable[[], Source | None] = from_aws,
    keys_from: str = KEYS_FROM,
) -> int:
    """Run the command; returns the exit status. The caller turns signals into KeyboardInterrupt.

    `source` gives the keys to sign with unless ``--profile`` names some, None if there are none;
    `keys_from` says in the help where it looks.
    """
    options = parser(prog, keys_from).parse_args(arguments)
    try:
        found = find(options.profile, source, keys_from)
        job = _job(options, found)
        if sys.stdout is None:  # closed by the shell: >&-
            raise PresignError("Standard output is closed. Write the URLs to a file: > urls.txt")
        with _open(options.keys) as file:
            return _write(job, file, options.workers)
    except PresignError as error:
        print(error, file=sys.stderr)
        return 1


def _job(options: argparse.Namespace, source: Source) -> Job:
    if not 1 <= options.workers <= MAX_WORKERS:
        raise PresignError(
            f"--workers is {options.workers}; give a number from 1 to {MAX_WORKERS}."
        )
    signer = _signer(options, source)
    query = _pairs(options.query, "=", "--query")
    headers = _pairs(options.header, ":", "--header")
    job = Job(signer, options.method.upper(), seconds(options.expires), query, headers)
    job.check()
    return job


def seconds(text: str) -> int:
    """``900``, ``900s``, ``15m``, ``2h``, ``7d`` in seconds. Raises `PresignError`."""
    match = re.fullmatch(r"([0-9]{1,9})([smhd]?)", text)
    if not match:
        raise PresignError(
            f"--expires is {text!r}; write whole seconds, or a number with s, m, h or d: 15m."
        )
    return int(match[1]) * _UNITS[match[2]]


def _pairs(texts: list[str], separator: str, option: str) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for text in texts:
        name, separated, value = text.partition(separator)
        name = name.strip()
        if not separated or not name:
            raise PresignError(f"{option} is {text!r}; write a name, {separator!r} and a value.")
        if name in pairs:
            raise PresignError(f"{option} names {name} twice; S3 accepts one value.")
        pairs[name] = value.strip() if separator == ":" else value
    return pairs


def _signer(options: argparse.Namespace, source: Source) -> Presigner:
    bucket, region = options.bucket or source.bucket, options.region or source.region
    for option, value in (("--bucket", bucket), ("--region", region)):
        if not value:
            raise PresignError(f"{option} is missing, and {source.name} does not name one.")
    endpoint = options.endpoint_url or source.endpoint or None
    return Presigner(source.credentials, region, bucket, endpoint, options.addressing)


def _open(name: str) -> BinaryIO:
    try:
        # A copy: closing it must not close standard input.
        return os.fdopen(os.dup(0), "rb") if name == "-" else open(name, "rb")
    except OSError as error:
        raise _unreadable(name, error) from None


def _unreadable(name: str, error: OSError) -> PresignError:
    return PresignError(f"--keys: {name!r} cannot be read ({error.strerror}).")


def _write(job: Job, file: BinaryIO, workers: int) -> int:
    out, line, problems = sys.stdout.buffer, 0, 0
    results = signed(job, blocks(file), workers)
    # disable=None: only on a terminal.
    bar = tqdm(unit=" URLs", unit_scale=True, file=sys.stderr, disable=None)
    with bar, closing(results):
        for result in results:
            for number, problem in result.problems.items():
                bar.write(f"line {line + number + 1}: {problem}", file=sys.stderr)
            try:
                out.write(result.text)
                out.flush()
            except OSError as error:
                return cannot_write(error)
            line += result.lines
            problems += len(result.problems)
            bar.update(result.lines - len(result.problems))
    if problems:
        print(f"{problems} of {line} lines could not be signed.", file=sys.stderr)
    return 1 if problems else 0


def blocks(file: BinaryIO) -> Iterator[bytes]:
    """Whole lines, as many as have arrived, up to about `BLOCK` bytes. Raises `PresignError`.

    A line of more than `BLOCK` bytes is an error: this isn't a list of keys and may never end. A
    shorter line that is too long for a key is left to the signer, which names it.
    """
    rest, first, line = b"", True, 1
    while piece := _read(file):
        text = rest + piece
        if first and _BYTE_ORDER_MARK.startswith(text):  # keys may arrive byte by byte
            rest = text
            continue
        if first:
            text, first = text.removeprefix(_BYTE_ORDER_MARK), False
        if len(text.partition(b"\n")[0]) > BLOCK:
            raise PresignError(f"line {line}: this is longer than any key. Write one key a line.")
        whole, newline, rest = text.rpartition(b"\n")
        if newline:
            yield whole + newline
            line += whole.count(b"\n") + 1
    if rest and not (first and rest == _BYTE_ORDER_MARK):
        yield rest


def _read(file: BinaryIO) -> bytes:
    try:
        data: bytes = file.read1(BLOCK)  # type: ignore[attr-defined]
    except OSError as error:
        raise _unreadable("-" if isinstance(file.name, int) else file.name, error) from None
    return data
