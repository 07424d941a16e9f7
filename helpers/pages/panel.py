"""A page of this computer shown in a notebook, and below it what S3 was asked and answered."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget

from helpers.lab import Lab

if TYPE_CHECKING:
    from helpers.pages.server import LabPage

_STATIC = Path(__file__).parent / "static"
_SHOWN = 20  # requests in the table
_LOOKED_AT = 100  # of the latest ones, among which the page's are


def by_page(decision: dict[str, Any], origins: Iterable[str]) -> bool:
    """Did a browser send it for a page of `origins`?

    Python's own requests carry no browser's name. A browser leaves Origin out when a link is
    opened, and says "null" when a page that sends no Referer posts a form
    (https://fetch.spec.whatwg.org/#origin-header).
    """
    is_browser = decision["user_agent"].startswith("Mozilla/")
    return is_browser and decision["origin"] in ("", "null", *origins)


def asked(decisions: Iterable[dict[str, Any]]) -> list[dict[str, str]]:
    """Decisions as rows of a table: the request, its key, the response's status, S3's reason.

    Of a refusal the reason is its code and message, and of an answer that came with CORS headers
    the rule behind them.
    """
    rows = []
    for decision in decisions:
        cors = [detail for name, passed, detail in decision["checks"] if name == "CORS" and passed]
        refusal = f"{decision['error']}: {decision['message']}" if decision["error"] else ""
        operation = "preflight" if decision["method"] == "OPTIONS" else decision["action"]
        rows.append(
            {
                "request": f"{decision['method']} {operation}".rstrip(),
                "key": _key(decision),
                "status": str(decision["status"]),
                "why": " · ".join(part for part in (refusal, *cors[-1:]) if part),
            }
        )
    return rows


def _key(decision: dict[str, Any]) -> str:
    """The object's key, or the bucket. A form names its key in a field, not in the path."""
    bucket, _, key = decision["path"].strip("/").partition("/")
    named = decision["resource"].partition(":::")[2].partition("/")[2]
    return str(key or named or bucket)


class Panel(anywidget.AnyWidget):
    """A page in a frame, opened with its code.

    Nothing of it is in the widget's state, which a notebook may save: the frame is told where it
    is when it is shown. Once the page has stopped, a sentence takes the frame's place.
    """

    _esm = _STATIC / "panel.js"
    _css = _STATIC / "panel.css"

    def __init__(self, lab: Lab, page: LabPage) -> None:
        super().__init__()
        self._lab, self._title, self._stopped = lab, page.title, False
        self._where = {**page.where, "code": page.code}
        self._origins = page.origins
        self.on_msg(self._heard)

    def stopped(self) -> None:
        """Say in the page's place that it has stopped, and how to start it again."""
        self._stopped = True
        self.send({"stopped": self._title})

    def _heard(self, _widget: object, message: dict[str, Any], _buffers: object) -> None:
        if message.get("want") == "where" and self._stopped:
            self.send({"stopped": self._title})
        elif message.get("want") == "where":
            self.send({"where": {**self._where, "title": self._title}})
        elif message.get("want") == "decisions":
            self.send({"rows": self.rows()})

    def rows(self) -> list[dict[str, str]]:
        """What is in the table: the latest requests first. Nothing on a real S3."""
        if not self._lab.local:
            return []
        decisions = self._lab.decisions(_LOOKED_AT)
        seen = [decision for decision in decisions if by_page(decision, self._origins)]
        return asked(reversed(seen[-_SHOWN:]))

    def __repr__(self) -> str:
        return f"{self._title}, with S3's answers below it"
