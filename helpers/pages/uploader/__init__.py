"""A file from the browser straight to a presigned URL or form, its progress in the notebook.

The bytes never pass through Python, so no limit of a notebook's connection applies.
"""

from helpers.pages.uploader.widget import Uploader

__all__ = ["Uploader"]
