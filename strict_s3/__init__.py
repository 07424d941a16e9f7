"""strict_s3: a local S3 that refuses what AWS refuses, and tools for presigned URLs.

    import strict_s3

    with strict_s3.start(region="eu-west-2", bucket="demo") as s3:   # a child process
        client = s3.client()                                         # boto3, Signature Version 4
        url = client.generate_presigned_url("get_object", {"Bucket": "demo", "Key": "a.txt"}, 1800)
        with s3.later(minutes=31):
            ...                                                      # and the URL has expired
        print(s3.why())                                              # which check refused it
    with strict_s3.in_process() as s3:                               # the same without a socket
        ...

    strict_s3.Presigner(credentials, region, bucket)                 # URLs by the thousand
    strict_s3.explain(response, meant)                               # why S3 refused a request
    strict_s3.inspect_url(text)                                      # a presigned URL, part by part
    strict_s3.access_log(s3.decisions(100))                          # as S3's server access log
    strict_s3.cloudtrail(s3.decisions(100))                          # as CloudTrail's data events
    strict_s3.prove("signer.prove.yaml")                             # do these policies do that?

`__all__` is the public API. Every name is imported when it is first used, so that
``import strict_s3`` costs nothing; neither boto3 nor moto is needed until a server starts.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .errors import (
        InspectError,
        OptionError,
        PresignError,
        ProveError,
        ServerError,
        StrictS3Error,
        UploadError,
    )
    from .explainer import (
        Meant,
        explain,
        inspect_access,
        inspect_cors,
        inspect_form,
        inspect_text,
        inspect_url,
        why,
    )
    from .handle import Server
    from .inprocess import in_process
    from .logs import access_log, cloudtrail
    from .process import start
    from .proving.proof import prove
    from .proving.results import Proof
    from .signing.presigner import Credentials, Presigner

__version__ = "0.2.0"

__all__ = [
    "Credentials",
    "InspectError",
    "Meant",
    "OptionError",
    "PresignError",
    "Presigner",
    "Proof",
    "ProveError",
    "Server",
    "ServerError",
    "StrictS3Error",
    "UploadError",
    "access_log",
    "cloudtrail",
    "explain",
    "in_process",
    "inspect_access",
    "inspect_cors",
    "inspect_form",
    "inspect_text",
    "inspect_url",
    "prove",
    "start",
    "why",
]

_HOMES = {
    "start": "process",
    "in_process": "inprocess",
    "Server": "handle",
    "access_log": "logs",
    "cloudtrail": "logs",
    "Credentials": "signing.presigner",
    "Presigner": "signing.presigner",
    "Proof": "proving.results",
    "prove": "proving.proof",
}


def __getattr__(name: str) -> Any:
    """The name of `__all__` from its module (PEP 562: https://peps.python.org/pep-0562/)."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = _HOMES.get(name, "errors" if name.endswith("Error") else "explainer")
    value = globals()[name] = getattr(import_module(f".{home}", __name__), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
