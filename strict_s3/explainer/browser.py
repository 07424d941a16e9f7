"""What a browser says of a request that it blocks by itself, for a reason other than CORS.

Sources: https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/CSP,
https://developer.mozilla.org/en-US/docs/Web/Security/Mixed_content,
https://github.com/annevk/orb and https://wicg.github.io/private-network-access/.
"""

from __future__ import annotations

import re

from .documents import DocumentReport
from .pasted import Pasted
from .url import UrlReport
from .verdict import Verdict
from .words import shown

_NOT_SENT = "The browser did not send it, so S3 has nothing to do with this."
# (what the browser says, what that means, why, the fix)
_BLOCKS = (
    (r"Content[- ]Security[- ]Policy[^\n]{0,400}?\b((?:connect|img|media|script|style|font|object"
     r"|frame|default|worker)-src|form-action)\b",
     "The page's own Content Security Policy forbids the request: {1}.", _NOT_SENT,
     "Add the bucket's host to {1} in the page's policy (connect-src for fetch, img-src for "
     "images, form-action for forms)."),
    (r"Mixed Content: |blocked loading mixed active content",
     "The page came by https, and the URL is http.", _NOT_SENT,
     "Sign an https URL: endpoint_url with https://. (http://localhost is allowed.)"),
    (r"more-private address space|Private Network Access|the `(?:loopback|local)` address space",
     "The browser keeps a public page from a private address.",
     "The page is from the internet or of http, and the server's address is local (Private Network "
     "Access).",
     "Open the page from the same network over https, or give the server a public address."),
    (r"ERR_BLOCKED_BY_ORB|OpaqueResponseBlocking|Cross-Origin Read Blocking|\(CORB\)",
     "The browser kept the answer from the page: it is not what the element asked for.",
     "An img, script or video got something else, most often S3's error as XML.",
     "Open the URL itself, or look at the response in the network panel: S3's XML says why."),
    (r"ERR_BLOCKED_BY_CLIENT", "An extension of the browser blocked the request.", _NOT_SENT,
     "Allow the bucket's host in the blocker, or try without extensions."),
)  # fmt: skip
_MARKS = ("Security", "Mixed Content", "mixed active", "address space", "Private Network",
          "BLOCKED_BY", "OpaqueResponse", "Read Blocking")  # fmt: skip


def read_block(
    text: str, pasted: Pasted | None, request: UrlReport | None
) -> DocumentReport | None:
    """The report on a browser's line that says that it blocked a request; None if there is none."""
    if not any(mark in text for mark in _MARKS):
        return None
    for pattern, what, why, fix in _BLOCKS:
        match = re.search(pattern, text)
        if match:
            directive = match[1] if match.groups() else ""
            what, fix = (each.replace("{1}", shown(directive)) for each in (what, fix))
            findings = tuple(each for each in request.findings if each.fault) if request else ()
            facts = request.facts if request else ()
            repairs = pasted.repairs if pasted else ()
            return DocumentReport(
                "browser's refusal", Verdict(what, why, fix, True), facts, findings, repairs
            )
    return None
