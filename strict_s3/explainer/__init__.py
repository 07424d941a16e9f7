"""A microscope for presigned URLs, forms and refusals. It needs `strict_s3.rules` and no S3.

    inspect_text(text)                      whatever was pasted: a URL, a command, a form, an error,
                                            a browser's CORS line, CORS rules, a policy
    inspect_url(text)                       what a presigned URL says, part by part
    inspect_form(post)                      a POST form, its policy as sentences
    explain(response, meant)                why S3 refused, and the fix
    read_error(text)                        code, message and fields of S3's error XML
    why(server)                             the local S3's last decision, check by check
    inspect_cors(rules, origin, method)     what a browser asks, and what the page sees
    inspect_access(principal, action, …)    which statement of which policy decides

Every result prints as text (``print(result)``) and has its parts as attributes. None holds a
signature or a session token.
"""

from ..errors import InspectError
from .access import AccessReport, inspect_access
from .answers import Meant
from .console import ConsoleReport
from .cors import CorsReport, inspect_cors
from .decisions import Why, why
from .documents import DocumentReport
from .errors_read import ErrorDocument, read_error
from .form import FormReport, inspect_form
from .mismatch import Difference
from .refusal import Explanation, explain
from .render import Report
from .text import inspect_text
from .url import UrlReport, inspect_url
from .verdict import Finding, Verdict
from .words import Part

__all__ = [
    "AccessReport",
    "ConsoleReport",
    "CorsReport",
    "Difference",
    "DocumentReport",
    "ErrorDocument",
    "Explanation",
    "Finding",
    "FormReport",
    "InspectError",
    "Meant",
    "Part",
    "Report",
    "UrlReport",
    "Verdict",
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
