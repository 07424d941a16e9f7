"""Lesson 13, stop a leaked link."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, get_args

from botocore.exceptions import BotoCoreError, ClientError

from helpers.errors import NotYet
from helpers.exercises.checking import ENDS, exercise, raised, variation
from helpers.exercises.incident import Incident, Kind
from helpers.lab import Lab
from strict_s3.redact import redact

_PARTS = ("key", "signer", "downloads", "bytes")
_SIGNER = {"session": "the application's role", "key": "the newsletter's key"}
_KEPT = 30  # minutes that a new link is kept before it is used; it is good for an hour


@variation
def try_forms(lab: Lab, incident: Incident, forms: object) -> str:
    """The rows of the access log that are uploads by form."""
    if not isinstance(forms, list) or not all(isinstance(row, Mapping) for row in forms):
        raise NotYet("this should be a list of rows of the log.")
    kinds = {row.get("authtype") for row in forms}
    if not forms:
        raise NotYet("no row is left. Capitals count, and so does the name of the column.")
    if kinds != {"HtmlForm"}:
        raise NotYet(f"these rows have the authtype {', '.join(sorted(map(str, kinds)))}.")
    if len(forms) != 1:
        raise NotYet(f"{len(forms)} rows are more than there were forms.")
    return f"one form was used, and it wrote {forms[0].get('key')}."


@exercise("13", 1)
def check_found(lab: Lab, incident: Incident, found: object) -> str:
    """Which link leaked, who signed it, and what was downloaded with it."""
    if not isinstance(incident, Incident):
        raise NotYet("the first of the two is the Incident, which the cell before makes.")
    if not isinstance(found, Mapping) or set(found) != set(_PARTS):
        raise NotYet(f"this should be a dict with exactly {', '.join(_PARTS)}.")
    truth = incident.truth
    rows = incident.uses(str(found["key"]))
    if found["key"] != truth.key:
        seen = len({row["source_ip"] for row in rows})
        told = f"{seen} address{'es' if seen != 1 else ''}" if rows else "no address: no such key"
        raise NotYet(f"the links to {found['key']} were used from {told}. Which from many?")
    if found["signer"] != truth.signer:
        raise NotYet(
            f"{found['signer']!r:.80} did not sign it. The column requester, or userIdentity.arn "
            "in CloudTrail, has the whole ARN."
        )
    if found["downloads"] != truth.downloads:
        hint = "Refused requests are no downloads, and other links lead to the same object."
        raise NotYet(f"{found['downloads']!r:.20} is not how many downloads there were. {hint}")
    if found["bytes"] != truth.bytes_sent:
        raise NotYet(
            f"{found['bytes']!r:.20} is not how many bytes were sent. The column is text: add "
            "int(…) of each."
        )
    return f"{truth.key}, {truth.downloads} downloads, {truth.bytes_sent:,} bytes."


@exercise("13", 2)
def check_stop(lab: Lab, stop: object) -> str:
    """A function that stops a leaked link, whoever signed it, and lets honest work go on."""
    if not callable(stop):
        raise NotYet("this should be a function: def stop(event, s3, iam): …")
    for kind in get_args(Kind):
        incident = Incident(kind=kind)
        try:
            _judge(incident, kind, _call(stop, incident, kind))
        finally:
            incident.server.stop()
    return "both kinds of leaked link are refused, and the honest work that was tried goes on."


def _call(stop: Callable[..., Any], incident: Incident, kind: Kind) -> Mapping[str, str] | None:
    """What the learner's function returns, in a fresh incident."""
    event = next(
        event
        for event in reversed(incident.events())
        if event["requestParameters"].get("key") == incident.truth.key
    )
    where = f"with a link signed by {_SIGNER[kind]}, your function"
    try:
        new_key = stop(event, incident.s3, incident.iam)
    except (BotoCoreError, ClientError) as problem:
        raise NotYet(f"{where} was refused: {redact(str(problem))}") from None
    except ENDS as problem:
        raise NotYet(f"{where} stopped with {raised(problem)}") from None
    if new_key is None:
        return None
    if not isinstance(new_key, Mapping):
        raise NotYet(
            f"{where} returned {type(new_key).__name__}. Return a new key, which is "
            '["AccessKey"] of create_access_key, or nothing.'
        )
    key: Mapping[str, str] = new_key.get("AccessKey", new_key)
    if not _is_key(key):
        return None  # boto3's response to any other call
    if incident.can_write(key):
        raise NotYet(
            f"{where} returned a key that may write, and the newsletter's may only read. Without "
            "UserName, create_access_key makes one of the administrator."
        )
    return key


def _is_key(value: object) -> bool:
    names = ("AccessKeyId", "SecretAccessKey")
    return isinstance(value, Mapping) and all(
        isinstance(value.get(name), str) and value[name] for name in names
    )


def _judge(incident: Incident, kind: Kind, new_key: Mapping[str, str] | None) -> None:
    """`NotYet` about the first request whose answer is not as it should be."""
    by = f"The link was signed by {_SIGNER[kind]}"
    leaked = incident.leaked.url
    if incident.use(leaked) < 400:
        raise NotYet(f"the leaked link still works. {by}.")
    if not incident.is_stored():
        raise NotYet("the object is gone, and with it every honest reader's copy. Stop the link.")
    _works(incident, incident.app_works(), "the application can't read and write by header")
    signers: dict[Kind, str] = {"session": "the application", "key": "the newsletter"}
    for signer, what in signers.items():
        status = incident.new_link_works(signer, new_key)
        if status == 403 and signer == "key" == kind and new_key is None:
            raise NotYet(
                "the newsletter can't sign new links. Return a new key for it: its old one is "
                f"refused. S3 said: {incident.said()}"
            )
        _works(incident, status, f"a new link of {what} does not work")
        status = incident.new_link_works(signer, new_key, _KEPT)
        _works(incident, status, f"a new link of {what} is refused after {_KEPT} minutes")
    with incident.server.later(minutes=_KEPT):
        if incident.use(leaked) < 400:
            raise NotYet(f"{_KEPT} minutes later the leaked link works again. {by}.")


def _works(incident: Incident, status: int, problem: str) -> None:
    if status >= 400:
        raise NotYet(f"the leaked link is refused, but {problem}. S3 said: {incident.said()}")
