"""A page in the reader's own browser, where nothing can listen: JupyterLite.

The site's service worker passes the page's requests on to this kernel.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from werkzeug.test import Client

from helpers.address.browser import open_page
from strict_s3.rules.request import Request
from strict_s3.server.call import Read
from strict_s3.server.response import Response

if TYPE_CHECKING:
    from helpers.pages.server import MakeApp

_numbers = count(1)


class BrowserPage:
    """As `server.PageServer`, without a socket: its `port` is only a number of its own."""

    def __init__(self, make_app: MakeApp, port: int = 0) -> None:
        self.port = next(_numbers)
        self.url, self._end = open_page(self._to_browser, self._to_python)
        parts = urlsplit(self.url)
        self.origin = f"{parts.scheme}://{parts.netloc}"
        self.origins: tuple[str, ...] = (self.origin,)
        self.where = {"url": self.url}
        app = make_app(self.origins)
        self._max_body: int = app.config["MAX_CONTENT_LENGTH"]
        # The browser's cookies: it stores none of what a service worker answers.
        self._browser = Client(app)
        self._python = Client(app, use_cookies=False)
        self.running = True

    def stop(self) -> None:
        """Answer no more requests. Harmless when called again."""
        self.running = False
        self._end()

    def _to_browser(self, request: Request, read: Read) -> Response:
        return self._answer(self._browser, request, read)

    def _to_python(self, request: Request, read: Read) -> Response:
        return self._answer(self._python, request, read)

    def _answer(self, client: Client, request: Request, read: Read) -> Response:
        path = request.path.removeprefix(urlsplit(self.url).path)
        answer = client.open(
            f"/{path}?{request.query_string}",
            method=request.method,
            base_url=self.origin,
            headers=list(request.headers),
            data=read(self._max_body + 1),  # with a byte too many the app refuses it
        )
        headers = [(name.lower(), value) for name, value in answer.headers.items()]
        return Response(answer.status_code, headers, answer.get_data())
