"""moto, imported and set straight for this server, and its web app for what we do not do.

Together with `store` and `stored` the only code that knows moto.
"""

from __future__ import annotations

import io
import logging
import os
import sys
import threading
from datetime import datetime
from typing import Any, Literal
from urllib.parse import urlencode

from defusedxml.ElementTree import fromstring

from ...rules import sigv4, tags
from ...rules.context import hoisted_headers
from ...rules.request import Request
from ..clock import Clock

# Read by moto when it is imported: flask-cors would answer every origin with "*".
os.environ["MOTO_DISABLE_GLOBAL_CORS"] = "1"

import moto.core.utils

clock = Clock()  # replaced by the server's own, see `follow`


def _utcnow() -> datetime:
    return clock.now().replace(tzinfo=None)


# Other moto modules take this function by name when they are imported, so it has to be replaced
# before them: objects and sessions are then dated by the server's clock.
moto.core.utils.utcnow = _utcnow

import moto.s3.models  # noqa: E402
from moto.core import DEFAULT_ACCOUNT_ID  # noqa: E402
from moto.core.common_models import BaseModel  # noqa: E402
from moto.core.request import PRESERVED_HEADER_NAMES_ENVIRON_KEY  # noqa: E402
from moto.utilities.tagging_service import TaggingService  # noqa: E402

moto_s3: Any = moto.s3.models
ACCOUNT: str = DEFAULT_ACCOUNT_ID


def _permitted(*_: object) -> Any:
    from moto.iam.access_control import PermissionResult

    return PermissionResult.PERMITTED


# moto checks bucket policies too, without their conditions; ours have been checked by then.
moto_s3.FakeBucket.get_permission = _permitted
# moto keeps a reference to everything it ever made, so replaced objects would never be freed.
BaseModel.__new__ = lambda cls, *_, **__: object.__new__(cls)


def _close_at_the_end(key: Any, garbage: bool = False) -> None:
    if garbage and hasattr(key, "_value_buffer"):
        key._value_buffer.close()


# moto closes an object's file when the object is replaced, even while someone is reading it;
# here it is closed when its last reader has let go of it.
moto_s3.FakeKey.dispose = _close_at_the_end


def _put_object_tagging(backend: Any, key: Any, tags: dict[str, str] | None) -> Any:
    backend.tagger.delete_all_tags_for_resource(key.arn)
    backend.tagger.tag_resource(key.arn, backend.tagger.convert_dict_to_tags_input(tags))
    return key


# moto's own check refuses keys that S3 takes ("awards"), and says it in other words.
moto_s3.S3Backend.put_object_tagging = _put_object_tagging


def _copy_tags(tagger: Any, from_arn: str, to_arn: str) -> None:
    if from_arn != to_arn:
        tagger.delete_all_tags_for_resource(to_arn)
        copy_tags(tagger, from_arn, to_arn)


# moto's own leaves a copy the tags of the object whose place it takes.
copy_tags = TaggingService.copy_tags
TaggingService.copy_tags = _copy_tags

Service = Literal["s3", "iam"]
log = logging.getLogger(__name__)


class NotUnderstood(Exception):
    """moto raised an exception: it checks few parameters and documents before it uses them."""


# IAM's backend and the web apps take a good third of moto's import time, and the first upload
# needs neither: they are imported when they are first wanted.


def s3_backend() -> Any:
    """moto's S3 of this account. Costs a lock and a search each time."""
    return moto_s3.s3_backends[ACCOUNT]["aws"]


def iam_backends() -> Any:
    """moto's IAM, by account and partition."""
    from moto.iam.models import iam_backends as found

    return found


def _moto_app(service: Service) -> Any:
    from moto.moto_server.werkzeug_app import create_backend_app

    if service == "s3":
        from moto.s3.responses import S3Response

        # moto's own reading fails for an empty tag set, which takes all tags away.
        S3Response._tagging_from_xml = lambda self: tags.from_xml(fromstring(self.body))
    app = create_backend_app(service)
    # A key may hold "//": werkzeug would redirect to the same path with one slash.
    app.url_map.merge_slashes = False
    for rule in app.url_map.iter_rules():
        rule.merge_slashes = False
    return app


def follow(server_clock: Clock) -> None:
    """Let moto date what it stores by the server's clock."""
    global clock
    clock = server_clock


class MotoApps:
    """moto's web apps for S3 and IAM, called directly: no port, no guessing of services."""

    def __init__(self, region: str) -> None:
        self._region = region
        self._apps: dict[Service, Any] = {}
        self._loading = threading.Lock()

    def forward(
        self, service: Service, request: Request, body: bytes, access_key: str
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        """Let moto's own web app carry out a request that has been authorised."""
        app = self._app(service)
        environ = self._environ(service, request, body, access_key)
        from werkzeug.test import run_wsgi_app

        try:
            chunks, status, headers = run_wsgi_app(app, environ, buffered=True)
        except Exception as problem:
            log.warning("moto could not read a request: %r", problem)
            raise NotUnderstood from problem
        answer = b"".join(chunks)
        return int(status.split()[0]), [(n.lower(), v) for n, v in headers], answer

    def _app(self, service: Service) -> Any:
        with self._loading:
            if service not in self._apps:
                self._apps[service] = _moto_app(service)
            return self._apps[service]

    def _environ(
        self, service: Service, request: Request, body: bytes, access_key: str
    ) -> dict[str, Any]:
        kept = [(n, v) for n, v in request.query if not n.lower().startswith("x-amz-")]
        # Sub-resources ("?acl") and empty values ("prefix=") mean the same to moto.
        query = urlencode(kept)
        scope = sigv4.Scope(sigv4.amz_date(clock.now())[:8], self._region, service)
        environ = {
            "REQUEST_METHOD": request.method,
            "SCRIPT_NAME": "",
            # moto takes the key from RAW_URI; PATH_INFO only chooses the view, and a decoded line
            # break in a key would choose none.
            "PATH_INFO": sigv4.canonical_uri(request.decoded_path),
            "RAW_URI": sigv4.canonical_uri(request.decoded_path),
            "QUERY_STRING": query,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": request.source_ip,
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        spelling = {}
        for name, value in hoisted_headers(request).items():
            variable = "HTTP_" + name.upper().replace("-", "_")
            environ[variable] = value
            spelling[variable] = name
        # The environ cannot tell x-amz-meta-a_b from x-amz-meta-a-b; S3 can, and moto asks here.
        environ[PRESERVED_HEADER_NAMES_ENVIRON_KEY] = spelling
        for name in ("HTTP_TRANSFER_ENCODING", "HTTP_EXPECT", "HTTP_X_AMZ_SECURITY_TOKEN"):
            environ.pop(name, None)
        # moto reads region and caller from here; it does not verify the signature.
        environ["HTTP_AUTHORIZATION"] = (
            f"{sigv4.ALGORITHM} Credential={access_key}/{scope}, SignedHeaders=host, Signature=0"
        )
        environ["HTTP_HOST"] = "localhost"
        environ["CONTENT_TYPE"] = environ.pop("HTTP_CONTENT_TYPE", "")
        environ["CONTENT_LENGTH"] = str(len(body))
        return environ
