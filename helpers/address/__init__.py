"""Where people reach the local S3: on this computer, behind a hub, or in their own browser."""

from __future__ import annotations

import sys

from strict_s3 import Server, start


def open_s3() -> Server:
    """A local S3 of this notebook's own, at an address that its reader's browser can open.

    Raises ServerError, and LabError if the address that was given can't be one.
    """
    if sys.platform == "emscripten":
        from helpers.address.browser import open_s3 as open_here

        return open_here()
    from helpers.address import hub

    address = hub.template()
    return hub.open_s3(address) if address else start()


def note(endpoint: str) -> str:
    """What `connect` says of that address; "" where every link opens."""
    if sys.platform == "emscripten":
        from helpers.address.browser import note as here

        return here()
    from helpers.address import hub

    return hub.note(endpoint)
