"""A widget whose JavaScript sends a file from the browser straight to a presigned URL or form.

The bytes never pass through Python, so no limit of a notebook's connection applies.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import anywidget
from botocore.exceptions import BotoCoreError, ClientError
from traitlets import Int, Unicode

from helpers.lab import Lab
from helpers.pages import cors

_STATIC = Path(__file__).parent / "static"
# VS Code's outputs have an origin of a scheme of its own, which S3 compares as it does others.
_ORIGIN = re.compile(r"(https?|vscode-webview)://[A-Za-z0-9.\[\]:-]+")


class Uploader(anywidget.AnyWidget):
    """Sends a file that is chosen in the browser to `target`: a presigned PUT URL, or a form.

    `target` is what generate_presigned_url ("put_object") or generate_presigned_post returned;
    `headers` are those that were signed for a PUT. `state` is one of waiting, sending, stored,
    refused (S3 said no: `status` and `answer` say why), failed (no answer) and cancelled; `sent`
    and `size` are in bytes. A bucket lets a notebook's page in by a CORS rule: on the local S3
    the widget adds it, on a real S3 it shows the rule and asks. `stop` takes it away again.

    The target is a bearer token. It is in no state that a notebook could save: the browser gets
    it when a file has been chosen.
    """

    _esm = _STATIC / "uploader.js"
    _css = _STATIC / "uploader.css"
    state = Unicode("waiting").tag(sync=True)
    filename = Unicode("").tag(sync=True)
    sent = Int(0).tag(sync=True)
    size = Int(0).tag(sync=True)
    status = Int(0).tag(sync=True)

    def __init__(
        self,
        lab: Lab,
        target: str | Mapping[str, Any],
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Raises ValueError if `target` is neither a presigned URL nor a form."""
        self._target = _target(target, dict(headers or {}))
        super().__init__()
        self._lab, self._s3 = lab, lab.client()
        lab.on_clean_up("stopped the uploader", self.stop)
        self._rule_name = f"uploader-{secrets.token_hex(4)}"
        self._origin = ""
        self._added = self._stopped = False
        self.answer = ""  # S3's text, for a refusal its XML
        self.on_msg(self._heard)

    def rule(self) -> dict[str, Any]:
        """The CORS rule that lets the notebook's page send to the bucket."""
        headers = {"content-type", *(name.lower() for name in self._target["headers"])}
        return cors.page_rule(
            self._rule_name, [self._origin], [self._target["method"]], sorted(headers)
        )

    def stop(self) -> None:
        """Accept no more files, and take the CORS rule away if this widget added it."""
        self._stopped = True
        self.send({"stopped": True})
        if self._added:
            self._added = False
            cors.remove_rule(self._s3, self._lab.bucket, self._rule_name)

    def __repr__(self) -> str:
        return f"Uploader ({self.state})"

    def _heard(self, _widget: object, message: dict[str, Any], _buffers: object) -> None:
        try:
            if self._stopped and "want" in message:
                self.send({"stopped": True})
            elif message.get("want") == "way in":
                self._way_in(str(message.get("origin", "")))
            elif message.get("want") == "allow" and self._origin:
                self._add()
                self.send({"ready": True})
            elif message.get("want") == "target":
                self.send({"target": self._target})
            elif "answer" in message:
                self.answer = str(message["answer"])
        except (BotoCoreError, ClientError) as problem:
            self.send({"problem": f"The bucket's CORS rules could not be read or set: {problem}"})

    def _way_in(self, origin: str) -> None:
        if not _ORIGIN.fullmatch(origin):
            self.send({"problem": f"This page has no origin that a bucket could let in: {origin}"})
            return
        self._origin = origin
        rule = self.rule()
        if not cors.lets_in(cors.rules_of(self._s3, self._lab.bucket), rule):
            if not self._lab.local:
                self.send({"ask": cors.as_text(rule)})
                return
            self._add()
        self.send({"ready": True})

    def _add(self) -> None:
        self._lab.keep("cors")
        cors.add_rule(self._s3, self._lab.bucket, self.rule())
        self._added = True


def _target(target: str | Mapping[str, Any], headers: dict[str, str]) -> dict[str, Any]:
    """What the browser needs: method, URL, headers, and the form's fields."""
    if isinstance(target, str) and "X-Amz-Signature=" in target:
        return {"method": "PUT", "url": target, "headers": headers, "fields": None}
    if isinstance(target, Mapping) and {"url", "fields"} <= set(target) and not headers:
        fields = dict(target["fields"])
        return {"method": "POST", "url": target["url"], "headers": {}, "fields": fields}
    raise ValueError(
        "target should be the URL that generate_presigned_url made for put_object, or what "
        "generate_presigned_post returned (a form, which takes no headers)."
    )
