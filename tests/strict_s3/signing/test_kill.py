"""An upload that is killed at a random point: the object is whole or absent, never wrong.

By turns the uploader is killed (kill -9), the local S3 is killed, and the network is cut. Three
rounds in the suite; KILLS=100 for a long run, KILLS_SEED to repeat one.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections import Counter
from contextlib import contextmanager

import pytest
from botocore.exceptions import ClientError

from helpers.files import PROJECT
from tests.strict_s3.signing.network import Network, random_cuts
from tests.strict_s3.signing.uploader import BUCKET, client

ROUNDS = int(os.environ.get("KILLS", "3"))
SEED = os.environ.get("KILLS_SEED") or str(random.randrange(10**9))
KEY = "large/film.mp4"
SIZE = 3 * 5 * 2**20 + 4321  # bytes: four parts


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("large") / "film.mp4"
    path.write_bytes(random.Random(SEED).randbytes(SIZE))
    return path


class Server:
    """The local S3 as a process."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "helpers", "serve", "--json"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=PROJECT,
        )
        ready = json.loads(self.process.stdout.readline())
        self.endpoint = ready["endpoint"]
        self.port = int(self.endpoint.rpartition(":")[2])
        self.keys = (ready["access_key"], ready["secret_key"])

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def object(self) -> bytes | None:
        """What is there under the key, or None."""
        s3 = client(self.endpoint, *self.keys)
        try:
            return s3.get_object(Bucket=BUCKET, Key=KEY)["Body"].read()
        except ClientError as problem:
            assert problem.response["Error"]["Code"] == "NoSuchKey"
            return None
        finally:
            s3.close()

    def empty(self) -> None:
        s3 = client(self.endpoint, *self.keys)
        s3.delete_object(Bucket=BUCKET, Key=KEY)
        for found in s3.list_multipart_uploads(Bucket=BUCKET).get("Uploads", []):
            s3.abort_multipart_upload(Bucket=BUCKET, Key=KEY, UploadId=found["UploadId"])
        s3.close()


def start(endpoint: str, keys, file) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.strict_s3.signing.uploader", endpoint, str(file), KEY],
        env=os.environ | {"AWS_ACCESS_KEY_ID": keys[0], "AWS_SECRET_ACCESS_KEY": keys[1]},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=PROJECT,
    )


def result(uploader: subprocess.Popen[str]) -> dict[str, object]:
    """What it said at its end: either what happened or one clear error, and nothing else."""
    out, error = uploader.communicate(timeout=120)
    assert error == "", error
    said = out.splitlines()
    assert (said[0], len(said)) == ("ready", 2), out
    return json.loads(said[1])


def test_no_key_is_among_the_arguments(file):
    """`ps` shows them to everybody on the computer."""
    keys = ("AKID-of-this-test", "secret-of-this-test")
    with start("http://127.0.0.1:9", keys, file) as uploader:
        uploader.kill()
    assert not any(key in argument for key in keys for argument in uploader.args)


@contextmanager
def serving():
    server = Server()
    try:
        yield server
    finally:
        server.stop()


def moment(dice: random.Random) -> int:
    """When: after so many bytes. Often when all parts are sent, and the object is being made."""
    return dice.randrange(SIZE) if dice.random() < 0.6 else SIZE + dice.randrange(25_000)


def uploader_is_killed(server: Server, file, dice: random.Random) -> str:
    started: list[subprocess.Popen[str]] = []
    with Network(server.port, [], moment(dice), lambda: started[0].kill()) as network:
        started.append(start(network.endpoint, server.keys, file))
        started[0].communicate(timeout=120)
    return "killed" if started[0].returncode < 0 else "too late"


def network_is_cut(server: Server, file, dice: random.Random) -> str:
    cuts = random_cuts(dice, dice.randrange(1, 25), SIZE // 2)
    with Network(server.port, cuts) as network:
        said = result(start(network.endpoint, server.keys, file))
    if "error" in said:
        assert "S3 does not answer" in said["error"], said
        return "given up"
    assert server.object() == file.read_bytes(), said
    return "got through"


def server_is_killed(server: Server, file, dice: random.Random) -> str:
    with Network(server.port, [], moment(dice), server.process.kill) as network:
        said = result(start(network.endpoint, server.keys, file))
    if "error" not in said:
        return "too late"
    assert "S3 does not answer" in said["error"], said
    return "killed"


def test_the_object_is_whole_or_absent_never_wrong(file):
    dice = random.Random(SEED)
    whole = file.read_bytes()
    seen: Counter[str] = Counter()
    with serving() as lasting:
        for number in range(ROUNDS):
            how = (uploader_is_killed, network_is_cut, server_is_killed)[number % 3]
            if how is server_is_killed:
                with serving() as server:
                    told = how(server, file, dice)
                server = lasting  # a fresh start: what the killed one held is lost
                assert server.object() is None
            else:
                server = lasting
                told = how(server, file, dice)
            found = server.object()
            assert found is None or found == whole, (how.__name__, SEED, number)
            seen[f"{how.__name__}: {told}, {'absent' if found is None else 'whole'}"] += 1
            again = result(start(server.endpoint, server.keys, file))
            assert "error" not in again, (again, SEED, number)
            assert server.object() == whole, (how.__name__, SEED, number)
            seen["parts gone on with"] += again["found"]
            server.empty()
    print(
        f"KILLS_SEED={SEED}",
        *(f"{count:4} {what}" for what, count in sorted(seen.items())),
        sep="\n",
    )
