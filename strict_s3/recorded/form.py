"""The body of a POST form, signed, with whatever is to be wrong in it."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ..rules import sigv4
from .scenarios import Form, Step
from .values import Values

if TYPE_CHECKING:
    from .exchange import Signer

_BOUNDARY = "strict-s3-recorded-answers"


def form_body(step: Step, signer: Signer, values: Values) -> tuple[str, bytes]:
    """The content type and the body of the step's form."""
    form = step.form
    assert form is not None
    fields = [(name, values.fill(text)) for name, text in form.fields]
    if step.sign == "form":
        replaced = {name.lower() for name, _ in fields} | set(form.without)
        made = _signed(step, form, signer, values)
        fields += [(name, text) for name, text in made if name not in replaced]
    parts = [_part(name, text) for name, text in fields]
    if form.file is not False:
        name = f'; filename="{form.file_name}"' if form.file_name else ""
        kind = "\r\nContent-Type: application/octet-stream" if name else ""
        head = f'Content-Disposition: form-data; name="file"{name}{kind}'
        parts.append(f"{head}\r\n\r\n{form.file}")
    parts += [_part(name, values.fill(text)) for name, text in form.after]
    body = "".join(f"--{_BOUNDARY}\r\n{part}\r\n" for part in parts) + f"--{_BOUNDARY}--\r\n"
    return form.content_type or f"multipart/form-data; boundary={_BOUNDARY}", body.encode()


def _part(name: str, text: str) -> str:
    return f'Content-Disposition: form-data; name="{name}"\r\n\r\n{text}'


def _signed(step: Step, form: Form, signer: Signer, values: Values) -> Iterator[tuple[str, str]]:
    """The fields that the signature makes."""
    date = sigv4.amz_date(signer.moment)
    scope = sigv4.Scope(date[:8], signer.region, signer.service)
    own = sigv4.form_fields(signer.access_key, scope, date, signer.session_token or "")
    text = form.policy
    if not isinstance(text, str):
        end = signer.moment + timedelta(seconds=step.expires)
        expiration = form.expiration or end.strftime("%Y-%m-%dT%H:%M:%SZ")
        conditions: list[Any] = [*text, *({name: value} for name, value in own.items())]
        text = json.dumps({"expiration": expiration, "conditions": conditions})
    policy = base64.b64encode(values.fill(text).encode()).decode()
    yield from own.items()
    yield "policy", policy
    yield "x-amz-signature", sigv4.signature(sigv4.signing_key(signer.secret_key, scope), policy)
