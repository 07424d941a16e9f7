"""Every table. What is not installed is left out, with the command that installs it.

    small    start, memory, and 1 KiB GET and PUT with 1, 8 and 64 clients, beside other servers
    large    1 GiB by PUT, GET and form POST, and the memory meanwhile, beside other servers
    growth   the cost of a request when much is stored
    soak     good, bad and broken clients for minutes: no wrong answer, and nothing left behind
    copies   who obeys an unsigned x-amz-copy-source on a presigned PUT
    signing  presigned URLs a second, beside other signers
    inspect  how long it takes to explain a URL, a form, a refusal

For figures to quote, run it on a computer that does nothing else: --runs 5. Each run starts every
server anew; the tables have the median of the runs, and the lowest and the highest.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from tests.benchmarks import copies, growth, inspect, large, signing, small, soak
from tests.benchmarks.peers import NAMES, OURS, installed
from tests.benchmarks.report import Report

PARTS = ("small", "large", "copies", "growth", "soak", "signing", "inspect")


def main() -> None:
    """Run the parts that are asked for."""
    parser = argparse.ArgumentParser(
        prog="python3 -m tests.benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--only", choices=PARTS, action="append", help="this table (can be repeated)")
    add("--runs", type=int, default=1, metavar="N", help="of small and large; 1 if not given")
    add("--rounds", type=int, default=5, metavar="N", help="of each measure in a run of small; 5")
    add("--servers", nargs="+", choices=NAMES, default=list(NAMES), metavar="NAME", help=_SERVERS)
    add("--minutes", type=float, default=10, help="of soak; 10")
    add("--json", type=Path, metavar="FILE", help="write the figures of small and large there too")
    add("--quick", action="store_true", help="small sizes: does it work at all?")
    options = parser.parse_args()
    servers = [OURS, *(name for name in installed(options.servers) if name != OURS)]
    report = Report(servers)
    for part in options.only or PARTS:
        print(f"\n{part}", flush=True)
        if part in ("small", "large"):
            _compare(part, report, options)
        elif part == "copies":
            copies.main(servers)
        elif part == "growth":
            growth.main(*((1_000, 100, 50) if options.quick else ()))
        elif part == "soak":
            soak.main(0.1 if options.quick else options.minutes)
        elif part == "signing":
            signing.main(*((2_000, 20_000, 1) if options.quick else ()))
        else:
            inspect.main(*((20,) if options.quick else ()))


_SERVERS = f"to compare: {', '.join(NAMES)}; all that are installed if not given"


def _compare(part: str, report: Report, options: argparse.Namespace) -> None:
    before = set(report.measures)
    for run in range(options.runs):
        if part == "small":
            rounds, seconds = (1, 0.5) if options.quick else (options.rounds, 2)
            small.main(report, rounds, seconds)
        else:
            large.main(report, 32 if options.quick else 1024)
        print(f"run {run + 1} of {options.runs} is over", flush=True)
    print(report.table(before))
    if options.json:
        report.save(options.json)


if __name__ == "__main__":
    main()
