"""``strict-s3 record``: ask a real S3 what the table asks, and write down what it answers.

It says first what it will make and what that costs. Everything it makes has a prefix of its own
and is removed after each scenario, also after Ctrl-C or an error. What it writes holds no key,
token, signature or account id.
"""

from __future__ import annotations

import argparse
import re
import secrets
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path

from ..errors import PresignError, StrictS3Error
from ..signing.command import KEYS_FROM
from ..signing.presigner import BotoCredentials, Credentials
from ..signing.source import Source, find, from_aws
from . import compare
from .answers import answer_of
from .clean_up import LONGEST_LOCK, CleanUp
from .exchange import Signer, Target
from .play import Outcome, play, who_am_i
from .scenarios import Scenario, load
from .values import Values
from .wire import send
from .write import dump

# US dollars for a thousand requests in us-east-1 (https://aws.amazon.com/s3/pricing/, 2026). What
# is stored is deleted within a minute; classes with a minimum duration hold a few bytes each.
_WRITES, _READS = 0.005, 0.0004
_UNDER_WAY = 2  # seconds, in which a bucket that was being created is there
_PREFIX = re.compile(r"[a-z0-9][a-z0-9-]{0,27}")


class RecordError(StrictS3Error, ValueError):
    """Nothing can be recorded; the message says why and what to do."""


@dataclass
class Recording:
    """What was answered so far."""

    day: date
    region: str
    scenarios: list[Scenario] = field(default_factory=list)
    outcomes: list[tuple[Scenario, Outcome]] = field(default_factory=list)
    not_asked: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    stopped: bool = False


def parser(prog: str, keys_from: str) -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(
        prog=prog,
        description="Ask a real S3 what the table of recorded answers asks, and write down what "
        "it answers, in the table's own form. Nothing is sent before you have agreed.",
        epilog=f"{keys_from} Exit status: 0 recorded, 1 not, or something is left to delete, "
        "130 stopped.",
    )
    top.add_argument("--profile", help="a profile of the AWS configuration")
    top.add_argument("--region", help="default: the configured one")
    top.add_argument("--endpoint-url", metavar="URL", help="an S3 that isn't Amazon's")
    top.add_argument(
        "--bucket-prefix",
        default="strict-s3-record",
        metavar="TEXT",
        help="what the names of buckets, users and roles begin with (default %(default)s)",
    )
    top.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="TEXT",
        help="scenarios whose kind/name contains it, such as presigned/; may be repeated",
    )
    top.add_argument(
        "--without", action="append", default=[], metavar="TEXT", help="not these; may be repeated"
    )
    top.add_argument(
        "--out", type=Path, metavar="FOLDER", help="default: recorded-REGION-DATE, a new folder"
    )
    top.add_argument("--yes", action="store_true", help="don't ask")
    return top


