"""The corpus of pastes: read from `pastes.jsonl`, with URLs, forms and secrets filled in."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

NOW = datetime(2026, 11, 26, 11, 40, tzinfo=UTC)
# In pieces, so that no scan for secrets takes these for real ones.
SIGNATURE = "5f" * 32
SIGNATURE_2 = "Zm9yT25lVGVzdE" + "9ubHlBQUFB"
SECRET = "madeUpSecret0" + "9876543210abcdef"
TOKEN = "IQoJb3JpZ2luX2Vj" + "TOKENTOKENa%2BbTOKEN%3D%3D"
SECRETS = (SIGNATURE, SIGNATURE_2, SECRET, "TOKENTOKENa", "TOKENTOKENb")
_QUERY = (
    "X-Amz-Algorithm=AWS4-HMAC-SHA256"
    "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20261126%2Feu-west-2%2Fs3%2Faws4_request"
    "&X-Amz-Date=20261126T113000Z&X-Amz-Expires=3600&X-Amz-SignedHeaders=host"
)
URL = (
    f"https://orchard.s3.eu-west-2.amazonaws.com/2026/pear.pdf?{_QUERY}&X-Amz-Signature={SIGNATURE}"
)
_PARTS = {
    "url": URL,
    "enc": quote(URL, safe=""),
    "temp": URL.replace("AKIA", "ASIA").replace(
        "&X-Amz-Signature", f"&X-Amz-Security-Token={TOKEN}&X-Amz-Signature"
    ),
    "v2": "https://orchard.s3.amazonaws.com/pear.pdf?AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE"
    f"&Signature={SIGNATURE_2}&Expires=1795696445",
    "mrap": "https://m1.mrap.accesspoint.s3-global.amazonaws.com/pear.pdf?"
    "X-Amz-Algorithm=AWS4-ECDSA-P256-SHA256"
    "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20261126%2Fs3%2Faws4_request"
    "&X-Amz-Date=20261126T113000Z&X-Amz-Expires=3600&X-Amz-Region-Set=%2A"
    f"&X-Amz-SignedHeaders=host&X-Amz-Signature={SIGNATURE * 2}0a0b0c0d",
}
_FIELDS = {
    "key": "user/${filename}",
    "x-amz-algorithm": "AWS4-HMAC-SHA256",
    "x-amz-credential": "AKIAIOSFODNN7EXAMPLE/20261126/eu-west-2/s3/aws4_request",
    "x-amz-date": "20261126T113000Z",
}
_ENDPOINT = "https://orchard.s3.eu-west-2.amazonaws.com/"


@dataclass(frozen=True)
class Case:
    """A line of the corpus, filled in."""

    id: str
    kind: str
    source: str
    paste: str
    says: tuple[str, ...]
    fault: bool | None
    never: tuple[str, ...] = ()
    twin: str = ""
    twin_never: tuple[str, ...] = ()


def cases() -> list[Case]:
    lines = (Path(__file__).parent / "pastes.jsonl").read_text(encoding="utf-8").splitlines()
    return [_case(json.loads(line)) for line in lines]


def _case(line: dict[str, Any]) -> Case:
    texts = {name: _filled(line.get(name, "")) for name in ("paste", "twin")}
    lists = {name: tuple(line.get(name, ())) for name in ("says", "never", "twin_never")}
    return Case(line["id"], line["kind"], line["source"], fault=line["fault"], **texts, **lists)


def _filled(text: str) -> str:
    text = text.replace("{account}", "0123456789abcdef" * 2).replace("{secret}", SECRET)
    text = re.sub(r"\{form:([\w-]+)\}", lambda match: _form(match[1]), text)
    text = text.replace("{lower}", URL.lower())
    text = text.replace("{url-3}", URL[:-3]).replace("{target}", URL.partition(".com")[2])
    text = text.replace("{sig}", SIGNATURE).replace("{sig2}", SIGNATURE_2)
    return re.sub(r"\{(url|enc|temp|v2|mrap)((?:\|[^{}]*)?)\}", _replaced, text)


def _replaced(match: re.Match[str]) -> str:
    text = _PARTS[match[1]]
    for item in match[2].split("|")[1:]:
        old, _, new = item.partition("→")
        text = text.replace(old, new)
    return text


def _policy(expiration: str = "2026-11-26T12:30:00Z", *more: Any) -> str:
    own = [{name: value} for name, value in _FIELDS.items() if name != "key"]
    conditions = [{"bucket": "orchard"}, ["starts-with", "$key", "user/"], *own, *more]
    document = json.dumps({"expiration": expiration, "conditions": conditions})
    return base64.b64encode(document.encode()).decode()


def _form(shape: str) -> str:
    """A form in one of the shapes in which people have it."""
    fields = {**_FIELDS, "policy": _policy(), "x-amz-signature": SIGNATURE}
    url = _ENDPOINT
    if shape == "expired":
        fields["policy"] = _policy("2026-11-26T11:00:00Z")
    elif shape == "extra":
        fields["x-amz-meta-a"] = "1"
    elif shape == "unmet":
        fields["policy"] = _policy("2026-11-26T12:30:00Z", {"acl": "private"})
    elif shape == "temporary":
        fields = {name: value.replace("AKIA", "ASIA") for name, value in fields.items()}
        own = [{"bucket": "orchard"}, ["starts-with", "$key", "user/"]]
        own += [{name: fields[name]} for name in _FIELDS if name != "key"]
        document = json.dumps({"expiration": "2026-11-26T12:30:00Z", "conditions": own})
        fields["policy"] = base64.b64encode(document.encode()).decode()
    elif shape == "json-short":
        fields["x-amz-signature"] = SIGNATURE[:60]
    elif shape == "r2":
        url = f"https://orchard.{'0123456789abcdef' * 2}.r2.cloudflarestorage.com/"
    return _written(shape, url, fields)


def _written(shape: str, url: str, fields: dict[str, str]) -> str:
    inputs = "".join(f'<input type="hidden" name="{n}" value="{v}">' for n, v in fields.items())
    pairs = [{"name": name, "value": value} for name, value in fields.items()]
    lines = "\n".join(f"  '{name}': '{value}'," for name, value in fields.items())
    appends = "".join(f"form.append('{name}', '{value}');\n" for name, value in fields.items())
    form = f'<form action="{url}" method="post" enctype="multipart/form-data">'
    shapes = {
        "python": lambda: repr({"url": url, "fields": fields}),
        "js": lambda: f"{{ postURL: '{url}', formData: {{\n{lines}\n}} }}",
        "list": lambda: json.dumps({"url": url, "fields": pairs}),
        "lines": lambda: "\n".join(f"{name}: {value}" for name, value in fields.items()),
        "html": lambda: form + inputs,
        "html-plain": lambda: f'<form action="{url}" method="post">{inputs}',
        "query": lambda: urlencode(fields),
        "html-file": lambda: f'{form}<input type="file" name="file">{inputs}</form>',
        "curl": lambda: "curl" + "".join(f" -F '{name}={value}'" for name, value in fields.items()),
        "append": lambda: f"{appends}form.append('file', file);\nfetch('{url}', {{ body: form }})",
        "go": lambda: f"{url} map[{' '.join(f'{n}:{v}' for n, v in fields.items())}]",
        "policy": lambda: fields["policy"],
        "parts": lambda: (
            "".join(
                f'--X\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n'
                for n, v in fields.items()
            )
            + '--X\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n'
            "Content-Type: text/plain\r\n\r\nhello\r\n--X--\r\n"
        ),
    }
    return shapes.get(shape, lambda: json.dumps({"url": url, "fields": fields}))()
