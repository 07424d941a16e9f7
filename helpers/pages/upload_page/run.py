"""The upload page with its server and its CORS rule: in a notebook, or by ``helpers page``."""

from __future__ import annotations

import logging
import sys
import threading
from contextlib import ExitStack
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError

from helpers.errors import LabError
from helpers.lab import Lab, connect, said_yes
from helpers.pages import cors
from helpers.pages.server import LabPage
from helpers.pages.upload_page.app import create_app
from helpers.pages.upload_page.sessions import RateLimit, Sessions
from helpers.pages.upload_page.signing import Limits, Signer
from strict_s3 import signals
from strict_s3.rules.limits import MIB

METHODS = ("POST", "PUT")
HEADERS = ("content-type", "content-disposition", "if-none-match")


class UploadPage(LabPage):
    """Serves the page until `stop`; `url` is its address, `code` what one signs in with.

    `prefix` is where its files go in the lab's bucket. On the local S3 the CORS rule that lets
    the page in is set here and taken away by `stop`; on a real S3 call `let_in` after asking.
    Raises OSError if `port` is in use.
    """

    title = "Upload page"

    def __init__(
        self,
        lab: Lab,
        prefix: str = "uploads/",
        *,
        port: int = 0,
        limits: Limits | None = None,
        embedded: bool = True,
        rate: RateLimit | None = None,
    ) -> None:
        self._s3, self._bucket, sessions = lab.client(), lab.bucket, Sessions()
        signer = Signer(self._s3, lab.bucket, prefix)
        super().__init__(
            lab,
            sessions.code,
            lambda origins: create_app(signer, sessions, origins, limits, embedded, rate),
            port,
        )
        self.rule = cors.page_rule(f"upload-page-{self.port}", self.origins, METHODS, HEADERS)
        if lab.local:
            self.let_in()

    def let_in(self) -> None:
        """Add the page's CORS rule to the bucket's."""
        self.lab.keep("cors")
        cors.add_rule(self._s3, self._bucket, self.rule)

    @property
    def is_let_in(self) -> bool:
        """Does a CORS rule of the bucket let the page in already?"""
        return cors.lets_in(cors.rules_of(self._s3, self._bucket), self.rule)

    def stop(self) -> None:
        """Stop serving and take the page's CORS rule away. Harmless when called again."""
        if self.running:
            super().stop()
            try:
                cors.remove_rule(self._s3, self._bucket, self.rule["ID"])
            except EndpointConnectionError:
                if not self.lab.local:  # the local one may have been told to end, too
                    raise


def main(port: int | None = None, max_mib: int | None = None) -> int:
    """``python3 -m helpers page``: serve until SIGINT or SIGTERM; returns the exit status."""
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(message)s")
    for quiet in ("botocore", "boto3", "urllib3"):
        logging.getLogger(quiet).setLevel(logging.WARNING)
    stopped = threading.Event()

    def stop(*_: object) -> None:
        if not stopped.is_set():  # once: what follows is the tidying up
            stopped.set()
            raise KeyboardInterrupt

    local = False
    try:
        with signals.handled_by(stop), ExitStack() as tidying_up:
            lab = connect()
            tidying_up.callback(lab.close)
            local = lab.local
            limits = Limits(max_bytes=max_mib * MIB) if max_mib else Limits()
            page = _start(lab, port, limits)
            tidying_up.callback(page.stop)
            _tell(page)
            # A wait with a time-out lets Windows deliver Ctrl-C.
            while not stopped.wait(0.5):
                pass
    except KeyboardInterrupt:
        pass
    except LabError as problem:
        print(problem, file=sys.stderr)
        return 1
    except OSError as problem:
        print(
            f"Port {port} on 127.0.0.1 cannot be used ({problem.strerror or problem}). "
            "Choose another with --port, or leave it out.",
            file=sys.stderr,
        )
        return 1
    except (BotoCoreError, ClientError) as problem:
        print(f"S3 refuses what the page needs: {problem}", file=sys.stderr)
        return 1
    print("Stopped." + (" The local S3 and what was uploaded are gone." if local else ""))
    return 0


USUAL_PORT = 8020


def _start(lab: Lab, port: int | None, limits: Limits) -> UploadPage:
    """On the port that was asked for; else on the usual one, or the next free."""
    settings: dict[str, Any] = {"limits": limits, "embedded": False}
    if port is not None:
        return UploadPage(lab, port=port, **settings)
    try:
        return UploadPage(lab, port=USUAL_PORT, **settings)
    except OSError:
        return UploadPage(lab, **settings)


def _tell(page: UploadPage) -> None:
    """Where the page is; on a real S3 also what would be changed, and whether it may be."""
    print(page.lab)
    if not page.lab.local and not page.is_let_in:
        print("The browser lets the page send files only if the bucket has this CORS rule:")
        print(cors.as_text(page.rule))
        if said_yes("Add it until the page is stopped? Other rules stay. [y/N] "):
            page.let_in()
        else:
            print("Not added. Uploads are blocked by the browser until there is such a rule.")
    print(f"Upload page: {page.url}")
    print(
        f"Sign in with a user name of your choice (a-z, 0-9, hyphen) and the code {page.code}. "
        "Ctrl-C stops the page.",
        flush=True,
    )
