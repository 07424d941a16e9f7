"""What a level is made of: data and a few functions, so that twelve of them are judged alike."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from helpers.errors import NotYet, short
from helpers.flags.world import OWN, Answer, Stage, World
from strict_s3.explainer import read_error
from strict_s3.explainer.canonical import unsent

# A weak signer, or a learner's: (s3, bucket, user, what the level gives it) -> a URL or a form.
Signer = Callable[..., Any]
Attack = Callable[[World], object]
# What honest users do: a name to say when it breaks, and a call that raises `NotYet` if it does.
Use = tuple[str, Callable[[], None]]
MAX_LINES = 15  # of a weak signer
_WIDTH = 64  # characters of code that a lesson's text has room for at 800 pixels


@dataclass(frozen=True)
class Level:
    """A weak signer, how it is attacked, and what has to go on working when it is mended.

    `goal` says what counts as captured and `gives` what the attacker has, in Markdown; `incident`
    is what happened, with its source. `signers` are the weak one and its variants, of which each
    learner gets one. `attacks` are ours, each with a docstring that says what it does; `captured`
    looks at S3, or at what the attack returned. `fix` is a reference. `moments` are how long after
    the signing the attack is tried. For the other members see `Stage`.
    """

    number: int
    title: str
    minutes: int
    story: str
    goal: str
    gives: str
    incident: str
    hints: tuple[str, str, str]
    signers: tuple[Signer, ...]
    attacks: tuple[Attack, ...]
    captured: Callable[[Stage, object], bool]
    uses: Callable[[Stage], Iterator[Use]]
    fix: Signer
    moments: tuple[Mapping[str, float], ...] = ({"seconds": 0},)
    state: Callable[[], Any] | None = None
    prepare: Callable[[Stage], None] | None = None
    adapt: Callable[[Stage, Callable[..., Any]], Signer] | None = None
    hides_target: bool = False
    confirms: bool = False
    shown: tuple[Callable[..., Any], ...] = ()  # further functions that the card shows
    imports: str = ""  # what the signer needs, as the card shows it

    def signer(self, variant: int = 0) -> Signer:
        """The weak signer of that variant."""
        return self.signers[variant % len(self.signers)]

    def source(self, variant: int = 0) -> str:
        """The weak signer as the learner sees it."""
        functions = (*self.shown, self.signer(variant))
        imports = [self.imports] if self.imports else []
        return "\n\n\n".join([*imports, *map(source_of, functions)])


def source_of(function: Callable[..., Any]) -> str:
    """A function's source as a learner writes it: without types, named `sign` in any variant."""
    code = textwrap.dedent(inspect.getsource(function))
    first = ast.parse(code).body[0].body[0]  # type: ignore[attr-defined]
    signature = inspect.signature(function)
    plain = [each.replace(annotation=each.empty) for each in signature.parameters.values()]
    head = signature.replace(parameters=plain, return_annotation=signature.empty)
    name = re.sub(r"^sign\w*", "sign", function.__name__)
    body = code.splitlines()[first.lineno - 1 :]
    margin = " " * len(f"def {name}(")
    return "\n".join(
        [*textwrap.wrap(f"def {name}{head}:", _WIDTH, subsequent_indent=margin), *body]
    )


def content(value: object) -> bytes:
    """What an attack returned, as bytes: bytes, text, a response, or several of them."""
    try:
        return _content(value)
    except Exception:  # a property of the learner's that raises; a list that holds itself
        return b""


def _content(value: object) -> bytes:
    if isinstance(value, bytes | bytearray):
        return bytes(value)
    if isinstance(value, str):
        return value.encode(errors="replace")
    if isinstance(value, dict):
        value = list(value.items())
    if isinstance(value, list | tuple | set):
        return b"\n".join(_content(part) for part in value)
    for name in ("body", "content"):  # an Answer, or a response of requests
        found = getattr(value, name, None)
        if isinstance(found, bytes):
            return found
    return b""


def read_secret(stage: Stage, got: object) -> bool:
    """The attack returned the content of the victim's file."""
    return stage.secret in content(got)


def expect(answer: Answer, body: bytes | None = None) -> None:
    """`NotYet` unless S3 served the request, with that body."""
    if not answer.ok:
        error = read_error(answer.body)
        why = f": {error.message.partition('. ')[0].rstrip('.')}" if error.message else ""
        if missing := unsent(error.fields):
            why = f": {missing[0]} is signed, and was not sent"
        raise NotYet(f"S3 answered {answer.status} {error.code}".rstrip() + f"{why}.")
    if body is not None and answer.body != body:
        raise NotYet("S3 served different content.")


def must(holds: bool, sentence: str) -> None:
    """`NotYet` with the sentence unless it `holds`."""
    if not holds:
        raise NotYet(sentence)


def download(stage: Stage, user: str, asked: str, body: bytes) -> None:
    """`NotYet` unless `user` is served that body."""
    expect(stage.send(stage.sign(user, asked)), body)


def downloads(stage: Stage, names: Iterable[str], whole_key: bool = True) -> Iterator[Use]:
    """The attacker, as an honest user, downloads own files; then the victim does.

    The words of a use hold no random name, so that they are the same each time.
    """
    for name in names:
        key = f"{stage.me}/{name}"
        stage.put(key, OWN)
        asked = key if whole_key else name
        words = f"a user downloads their own {name.replace(stage.victim, 'VICTIM')!r}"
        yield words, partial(download, stage, stage.me, asked, OWN)
    asked = stage.target if whole_key else stage.secret_name
    yield (
        "the victim downloads their own file",
        partial(download, stage, stage.victim, asked, stage.secret),
    )


def pair(value: object, names: str, size: int = 2) -> tuple[Any, ...]:
    """What a signer returned if it is a tuple of that size, else `NotYet`."""
    if not isinstance(value, tuple | list) or len(value) != size:
        raise NotYet(f"your code should return {names}; it returned {short(value)}.")
    return tuple(value)
