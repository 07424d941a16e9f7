"""The upload page before the local S3, and a client that is signed in to it."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from helpers.lab import Lab
from helpers.pages.upload_page.app import Options, create_app
from helpers.pages.upload_page.limits import Limits
from helpers.pages.upload_page.sessions import OneCode
from helpers.pages.upload_page.signing import Signer
from helpers.pages.upload_page.store import Store

ORIGINS = ("http://127.0.0.1:8020", "http://localhost:8020")
LIMITS = Limits(max_bytes=1000)


class Ticks:
    """A clock for limits and sign-ins that only a test moves, in seconds."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Page:
    """The application, asked without a server and without a browser."""

    def __init__(self, service, prefix: str = "uploads/", **options) -> None:
        self.ticks = Ticks()
        self.store = Store(clock=self.ticks)
        self.check = options.setdefault("check", OneCode())
        options.setdefault("limits", LIMITS)
        signer = Signer(service.client(), service.bucket, prefix)
        self.app = create_app(signer, self.store, ORIGINS, Options(**options))
        self.client: FlaskClient = self.app.test_client()

    def get(self, path: str, host: str = "127.0.0.1:8020", **more):
        answer = self.client.get(path, base_url=f"http://{host}", **more)
        answer.close()  # of a file that is sent
        return answer

    def post(self, path: str, sent: object, origin: str | None = ORIGINS[0], **more):
        headers = {"Origin": origin} if origin is not None else {}
        host = more.pop("host", "127.0.0.1:8020")
        return self.client.post(path, json=sent, headers=headers, base_url=f"http://{host}", **more)

    def sign_in(self, user: str = "ann"):
        return self.post("/sign-in", {"user": user, "code": self.check.code})

    def sign(self, **changed):
        wanted = {"name": "a.png", "type": "image/png", "size": 5, "how": "post", **changed}
        return self.post("/sign", wanted)


@pytest.fixture
def page(service) -> Page:
    return Page(service)


@pytest.fixture
def ann(page) -> Page:
    """The page with somebody signed in."""
    assert page.sign_in().status_code == 200
    return page


@pytest.fixture
def lab(service) -> Lab:
    return service.lab()
