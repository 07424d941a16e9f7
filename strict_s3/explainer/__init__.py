"""A microscope for presigned URLs, forms and refusals. It needs `strict_s3.rules` and no S3.

    inspect_text(text)                      any of the next three, whichever was pasted
    inspect_url(text)                       what a presigned URL says, part by part
    inspect_form(post)                      a POST form, its policy as sentences
    explain(response, meant)                why S3 refused, and the fix
    read_error(text)                        code, message and fields of S3's error XML
    why(lab)                                the local S3's last decision, check by check
    inspect_cors(rules, origin, method)     what a browser asks, and what the page sees
    inspect_access(principal, action, …)    which statement of which policy decides

Every result prints as text (``print(result)``) and has its parts as attributes. None holds a
signature or a session token.
"""

from ..errors import InspectError
from .access import AccessReport, inspect_access
from .answers import ErrorDocument, Meant, read_error
from .cors import CorsReport, inspect_cors
from .decisions import Why, why
from .form import FormReport, inspect_form
from .mismatch import Difference
from .refusal import Explanation, explain
from .text import inspect_text
from .url import UrlReport, inspect_url
from .words import Part

__all__ = [
    "AccessReport",
    "CorsReport",
    "Difference",
    "ErrorDocument",
    "Explanation",
    "FormReport",
    "InspectError",
    "Meant",
    "Part",
    "UrlReport",
    "Why",
    "explain",
    "inspect_access",
    "inspect_cors",
    "inspect_form",
    "inspect_text",
    "inspect_url",
    "read_error",
    "why",
]
