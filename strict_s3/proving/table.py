"""A table of expectations: YAML that says what was deployed, who there is, and what S3 answers.

    bucket: uploads-of-the-app
    replace: {amzn-s3-demo-bucket: uploads-of-the-app}
    bucket-policy: guardrails.json
    cors: cors.json
    identities:
      signer: {user: signer.json}
      function: {role: signer.json, trust: role-trust.json}
    expect:
      signer:
        PUT incoming/*: 200
        GET incoming/*, after 11 min: 403
        anything else: no
      anonymous: nothing
      origin https://app.example.com:
        PUT incoming/a.txt, content-type: yes

Files are named from the table's own folder. A setting can also be written into the table. Instead
of files, `template` names a CloudFormation or SAM template (with `parameters`), `terraform` the
JSON of a plan or state, or a ``*.tf.json`` (with `variables`). The rows are in `rows`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from ..errors import OptionError, ProveError
from ..options import BUCKET, REGION, Options
from .cloudformation import read_template
from .reading import check_keys, mapping, nearest, read_json, read_text, read_yaml, shown, too_deep
from .rows import REST, Row, duration, read_origin_row, read_row
from .terraform import read_terraform
from .world import Document, Person, World

MAX_ROWS = 1000
BUILT_IN = ("anonymous", "root")
_SETTINGS = {
    "bucket-policy": "bucket_policy",
    "cors": "cors",
    "lifecycle": "lifecycle",
    "public-access-block": "public_access_block",
}
_KEYS = (
    *("bucket", "region", "now", "replace", "identities", "expect", *_SETTINGS),
    *("template", "parameters", "terraform", "variables"),
)
_OF_PERSON = ("user", "role", "path", "trust", "boundary", "tags", "issued", "lasts")
_ORIGIN = "origin "


@dataclass(frozen=True)
class Table:
    """A table, read: where it is, the world that it describes, and its rows."""

    path: Path
    world: World
    rows: tuple[Row, ...]


def read_table(path: Path, region: str = "") -> Table:
    """The table in a file. `region` replaces its own. Raises `ProveError`."""
    try:
        return _read(path, region)
    except RecursionError:
        raise too_deep(path.name) from None


def _read(path: Path, region: str) -> Table:
    name = path.name
    value = read_yaml(read_text(path), name)
    if value is None:
        raise ProveError(f"{name} is empty. Write a table: bucket, identities and expect.")
    top = mapping(value, f"{name}: the table")
    if {"Statement", "Resources"} & top.keys():
        raise ProveError(
            f"{name} is a policy or a template, not a table. Write a table beside it that names "
            f"it and says what you expect of it, such as {name.partition('.')[0]}.prove.yaml."
        )
    check_keys(top, _KEYS, name)
    files = _Files(path.parent, name, _texts(top, "replace", name))
    now = _moment(top["now"], name) if "now" in top else datetime.now(UTC)
    bucket, region = _text(top, "bucket", name), region or _text(top, "region", name)
    world = _from_template(top, files, World(bucket, now.replace(microsecond=0), region or REGION))
    world.bucket = world.bucket or bucket or BUCKET
    try:
        Options(region=world.region, bucket=world.bucket)
    except OptionError as problem:
        raise ProveError(f"{name}: {problem}") from None
    for key, attribute in _SETTINGS.items():
        if key in top:
            setattr(world, attribute, files.document(top[key], f"{name}: {key}"))
    for who, value in mapping(top.get("identities", {}), f"{name}: identities").items():
        if who.lower() in (known.lower() for known in world.people):
            raise ProveError(f"{name}: identities: {who!r} is there twice; IAM ignores case.")
        world.people[who] = _person(who, value, files, f"{name}: identities: {who}")
    rows = tuple(_rows(top, world, name))
    if not rows:
        raise ProveError(f"{name}: there is nothing under expect. Write at least one row.")
    if len(rows) > MAX_ROWS:
        raise ProveError(f"{name}: {len(rows)} rows; a table has at most {MAX_ROWS}.")
    return Table(path, world, rows)


def _from_template(top: Mapping[str, Any], files: _Files, world: World) -> World:
    for key, values in (("template", "parameters"), ("terraform", "variables")):
        if values in top and key not in top:
            raise ProveError(f"{files.table}: {values} needs {key}, the file that has them.")
    if "template" in top and "terraform" in top:
        raise ProveError(f"{files.table}: template and terraform; write a table for each.")
    if "template" in top:
        file = _text(top, "template", files.table)
        given = _values(top, "parameters", files.table)
        return read_template(files.read(file), file, given, world)
    if "terraform" in top:
        file = _text(top, "terraform", files.table)
        value = mapping(read_json(files.read(file), file), file)
        given = _values(top, "variables", files.table)
        return read_terraform(value, files.folder / file, given, world)
    return world


def _rows(top: Mapping[str, Any], world: World, name: str) -> list[Row]:
    rows: list[Row] = []
    for who, given in mapping(top.get("expect"), f"{name}: expect").items():
        where = f"{name}: expect: {who}"
        if who.startswith(_ORIGIN):
            origin = who.removeprefix(_ORIGIN).strip()
            for text, expected in mapping(given, where).items():
                rows.append(read_origin_row(origin, text, expected, where))
            continue
        if who not in world.people and who not in BUILT_IN:
            known = [*world.people, *BUILT_IN, "origin https://…"]
            raise ProveError(
                f"{name}: expect: {who!r} is neither an identity of this table nor an origin. "
                f"{nearest(who, known)}"
            )
        if given == "nothing":
            given = {REST: "no"}
        own = [read_row(who, text, said, where) for text, said in mapping(given, where).items()]
        for row in own:
            if row.kind == "rest" and who == "root":
                raise ProveError(f"{where}: root can do anything that no policy denies.")
            if row.kind == "assume" and who == "anonymous":
                raise ProveError(f"{where}: only somebody with a key can ASSUME a role.")
            if row.kind == "assume" and (
                row.key not in world.people or world.people[row.key].kind != "role"
            ):
                roles = [p.name for p in world.people.values() if p.kind == "role"]
                raise ProveError(
                    f"{where}, {row.text!r}: {row.key!r} is not a role. {nearest(row.key, roles)}"
                )
        rows += own
    return rows


def _person(who: str, value: Any, files: _Files, where: str) -> Person:
    given = mapping(value, where)
    check_keys(given, _OF_PERSON, where)
    if who in BUILT_IN or who.startswith(_ORIGIN) or who in ("identity", "nothing"):
        raise ProveError(f"{where}: {who!r} has a meaning of its own here. Choose another name.")
    if not re.fullmatch(r"[A-Za-z0-9_.@-]{1,60}", who):
        raise ProveError(f"{where}: IAM takes names of at most 60 letters, digits, - _ . and @.")
    if ("user" in given) == ("role" in given):
        raise ProveError(f"{where}: write user or role, and its policies.")
    kind: Literal["user", "role"] = "user" if "user" in given else "role"
    for key in ("trust", "issued", "lasts"):
        if key in given and kind == "user":
            raise ProveError(f"{where}: only a role has {key!r}; a user has keys without an end.")
    policies = given[kind] if isinstance(given[kind], list) else [given[kind]]
    documents, managed = [], []
    for policy in policies:
        if isinstance(policy, str) and policy.startswith("arn:"):
            if not re.fullmatch(r"arn:aws:iam::aws:policy/[\w+=,.@/-]{1,200}", policy):
                raise ProveError(
                    f"{where}: {shown(policy)} is not one of AWS's policies, such as "
                    "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess."
                )
            managed.append(policy)
        else:
            documents.append(files.document(policy, f"{where}: {kind}"))
    path = _text(given, "path", where) or "/"
    if not re.fullmatch(r"/|/[!-~]{1,510}/", path):
        raise ProveError(f"{where}: path is {path!r}; IAM's paths begin and end with a slash.")
    lasts = _time(given, "lasts", where) or timedelta(hours=1)
    if not timedelta(minutes=15) <= lasts <= timedelta(hours=12):
        raise ProveError(f"{where}: a role's session lasts 15 min to 12 h.")
    return Person(
        who,
        kind,
        tuple(documents),
        tuple(managed),
        files.document(given["boundary"], f"{where}: boundary") if "boundary" in given else None,
        files.document(given["trust"], f"{where}: trust") if "trust" in given else None,
        tuple(_texts(given, "tags", where).items()),
        path=path,
        issued=_time(given, "issued", where) or timedelta(),
        lasts=lasts,
    )


def _time(given: Mapping[str, Any], key: str, where: str) -> timedelta | None:
    if key not in given:
        return None
    return duration(str(given[key]).removeprefix("after "), f"{where}: {key}")


@dataclass(frozen=True)
class _Files:
    """The files that a table names, with its replacements made."""

    folder: Path
    table: str
    replacements: Mapping[str, str]

    def read(self, file: str) -> str:
        return self._replaced(read_text(self.folder / file))

    def document(self, value: Any, where: str) -> Document:
        if isinstance(value, str):
            text = self.read(value)
            mapping_or_list = read_json(text, value)
            if not isinstance(mapping_or_list, dict | list):
                raise ProveError(f"{value} holds {shown(mapping_or_list)}; it must be an object.")
            return Document(value, text)
        if isinstance(value, dict | list):
            try:
                text = json.dumps(value)
            except (TypeError, ValueError) as problem:
                raise ProveError(f"{where}: this cannot be written as JSON: {problem}.") from None
            return Document(where.removeprefix(f"{self.table}: "), self._replaced(text))
        raise ProveError(f"{where} is {shown(value)}; name a file, or write the document here.")

    def _replaced(self, text: str) -> str:
        for old, new in self.replacements.items():
            text = text.replace(old, new)
        return text


def _moment(value: Any, name: str) -> datetime:
    try:
        moment = datetime.fromisoformat(str(value))
        if moment.tzinfo is None or not 2000 <= moment.year <= 2100:
            raise ValueError
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ProveError(
            f"{name}: now is {shown(value)}; write a time in UTC such as 2026-11-26T12:00:00Z."
        ) from None


def _text(top: Mapping[str, Any], key: str, name: str) -> str:
    value = top.get(key, "")
    if not isinstance(value, str) or (key in top and not value.strip()):
        raise ProveError(f"{name}: {key} is {shown(value)}; it must be text.")
    return value


def _texts(top: Mapping[str, Any], key: str, name: str) -> dict[str, str]:
    found = mapping(top.get(key, {}), f"{name}: {key}")
    for old, new in found.items():
        if not old or not isinstance(new, str):
            raise ProveError(f"{name}: {key}: {old!r} is to become {shown(new)}; write text.")
    return found


def _values(top: Mapping[str, Any], key: str, name: str) -> dict[str, Any]:
    return mapping(top.get(key, {}), f"{name}: {key}")