def main(
    arguments: list[str],
    prog: str = "strict-s3 record",
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
        target = _target(options, found)
        chosen = _chosen(options, target.signer.region)
        folder = _folder(options, target.signer.region)
        print(plan(chosen, target, options.bucket_prefix))
        if not (options.yes or _agreed()):
            print("Nothing was sent.")
            return 1
        recording = record(chosen, target, options.bucket_prefix)
    except (RecordError, PresignError) as problem:
        print(problem, file=sys.stderr)
        return 1
    _write(recording, folder, target)
    print(summary(recording))
    print(f"Written to {folder}.")
    return 130 if recording.stopped else int(bool(recording.left))


def _target(options: argparse.Namespace, source: Source) -> Target:
    region = options.region or source.region
    if not region:
        raise RecordError(f"{source.name} names no region. Add --region, such as us-east-1.")
    signer = _signer(source.credentials, region)
    endpoint = options.endpoint_url or source.endpoint
    if endpoint:
        if not re.fullmatch(r"https?://[^/?#]+/?", endpoint):
            raise RecordError(
                f"--endpoint-url is {endpoint!r}; write scheme and host: https://s3.example.com."
            )
        base = endpoint.rstrip("/")
        return Target({"s3": base, "iam": base, "sts": base}, signer, send)
    places = {
        "s3": f"https://s3.{region}.amazonaws.com",
        "iam": "https://iam.amazonaws.com",
        "sts": f"https://sts.{region}.amazonaws.com",
    }
    # IAM is one service for all regions, which signs for this one.
    return Target(places, signer, send, iam_region="us-east-1")


def _signer(credentials: Credentials | BotoCredentials, region: str) -> Signer:
    if isinstance(credentials, Credentials):
        keys = (credentials.access_key, credentials.secret_key)
        return Signer(*keys, region, credentials.session_token)
    frozen = credentials.get_frozen_credentials()
    return Signer(frozen.access_key, frozen.secret_key, region, frozen.token or None)


def _chosen(options: argparse.Namespace, region: str) -> list[Scenario]:
    if not _PREFIX.fullmatch(options.bucket_prefix):
        raise RecordError(
            f"--bucket-prefix is {options.bucket_prefix!r}; use 1 to 28 of a-z, 0-9 and hyphens, "
            "beginning with a letter or a digit."
        )

    def wanted(scenario: Scenario) -> bool:
        name = f"{scenario.kind}/{scenario.name}"
        here = scenario.region in ("", region)
        chosen = not options.only or any(text in name for text in options.only)
        return here and chosen and not any(text in name for text in options.without)

    scenarios = [scenario for scenario in load() if wanted(scenario)]
    if not scenarios:
        raise RecordError(f"No scenario of {region} is left by --only and --without.")
    return scenarios


def _folder(options: argparse.Namespace, region: str) -> Path:
    folder: Path = options.out or Path(f"recorded-{region}-{datetime.now(UTC):%Y-%m-%d}")
    if folder.exists() and any(folder.iterdir()):
        raise RecordError(f"{folder} isn't empty. Name a different folder with --out.")
    return folder


def plan(scenarios: list[Scenario], target: Target, prefix: str) -> str:
    """What recording these scenarios makes, sends and costs."""
    steps = [step for scenario in scenarios for step in scenario.steps]
    s3 = [step.send for step in steps if "/" in step.send]
    # Each bucket is created, listed twice and deleted, with what is in it.
    reads = sum(send.startswith(("GET", "HEAD", "OPTIONS")) for send in s3)
    writes = 2 * len(s3) - reads + 4 * len(scenarios)
    dollars = (writes * _WRITES + reads * _READS) / 1000
    size = sum(step.body_size + len(step.body) for step in steps) / 1e6
    users = sum(any(s.send.startswith("iam ") for s in item.steps) for item in scenarios)
    return (
        f"This asks {target.endpoints['s3']} for {sum(len(s.rows) for s in scenarios)} answers in "
        f"{len(scenarios)} scenarios.\n"
        f"Each makes one or two buckets named {prefix}-…, removed before the next; {users} of them "
        "make an IAM user or role of that name too.\n"
        f"About {writes + reads:,} requests and {size:,.0f} MB of uploads: at Amazon's prices "
        f"less than {dollars + 0.01:.2f} US dollars.\n"
        f"Some buckets are public for a moment, with a few bytes of text in them; a few versions "
        f"are locked for up to {LONGEST_LOCK} seconds.\n"
        "No key, token, signature or account id is written down."
    )


def _agreed() -> bool:
    if not sys.stdin or not sys.stdin.isatty():
        raise RecordError("Nobody can be asked here. Add --yes if that is what you want.")
    return input("Go on? [y/N] ").strip().lower() in ("y", "yes")


def record(scenarios: list[Scenario], target: Target, prefix: str) -> Recording:
    """Play the scenarios, one after the other, each cleaned up behind it.

    Ctrl-C ends it early, with what was recorded until then. Raises `RecordError` if the S3 can't
    be reached, or doesn't know the key.
    """
    recording = Recording(datetime.now(UTC).date(), target.signer.region)
    try:
        account = who_am_i(target)
    except OSError as problem:
        raise RecordError(f"{target.endpoints['s3']} can't be reached ({problem}).") from None
    if "owner" not in account:
        raise RecordError(
            f"{target.endpoints['s3']} doesn't list buckets for this key. Check the key, and that "
            "it may call s3:ListAllMyBuckets."
        )
    account |= {"endpoint": target.endpoints["s3"], "secret-key": target.signer.secret_key}
    if target.signer.session_token:
        account["session-token"] = target.signer.session_token
    run = secrets.token_hex(4)
    for number, scenario in enumerate(scenarios, 1):
        values = Values(account)
        values["bucket"] = f"{prefix}-{run}-{number}"
        values["user"] = f"{prefix}-user-{run}-{number}"
        print(f"\r{number}/{len(scenarios)}", end="", file=sys.stderr, flush=True)
        try:
            _one(scenario, target, values, recording)
        except KeyboardInterrupt:
            print("\nStopping …", file=sys.stderr)
            time.sleep(_UNDER_WAY)
            recording.left += CleanUp(target).buckets(f"{prefix}-{run}-")
            recording.stopped = True
            break
    print(file=sys.stderr)
    return recording


def _one(scenario: Scenario, target: Target, values: Values, recording: Recording) -> None:
    answered = {}
    try:
        for outcome in play(scenario, target, values):
            assert outcome.step.answer is not None
            answered[outcome.step.row] = answer_of(outcome.step.answer, outcome.received, values)
            recording.outcomes.append((scenario, outcome))
    except (StrictS3Error, OSError) as problem:
        recording.not_asked.append(f"{scenario.kind}/{scenario.name}: {values.named(str(problem))}")
    finally:
        _clean_up(scenario, target, values, recording)
    if answered:
        steps = tuple(
            replace(
                step, answer=answered.get(step.row), row=step.row if step.row in answered else ""
            )
            for step in scenario.steps
            if not step.row or step.row in answered
        )
        host = values["endpoint"].partition("://")[2]
        source = f"strict-s3 record, {host}" if "amazonaws" in host else "strict-s3 record"
        recording.scenarios.append(
            replace(
                scenario,
                steps=steps,
                source=source,
                recorded=recording.day,
                region=values["region"],
            )
        )


def _clean_up(scenario: Scenario, target: Target, values: Values, recording: Recording) -> None:
    """Remove what the scenario made, even if Ctrl-C comes meanwhile; a second one ends it."""
    stopped = 0
    left = [f"buckets, users and roles whose names contain {values['bucket']}"]
    while stopped < 2:
        try:
            left = CleanUp(target).scenario(scenario, values)
            break
        except KeyboardInterrupt:
            stopped += 1
            print("\nRemoving what was made …", file=sys.stderr)
        except (StrictS3Error, OSError):
            break
    recording.left += left
    if stopped:
        raise KeyboardInterrupt


def _write(recording: Recording, folder: Path, target: Target) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    hidden = [target.signer.access_key, target.signer.secret_key, target.signer.session_token]
    for kind in sorted({scenario.kind for scenario in recording.scenarios}):
        text = f"# Recorded on {recording.day} in {recording.region} by strict-s3 record.\n\n"
        text += dump(item for item in recording.scenarios if item.kind == kind)
        for secret in filter(None, hidden):
            text = text.replace(secret, "{redacted}")
        (folder / f"{kind}.toml").write_text(text, "utf-8")


def summary(recording: Recording) -> str:
    """What differs from the table, row by row, and how many rows of each kind of difference."""
    lines = []
    for scenario, outcome in recording.outcomes:
        if outcome.kind != compare.IDENTICAL:
            lines.append(f"{outcome.kind}: {scenario.id_of(outcome.step)}")
            lines += [f"    {difference.name}" for difference in outcome.differences]
    lines += [f"not asked: {item}" for item in recording.not_asked]
    lines += [f"left, delete it yourself: {item}" for item in recording.left]
    count = Counter(outcome.kind for _, outcome in recording.outcomes)
    lines += [f"{count[kind]:5}  {kind}" for kind in compare.KINDS if count[kind]]
    return "\n".join([*lines, f"{len(recording.outcomes):5}  answers in all"])
