"""Short labels and colours for the pieces of a URL, which `strict_s3.explainer` takes apart."""

from __future__ import annotations

from strict_s3.explainer import Part

_SAYS = {
    "scheme": "how it travels",
    "host": "where S3 is",
    "service": "service",
    "domain": "AWS",
    "key": "key of the object",
    "X-Amz-Algorithm": "how it was signed",
    "X-Amz-Credential": "key, day, region, service",
    "X-Amz-Date": "when it was signed, UTC",
    "X-Amz-Expires": "how many seconds it lives",
    "X-Amz-SignedHeaders": "headers that are covered",
    "X-Amz-Signature": "the proof, hidden",
    "X-Amz-Security-Token": "the session's token, hidden",
}


def label(piece: Part) -> str:
    """What the piece is, in two or three words."""
    if piece.label.startswith("response-"):
        return "asked of the answer"
    return _SAYS.get(piece.label, piece.label)


def colour(piece: Part) -> str:
    """The name of the piece's colour in the style sheet."""
    name = piece.label.removeprefix("X-Amz-").lower()
    return name if name.isidentifier() or name == "security-token" else "other"
