"""A microscope for presigned URLs, forms and refusals. It needs `helpers.rules` and no S3.

inspect_url(text)       what a presigned URL says, part by part
"""

from helpers.inspect.url import UrlReport, inspect_url
from helpers.inspect.words import InspectError, Part

__all__ = ["InspectError", "Part", "UrlReport", "inspect_url"]
