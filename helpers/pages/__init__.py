"""Web pages that talk to S3 from a browser.

    UploadPage    the article's full working example as one would build it today (lesson 08)
    CorsBench     tries what a bucket's CORS rules let a page do (lesson 07)
    Uploader      a widget: a file from the browser straight to a presigned URL or form

What they share: `server` serves an app on this computer, `guard` refuses what comes from
elsewhere, `cors` lets a page in at the bucket, `panel` shows a page in a notebook with S3's
answers beside it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpers import lazily

if TYPE_CHECKING:
    from helpers.pages.cors_bench.bench import CorsBench
    from helpers.pages.upload_page.run import UploadPage
    from helpers.pages.uploader import Uploader

__all__ = ["CorsBench", "UploadPage", "Uploader"]

__getattr__ = lazily(
    __name__,
    {
        "helpers.pages.cors_bench.bench": ("CorsBench",),
        "helpers.pages.upload_page.run": ("UploadPage",),
        "helpers.pages.uploader": ("Uploader",),
    },
)
