"""Where the commands presign, record and inspect find keys: in variables, or in .env."""

from __future__ import annotations

import os
from collections.abc import Sequence

from helpers.errors import SettingsError
from helpers.settings import load_settings
from strict_s3 import Credentials, InspectError, PresignError
from strict_s3.explainer.keys import Keys, keys_of_profile
from strict_s3.signing.source import Source

KEYS_FROM = (
    "Keys come from --profile NAME, or, with bucket, region and endpoint, from the environment "
    "variables S3_ACCESS_KEY, S3_SECRET_KEY, S3_SESSION_TOKEN, S3_BUCKET, S3_REGION and "
    "S3_ENDPOINT_URL if the first is set, or else from .env (see .env.example)."
)


def inspect_keys(profile: str) -> Sequence[Keys]:
    """The keys that ``helpers inspect --with-keys`` tries: .env's too. Raises `InspectError`."""
    try:
        source = None if profile else presign_source()
    except PresignError as problem:
        raise InspectError(str(problem)) from None
    keys = source.credentials if source else None
    if source is None or not isinstance(keys, Credentials):
        return keys_of_profile(profile)
    own = Keys(keys.access_key, keys.secret_key, keys.session_token or "", source.name)
    try:
        return [own, *keys_of_profile()]
    except InspectError:  # there are no others
        return [own]


def presign_source() -> Source | None:
    """Where ``helpers presign`` finds its keys. Raises `PresignError`."""
    get = os.environ.get
    if get("S3_ACCESS_KEY"):
        token = get("S3_SESSION_TOKEN") or None
        keys = Credentials(get("S3_ACCESS_KEY", ""), get("S3_SECRET_KEY", ""), token)
        place = (get("S3_BUCKET", ""), get("S3_REGION", ""), get("S3_ENDPOINT_URL", ""))
        return Source("the environment", keys, *place)
    try:
        settings = load_settings()
    except SettingsError as problem:
        raise PresignError(str(problem)) from None
    if settings is None:
        return None
    keys = Credentials(settings.access_key, settings.secret_key, settings.session_token)
    return Source(".env", keys, settings.bucket, settings.region, settings.endpoint_url or "")
