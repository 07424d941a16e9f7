"""The upload page with its server and its CORS rule: in a notebook, or by ``helpers page``."""

from __future__ import annotations

import logging
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError

from helpers.errors import LabError
from helpers.lab import Lab, connect, said_yes
from helpers.pages import cors
from helpers.pages.server import LabPage
from helpers.pages.upload_page import lifecycle
from helpers.pages.upload_page.app import Options, create_app
from helpers.pages.upload_page.limits import Limits
from helpers.pages.upload_page.sessions import OneCode
from helpers.pages.upload_page.signing import HEADERS, METHODS, Signer
from helpers.pages.upload_page.store import Store
from strict_s3 import signals
from strict_s3.rules.limits import MIB


class UploadPage(LabPage):
    """Serves the page until `stop`; `url` is its address, `code` what one signs in with.

    `prefix` is where its files go in the lab's bucket. On the local S3 the rules that it needs are
    set here: the CORS rule, which `stop` takes away, and a lifecycle rule for uploads that nobody
    finishes. On a real S3 call `let_in` after asking. Raises OSError if `port` is in use.
    """

    title = "Upload page"

    def __init__(
        self,
        lab: Lab,
        prefix: str = "uploads/",
        *,
        port: int = 0,
        options: Options | None = None,
        store: Store | None = None,
    ) -> None:
        self._s3, self._bucket, self._prefix = lab.client(), lab.bucket, prefix
        signer, store = Signer(self._s3, lab.bucket, prefix), store or Store()
        options = options or Options(embedded=True)
        code = options.check.code if isinstance(options.check, OneCode) else ""
        super().__init__(
            lab, code, lambda origins: create_app(signer, store, origins, options), port
        )
        self.rule = cors.page_rule(f"upload-page-{self.port}", self.origins, METHODS, HEADERS)
        if lab.local:
            self.let_in()

    def let_in(self) -> None:
        """Add the page's CORS rule and its lifecycle rule to the bucket's."""
        self.lab.keep("cors", "lifecycle")
        cors.add_rule(self._s3, self._bucket, self.rule)
        lifecycle.add_rule(self._s3, self._bucket, self._prefix)

    @property
    def is_let_in(self) -> bool:
        """Does the bucket have already what the page needs, under whatever name?"""
        let_in = cors.lets_in(cors.rules_of(self._s3, self._bucket), self.rule)
        return let_in and lifecycle.is_covered(self._s3, self._bucket, self._prefix)

    @property
    def rules(self) -> str:
        """The rules that the bucket needs, to be read or pasted: CORS, then lifecycle."""
        return f"{cors.as_text(self.rule)}\n{cors.as_text(lifecycle.abort_rule(self._prefix))}"

    def stop(self) -> None:
        """Stop serving and take the page's CORS rule away. Harmless when called again."""
        if self.running:
            super().stop()
            try:
                cors.remove_rule(self._s3, self._bucket, self.rule["ID"])
            except EndpointConnectionError:
                if not self.lab.local:  # the local one may have been told to end, too
                    raise


def main(
    port: int | None = None, max_mib: int | None = None, store_path: Path | None = None
) -> int:
    """``python3 -m helpers page``: serve until SIGINT or SIGTERM; returns the exit status."""
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(message)s")
    for quiet in ("botocore", "boto3", "urllib3"):
        logging.getLogger(quiet).setLevel(logging.WARNING)
    local = False
    try:
        with signals.until_stopped() as wait, ExitStack() as tidying_up:
            lab = connect()
            tidying_up.callback(lab.close)
            local = lab.local
            limits = Limits(max_bytes=max_mib * MIB) if max_mib else Limits()
            store = Store(store_path)
            tidying_up.callback(store.close)
            page = _start(lab, port, Options(limits=limits), store)
            tidying_up.callback(page.stop)
            _tell(page, store)
            wait()
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


def _start(lab: Lab, port: int | None, options: Options, store: Store) -> UploadPage:
    """On the port that was asked for; else on the usual one, or the next free."""
    settings: dict[str, Any] = {"options": options, "store": store}
    if port is not None:
        return UploadPage(lab, port=port, **settings)
    try:
        return UploadPage(lab, port=USUAL_PORT, **settings)
    except OSError:
        return UploadPage(lab, **settings)


def _tell(page: UploadPage, store: Store) -> None:
    """Where the page is; on a real S3 also what would be changed, and whether it may be."""
    print(page.lab)
    if not page.lab.local and not page.is_let_in:
        print("A browser can send files to the bucket only if a CORS rule allows it, and a")
        print("lifecycle rule aborts what nobody finishes. The page needs these two:")
        print(page.rules)
        print("The CORS rule goes when the page is stopped; the lifecycle rule stays.")
        if said_yes("Add them? The bucket's other rules are kept. [y/N] "):
            page.let_in()
        else:
            print("Not added. The browser blocks uploads until there is such a CORS rule.")
    print(f"Sign-ins and limits: {store.path or 'in memory'} (SQLite)")
    print(f"Upload page: {page.url}")
    print("Sign in with a user name of your choice (a-z, 0-9, hyphen) and this code:")
    print(f"    {page.code}")
    print("Ctrl-C stops the page.", flush=True)
