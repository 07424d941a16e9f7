"""A presigned URL taken apart into labelled pieces, its secrets hidden."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from helpers.redact import HIDDEN, redact

_SAYS = {
    "X-Amz-Algorithm": "how it was signed",
    "X-Amz-Credential": "key, day, region, service",
    "X-Amz-Date": "when it was signed, UTC",
    "X-Amz-Expires": "how many seconds it lives",
    "X-Amz-SignedHeaders": "headers that are covered",
    "X-Amz-Signature": "the proof, hidden",
    "X-Amz-Security-Token": "the session's token, hidden",
}


@dataclass(frozen=True)
class Segment:
    """A piece of the URL as it is written, redacted. `kind` chooses its colour."""

    kind: str
    label: str
    text: str


def segments(url: str, bucket: str) -> list[Segment]:
    """The pieces, in order; joined, their texts are the redacted URL."""
    parts = urlsplit(url)
    found = [Segment("scheme", "how it travels", f"{parts.scheme}://")]
    path = parts.path.lstrip("/")
    if parts.netloc.startswith(f"{bucket}."):
        found += [
            Segment("bucket", "bucket", bucket),
            Segment("host", "S3 in its region", parts.netloc[len(bucket) :] + "/"),
        ]
    elif unquote(path.partition("/")[0]) == bucket:
        inside, _, path = path.partition("/")
        found += [
            Segment("host", "S3", f"{parts.netloc}/"),
            Segment("bucket", "bucket", f"{inside}/"),
        ]
    else:
        found.append(Segment("host", "host", f"{parts.netloc}/"))
    found.append(Segment("key", "key of the object", path))
    for number, pair in enumerate(parts.query.split("&") if parts.query else ()):
        name = pair.partition("=")[0]
        kind = name.removeprefix("X-Amz-").lower() if name in _SAYS else "other"
        label = _SAYS.get(name, "asked of the answer" if name.startswith("response-") else "extra")
        found.append(Segment(kind, label, ("&" if number else "?") + _hidden(pair)))
    return found


def _hidden(pair: str) -> str:
    name, equals, _ = pair.partition("=")
    if name in ("X-Amz-Signature", "X-Amz-Security-Token"):
        return f"{name}{equals}{HIDDEN}"
    return redact(pair)
