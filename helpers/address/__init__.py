"""Where people reach the local S3: on this computer, or in the browser that runs the lesson."""

from __future__ import annotations

import sys

from strict_s3 import Server, start


def open_s3() -> Server:
    """A local S3 of this notebook's own, at an address that its reader's browser can open.

    Raises ServerError.
    """
    if sys.platform == "emscripten":
        from helpers.address.browser import open_s3 as open_here

        return open_here()
    return start()
