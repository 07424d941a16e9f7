"""The whole table: python3 -m tests.benchmarks [--quick]

Small requests with every server that is installed, large bodies with the local S3 and
moto_server (the others hold a whole body in memory, or stop at less).
"""

from __future__ import annotations

import argparse

from tests.benchmarks import large, local_s3
from tests.benchmarks.peers import MOTO, OURS, installed


def main() -> None:
    parser = argparse.ArgumentParser(prog="python3 -m tests.benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes: does it work at all?")
    parser.add_argument("--only", choices=["small", "large"], help="one half of the table")
    options = parser.parse_args()
    rounds = 1 if options.quick else 5
    if options.only != "large":
        local_s3.main(installed(), rounds, 0.5 if options.quick else 3)
    if options.only != "small":
        large.main([OURS, MOTO], min(rounds, 3), 32 if options.quick else 1024)


if __name__ == "__main__":
    main()
