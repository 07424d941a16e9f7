"""For a Jupyter server: tell each kernel at which address its reader's browser came.

    c.ServerApp.session_manager_class = "helpers.address.sessions.Sessions"

A hub seldom tells its own address to the servers behind it, but every browser does.
"""

from __future__ import annotations

import os
import re
from typing import Any
from urllib.parse import urlsplit

from jupyter_server import CallContext
from jupyter_server.services.sessions.sessionmanager import SessionManager

PUBLIC_URL = "S3_LESSONS_PUBLIC_URL"
_OWN = ("127.0.0.1", "localhost", "::1")
_ADDRESS = re.compile(r"https://(?!127\.|localhost)[A-Za-z0-9.-]+(:\d+)?")


class Sessions(SessionManager):
    """Jupyter's own, which also sets `PUBLIC_URL` for a kernel that a browser elsewhere starts."""

    def get_kernel_env(self, path: str | None, name: Any = None) -> dict[str, str]:
        variables: dict[str, str] = super().get_kernel_env(path, name)
        handler = CallContext.get(CallContext.JUPYTER_HANDLER)
        # Jupyter has compared Origin with Host: no other site can start a kernel.
        headers = handler.request.headers if handler is not None else {}
        origin = headers.get("Origin", "")
        forwarded = f"https://{headers.get('X-Forwarded-Host', '')}"
        if urlsplit(origin).hostname in _OWN and _ADDRESS.fullmatch(forwarded):
            origin = forwarded  # Codespaces' proxy writes its own side into both, and this beside
        on_hub = "JUPYTERHUB_SERVICE_PREFIX" in os.environ
        usable = origin.startswith("http") and "_" not in origin  # boto3 accepts no such host
        if usable and (on_hub or urlsplit(origin).hostname not in _OWN):
            variables.setdefault(PUBLIC_URL, origin + handler.base_url)
        return variables
