"""Level 12: the signer can't be changed; what may be done with its signatures can."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Iterator
from typing import Any

from botocore.exceptions import ClientError

from helpers.errors import NotYet
from helpers.flags.level import Level, Signer, Use, content, expect, must
from helpers.flags.world import OWN, Stage, World
from strict_s3 import Credentials


def sign(s3: Any, bucket: str, user: str, do: str, key: str, where: str | None = None) -> str:
    params = {"Bucket": where or bucket, "Key": key}
    if do.startswith("list"):
        del params["Key"]
    return s3.generate_presigned_url(do, params, 300)


def policy(bucket: str, user: str) -> dict[str, Any]:
    everything = {"Action": "s3:*", "Resource": "*"}
    return {"Effect": "Allow", **everything}


def fix(bucket: str, user: str) -> dict[str, Any]:
    own = f"arn:aws:s3:::{bucket}/{user}/*"
    return {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": own}


def neighbour(world: World) -> object:
    """reads the victim's file"""
    return world.send(world.sign("get_object", world.target)).body


def overwrite(world: World) -> object:
    """overwrites the victim's file"""
    return world.send(world.sign("put_object", world.target), "PUT", "defaced")


def other_bucket(world: World) -> object:
    """reads a different bucket of the application's"""
    return world.send(world.sign("get_object", "salaries.csv", world.other_bucket)).body


def listing(world: World) -> object:
    """lists the bucket"""
    return world.send(world.sign("list_objects_v2", "")).text


def delete(world: World) -> object:
    """deletes the attacker's own file, which Attic has to keep"""
    return world.send(world.sign("delete_object", f"{world.me}/mine.txt"), "DELETE")


def captured(stage: Stage, got: object) -> bool:
    seen = content(got)
    if stage.secret in seen or stage.unseen.encode() in seen:
        return True
    kept = stage.objects()
    return kept.get(stage.target) != stage.secret or f"{stage.me}/mine.txt" not in kept


def prepare(stage: Stage) -> None:
    """A second bucket, which the application's key can read as well; a name to be listed."""
    stage.put(f"{stage.victim}/{stage.unseen}.txt", b"more")
    stage.other_bucket = f"payroll-{secrets.token_hex(4)}"
    stage.make_bucket(stage.other_bucket)
    stage.root.put_object(Bucket=stage.other_bucket, Key="salaries.csv", Body=stage.secret)


def adapt(stage: Stage, allowed: Callable[..., Any]) -> Signer:
    """The supplier's signer in a session of a role, with what `allowed` returns as its policy."""
    name = f"attic-{secrets.token_hex(4)}"
    iam, sessions = stage.iam, dict[str, Any]()
    account = iam.get_user()["User"]["Arn"].split(":")[4]
    trust = {"Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "sts:AssumeRole"}
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=document({"Effect": "Allow", **trust}))
    everything = document(policy("", ""))
    iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=everything)
    arn = iam.get_role(RoleName=name)["Role"]["Arn"]
    may = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": arn}
    sts = stage.server.client("sts", stage.server.user(document(may)))

    def in_session(s3: Any, bucket: str, user: str, *asked: Any) -> str:
        if user not in sessions:
            text = document(allowed(bucket, user))
            key = _assume(sts, RoleArn=arn, RoleSessionName=user, Policy=text)
            keys = Credentials(key["AccessKeyId"], key["SecretAccessKey"], key["SessionToken"])
            sessions[user] = stage.server.client(keys)
        return sign(sessions[user], bucket, user, *asked)

    return in_session


def _assume(sts: Any, **asked: str) -> dict[str, str]:
    """The session's key. Raises `NotYet` if STS refuses the policy, and for a forgotten f."""
    if unfilled := re.search(r'"([^"]*\{(?:bucket|user)\}[^"]*)"', asked["Policy"]):
        raise NotYet(f"what arrived is {unfilled[1]}: write an f before the quotes.")
    try:
        key: dict[str, str] = sts.assume_role(**asked)["Credentials"]
    except ClientError as problem:
        said = problem.response["Error"]["Message"]
        raise NotYet(f"STS does not accept this session policy: {said}") from None
    return key


def document(statement: object) -> str:
    """A policy document of one statement, of a list of them, or of a document; also as JSON."""
    if isinstance(statement, str):
        try:
            statement = json.loads(statement)
        except ValueError:
            shown = f"{statement!r:.40}"
            raise NotYet(f"your function returned a text that is not JSON: {shown}.") from None
    if isinstance(statement, dict) and "Statement" in statement:
        return json.dumps(statement)
    return json.dumps({"Version": "2012-10-17", "Statement": statement})


def uses(stage: Stage) -> Iterator[Use]:
    me = stage.me

    def own() -> None:
        expect(stage.send(stage.sign(me, "get_object", f"{me}/mine.txt")), OWN)

    def upload() -> None:
        key = f"{me}/2026/new file.txt"
        expect(stage.send(stage.sign(me, "put_object", key), "PUT", "new"))
        must(stage.get(key) == b"new", f"It is not at {key}.")

    def victims() -> None:
        expect(stage.send(stage.sign(stage.victim, "get_object", stage.target)), stage.secret)

    yield "a user downloads their own 'mine.txt'", own
    yield "a user uploads to their own '2026/new file.txt'", upload
    yield "the victim downloads their own file", victims


LEVEL = Level(
    number=12,
    title="You can't change the code",
    minutes=35,
    story="The signer was bought, and signs whatever it is asked. But it works in a session of a "
    "role, and for each session you write a **session policy**: the most that it can do.",
    goal="One of: read the victim's file or the other bucket, list the bucket, change the victim's "
    "file, or delete a file of your own.",
    gives="`world.sign(do, key, where)`; `where` can be `world.other_bucket`, with its "
    "`salaries.csv`. Your fix is the function `policy(bucket, user)`: it returns one statement.",
    incident=(
        "HydroShare dropped direct uploads when it saw that the administrator's key "
        "would sign them all "
        "([hydroshare#5974](https://github.com/hydroshare/hydroshare/pull/5974), 2025)"
    ),
    hints=(
        "Whose permissions count when S3 is sent the URL?",
        "The role's, as far as the session policy allows them as well. Which two actions does an "
        "honest user need, on which objects?",
        "`s3:GetObject` and `s3:PutObject` on `arn:aws:s3:::`, the bucket, `/`, the user, `/*`.",
    ),
    signers=(policy,),
    attacks=(neighbour, overwrite, other_bucket, listing, delete),
    captured=captured,
    uses=uses,
    fix=fix,
    prepare=prepare,
    adapt=adapt,
    shown=(sign,),
)
