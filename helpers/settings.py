"""The .env file: which real S3 to use, if any, and as whom."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from dotenv import dotenv_values

from helpers.errors import SettingsError
from helpers.files import PROJECT
from strict_s3.rules.limits import new_bucket_name_problem

ENV_FILE = PROJECT / ".env"
REQUIRED = ("S3_ACCESS_KEY", "S3_SECRET_KEY", "S3_BUCKET", "S3_REGION")
_PLACEHOLDERS = ("anaccesskeyishere", "asecretkeyishere")


@dataclass(frozen=True)
class Settings:
    """What .env says. Keys and token stay out of the repr."""

    access_key: str
    secret_key: str = field(repr=False)
    bucket: str
    region: str
    session_token: str | None = field(default=None, repr=False)
    endpoint_url: str | None = None


def load_settings(path: Path = ENV_FILE) -> Settings | None:
    """The settings in `path`, or None if there is no such file. Raises `SettingsError`."""
    if not path.exists():
        return None
    try:
        lines = dotenv_values(path, encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as problem:
        raise SettingsError(
            f"{path.name} cannot be read ({problem}). Save it as UTF-8 text, or delete it to use "
            "the local S3."
        ) from None
    values = {name: (value or "").strip() for name, value in lines.items()}
    empty = [name for name in REQUIRED if not values.get(name)]
    if empty:
        raise SettingsError(
            f"{path.name} has no value for {', '.join(empty)}. Fill in all of "
            f"{', '.join(REQUIRED)} (see .env.example), or delete {path.name} to use the local S3."
        )
    for name, value in values.items():
        if wrong := _problem(name, value):
            raise SettingsError(f"{name} in {path.name} {wrong}")
    token = values.get("S3_SESSION_TOKEN") or None
    if values["S3_ACCESS_KEY"].startswith("ASIA") and token is None:
        raise SettingsError(
            f"S3_ACCESS_KEY in {path.name} is a temporary key (ASIA…), which works only with its "
            "S3_SESSION_TOKEN. Add the token."
        )
    return Settings(
        values["S3_ACCESS_KEY"],
        values["S3_SECRET_KEY"],
        values["S3_BUCKET"],
        values["S3_REGION"],
        token,
        values.get("S3_ENDPOINT_URL") or None,
    )


def _problem(name: str, value: str) -> str:
    """What is wrong with one value, and the fix; "" if nothing is. Keys are not shown."""
    if name in ("S3_ACCESS_KEY", "S3_SECRET_KEY", "S3_SESSION_TOKEN"):
        if value in _PLACEHOLDERS:
            return (
                "still has the value of .env.example. Write your own key there, or delete the file "
                "to use the local S3."
            )
        if re.search(r"\s", value):
            return "has a space or line break in it. Copy it again."
    if name == "S3_BUCKET" and (rule := new_bucket_name_problem(value)):
        return f"is {value!r}; {rule}. Write the name alone, without s3:// or a slash."
    if name == "S3_REGION" and not re.fullmatch(r"[a-z0-9-]+", value):
        return f"is {value!r}; write a region code, such as eu-west-2."
    if name == "S3_ENDPOINT_URL" and value and not re.match(r"https?://[^/]", value):
        return f"is {value!r}; write http:// or https:// and a host."
    return ""
