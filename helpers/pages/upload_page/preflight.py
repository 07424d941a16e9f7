"""Why a browser may not send files to the bucket: what it hides from a page, S3 tells a server."""

from __future__ import annotations

from typing import Any

import requests

from helpers.pages.upload_page.signing import HEADERS, Signer
from strict_s3.explainer import read_error

_WAIT = 5  # seconds for S3's response


def probe(signer: Signer, how: str) -> str:
    """A URL to ask a preflight for; nobody can do anything else with it."""
    url: str = signer.s3.generate_presigned_post(signer.bucket, "k")["url"]
    return url if how == "post" else f"{url.rstrip('/')}/{signer.prefix}"


def ask_preflight(url: str, how: str, origin: str) -> dict[str, Any]:
    """S3's response to the preflight that a browser at `origin` sends before an upload."""
    asked = {"Origin": origin, "Access-Control-Request-Method": how.upper()}
    if how == "put":
        asked["Access-Control-Request-Headers"] = ",".join(sorted(HEADERS))
    try:
        response = requests.options(url, headers=asked, timeout=_WAIT)
    except requests.RequestException:
        return {"reached": False, "allowed": False, "code": "", "message": ""}
    allowed = response.headers.get("access-control-allow-origin") in (origin, "*")
    code, message, _ = read_error(response.content)
    return {"reached": True, "allowed": response.ok and allowed, "code": code, "message": message}
