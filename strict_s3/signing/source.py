"""Where the command ``presign`` gets its keys, bucket, region and endpoint."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

from ..errors import PresignError
from .presigner import BotoCredentials, Credentials


@dataclass(frozen=True)
class Source:
    """All of it from one place, whose `name` messages use: never mix the keys of one account with
    another account's bucket. What the place does not name is ""."""

    name: str
    credentials: Credentials | BotoCredentials
    bucket: str = ""
    region: str = ""
    endpoint: str = ""


def from_aws(profile: str | None = None) -> Source | None:
    """What boto3 would use: AWS_… of the environment, a profile, a role; None if it has no keys.

    `profile` is one of ``~/.aws/config`` or ``~/.aws/credentials``. A session that ends, such as a
    role's, is renewed as boto3 renews it. Raises `PresignError`.
    """
    # Slow to import, and only needed for this source.
    from botocore.configprovider import ConfiguredEndpointProvider
    from botocore.exceptions import BotoCoreError
    from botocore.session import Session

    session = Session(profile=profile)
    try:
        credentials = session.get_credentials()
        # AWS_REGION is what AWS's CLI and all SDKs but Python's read.
        region = os.environ.get("AWS_REGION") or session.get_config_variable("region") or ""
        endpoint = ""
        if not session.get_config_variable("ignore_configured_endpoint_urls"):
            places = (session.full_config, session.get_scoped_config(), "s3")
            endpoint = ConfiguredEndpointProvider(*places).provide() or ""
    except BotoCoreError as problem:
        raise PresignError(f"There are no keys to sign with: {problem}") from None
    if credentials is None:
        return None
    name = f"the profile {profile}" if profile else "the AWS configuration"
    return Source(name, credentials, "", region, endpoint)


def find(profile: str | None, otherwise: Callable[[], Source | None], keys_from: str) -> Source:
    """The profile's keys, or those of `otherwise`. Raises `PresignError`, with `keys_from`."""
    found = from_aws(profile) if profile else otherwise()
    if found is None:
        raise PresignError(f"There are no keys to sign with. {keys_from}")
    return found
