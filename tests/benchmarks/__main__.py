"""Every table: python3 -m tests.benchmarks [--quick] [--only small|large|signing|inspect]

Small requests to every server that is installed; large bodies to the local S3 and moto_server;
signing beside other signers; the inspector. What is not installed is left out, with the command
that installs it.
"""

from __future__ import annotations

import argparse

from tests.benchmarks import inspect, large, local_s3, signing
from tests.benchmarks.peers import MOTO, OURS, installed

PARTS = ("small", "large", "signing", "inspect")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python3 -m tests.benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes: does it work at all?")
    parser.add_argument("--only", choices=PARTS, help="one table")
    options = parser.parse_args()
    rounds = 1 if options.quick else 5
    for part in [options.only] if options.only else PARTS:
        print(f"\n{part}", flush=True)
        if part == "small":
            local_s3.main(installed(), rounds, 0.5 if options.quick else 3)
        elif part == "large":
            large.main([OURS, MOTO], min(rounds, 3), 32 if options.quick else 1024)
        elif part == "signing":
            signing.main(*((2_000, 20_000, 1) if options.quick else ()))
        else:
            inspect.main(*((20,) if options.quick else ()))


if __name__ == "__main__":
    main()
