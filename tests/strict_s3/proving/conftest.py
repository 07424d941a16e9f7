"""A folder with a small deployment, and a way to prove a table in it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import strict_s3

SIGNER = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "Sign",
            "Effect": "Allow",
            "Action": ["s3:PutObject", "s3:GetObject"],
            "Resource": "arn:aws:s3:::shop/in/*",
        }
    ],
}
Prove = Callable[..., strict_s3.Proof]


@pytest.fixture
def prove(tmp_path: Path) -> Prove:
    """``prove(table, **files)``: a file's name is given with ``__`` for its dot."""

    def run(table: str, **files: Any) -> strict_s3.Proof:
        for name, value in {"signer__json": SIGNER, **files}.items():
            text = value if isinstance(value, str) else json.dumps(value)
            (tmp_path / name.replace("__", ".")).write_text(text, encoding="utf-8")
        path = tmp_path / "table.prove.yaml"
        path.write_text(table, encoding="utf-8")
        return strict_s3.prove(path)

    return run


def wrong(proof: strict_s3.Proof) -> dict[str, str]:
    """What S3 said and why, by row, where it was not as expected."""
    return {str(each): f"{each.said}: {each.decided}" for each in proof if not each.passed}
