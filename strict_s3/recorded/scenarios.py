"""The table of recorded answers: TOML files in `data/`, one for each kind of request.

A scenario is a list of requests, sent in order to an empty bucket of its own. A step that has a
`row` is an answer that AWS gave; the other steps prepare it. `data/README.md` describes each
field, so that a row can be corrected by hand.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from ..errors import StrictS3Error

# An element or header is one text, several in the document's order, or False: it isn't there.
Value = str | list[str] | bool
_SEND = re.compile(r"(GET|HEAD|PUT|POST|DELETE|OPTIONS) /\S*|(iam|sts) [A-Z]\w+")
_ROW = re.compile(r"[A-Z]\w+: .+")


class TableError(StrictS3Error, ValueError):
    """A scenario can't be read; the message names the file, the row, the field and the fix."""


@dataclass(frozen=True)
class Answer:
    """What AWS answered: `elements` by path (``Contents/Key``), `headers` by lower-case name.

    `headers` names some of the answer's headers. `elements` names all of its document, unless
    `partial`; without `elements` and `body` the answer's content wasn't recorded.
    """

    status: int
    code: str = ""
    message: str = ""
    headers: Mapping[str, Value] = field(default_factory=dict)
    elements: Mapping[str, Value] | None = None
    body: str | None = None
    partial: bool = False
    any_order: bool = False  # the document's order isn't S3's promise


@dataclass(frozen=True)
class Form:
    """A POST form: its `fields` in order, its policy, its file, and how it is to be wrong."""

    fields: tuple[tuple[str, str], ...] = ()
    policy: tuple[Any, ...] | str = ()  # conditions, or the policy's whole text
    expiration: str = ""  # as the policy writes it; by default `expires` seconds from now
    file: str | bool = "file"  # its content; False: the form has none
    file_name: str = "file.txt"  # "" for none
    after: tuple[tuple[str, str], ...] = ()  # fields behind the file
    without: tuple[str, ...] = ()  # fields that the signature makes, left out or replaced
    content_type: str = ""  # of the request, if it isn't multipart/form-data


@dataclass(frozen=True)
class Step:
    """One request; with a `row`, also the answer that AWS gave to it.

    A row's name begins with the operation's, in AWS's words: ``PutObject: the key is taken``.
    """

    send: str
    row: str = ""
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    unsigned: Mapping[str, str] = field(default_factory=dict)  # sent, but not signed
    unsent: tuple[str, ...] = ()  # of `headers`: signed, but not sent
    body: str = ""
    body_size: int = 0  # bytes, for a part of an upload
    sign: str = "header"
    expires: int = 300  # seconds
    age: int = 0  # seconds since it was signed
    signer: Mapping[str, str] = field(default_factory=dict)
    by: str = ""
    change: tuple[tuple[str, str], ...] = ()
    form: Form | None = None
    keep: Mapping[str, str] = field(default_factory=dict)
    answer: Answer | None = None

    @property
    def operation(self) -> str:
        """The operation's name in the API reference."""
        return self.row.partition(": ")[0]


@dataclass(frozen=True)
class Scenario:
    """Requests in order, with the public source of what AWS answered to them."""

    name: str
    kind: str
    source: str
    recorded: date
    steps: tuple[Step, ...]
    region: str = ""  # where it was recorded, if the answers depend on it
    make_bucket: bool = True
    note: str = ""

    @property
    def rows(self) -> list[Step]:
        """The steps whose answer was recorded."""
        return [step for step in self.steps if step.answer]

    def id_of(self, step: Step) -> str:
        """The row's name in the whole table: ``kind/scenario/row``."""
        return f"{self.kind}/{self.name}/{step.row}"


def load(folder: Traversable | None = None) -> list[Scenario]:
    """The whole table, or the one in a folder that ``strict-s3 record`` has written.

    Raises `TableError`.
    """
    folder = folder or files(__package__) / "data"
    found = sorted((file for file in folder.iterdir() if file.name.endswith(".toml")), key=str)
    return [scenario for file in found for scenario in read(file.read_text("utf-8"), file.name)]


def read(text: str, file_name: str) -> Iterator[Scenario]:
    """The scenarios of one file's text; the file's name is their kind. Raises `TableError`."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise TableError(f"{file_name} isn't TOML: {problem}.") from None
    kind = file_name.removesuffix(".toml")
    for table in document.get("scenario", []):
        where = f"{file_name}, scenario {table.get('name', '?')!r}"
        steps = tuple(_step(step, where) for step in table.pop("step", []))
        scenario: Scenario = _made(Scenario, {**table, "kind": kind, "steps": steps}, where)
        if not scenario.rows:
            raise TableError(f"{where} has no recorded answer: give a step a row and an answer.")
        yield scenario


def _step(table: dict[str, Any], where: str) -> Step:
    where = f"{where}, {table.get('row') or table.get('send', '?')!r}"
    for name, kind in (("answer", Answer), ("form", Form)):
        if name in table:
            table[name] = _made(kind, table[name], where)
    step: Step = _made(Step, table, where)
    if not _SEND.fullmatch(step.send):
        raise TableError(f"{where}: send is {step.send!r}; write 'GET /path' or 'iam CreateUser'.")
    if bool(step.row) != bool(step.answer):
        raise TableError(f"{where}: row and answer belong together; give both or neither.")
    if step.row and not _ROW.fullmatch(step.row):
        raise TableError(f"{where}: row is {step.row!r}; write 'PutObject: the key is taken'.")
    if step.sign not in ("header", "url", "form", "none"):
        raise TableError(f"{where}: sign is {step.sign!r}; write header, url, form or none.")
    return step


def _made(kind: type[Any], table: Mapping[str, Any], where: str) -> Any:
    known = {item.name for item in fields(kind)}
    if unknown := sorted(set(table) - known):
        raise TableError(f"{where}: there is no field {unknown[0]!r}; known: {sorted(known)}.")
    try:
        return kind(**{name: _frozen(value) for name, value in table.items()})
    except TypeError as problem:
        raise TableError(f"{where}: {problem}.") from None


def _frozen(value: Any) -> Any:
    """Lists of pairs as tuples, so that a step is a value."""
    if isinstance(value, list):
        return tuple(tuple(item) if _is_pair(item) else item for item in value)
    return value


def _is_pair(item: object) -> bool:
    return isinstance(item, list) and len(item) == 2 and all(isinstance(part, str) for part in item)
