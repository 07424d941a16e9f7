"""A browser's preflight that was recorded with its answer."""

from __future__ import annotations

from .console import ConsoleReport
from .pasted import Pasted
from .repair import as_cors
from .verdict import Verdict
from .words import shown


def explain_preflight(pasted: Pasted) -> ConsoleReport:
    """What a recorded OPTIONS request asked, and what its status means."""
    sent = pasted.sent
    headers = sent.header_map
    origin = headers.get("origin", "")
    method = headers.get("access-control-request-method", "")
    asked = headers.get("access-control-request-headers", "")
    wants = f"{method or 'a request'}{f' with {asked}' if asked else ''}"
    if 200 <= sent.status < 300:
        verdict = Verdict(
            f"The preflight was allowed ({sent.status}): the page may send {shown(wants)}."
        )
    else:
        verdict = Verdict(
            f"The preflight (OPTIONS) was refused with {sent.status}: no CORS rule of the bucket "
            f"allows {shown(wants)} from {shown(origin) or 'the page'}.",
            "S3 answers a preflight by its CORS rules alone, whatever the signature; the request "
            "itself was never sent. One rule must allow origin, method and all headers together.",
            "Add a CORS rule; look at the region and the bucket in the host too.",
            True,
        )
    names = [name.strip() for name in asked.split(",") if name.strip()]
    guessed = " and ".join(n for n, said in (("origin", origin), ("method", method)) if not said)
    repairs = (as_cors(origin or "https://www.example.com", method or "PUT", names, guessed),)
    return ConsoleReport(
        shown(origin), method, shown(asked), sent.status, verdict, (), None, pasted.repairs,
        repairs if verdict.fault else (),
    )  # fmt: skip
