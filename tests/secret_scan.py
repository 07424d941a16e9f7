"""Find keys, signatures and tokens in a text, however they are wrapped.

The patterns are written apart from strict_s3/redact.py on purpose: one checks the other. What AWS
has published as an example is allowed, exactly as published, and nothing else is.
"""

from __future__ import annotations

import base64
import binascii
import html
import json
import re
from collections.abc import Iterator
from urllib.parse import unquote

PATTERNS = {
    "access key id": re.compile(r"(?<![A-Z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Z0-9])"),
    # Also the hash of a canonical request or of a body: nothing that a reader needs in full.
    "signature": re.compile(r"(?<![0-9a-zA-Z])[0-9a-f]{64}(?![0-9a-zA-Z])"),
    "signature cut short": re.compile(r"X-Amz-Signature=[0-9a-f]{16,63}(?![0-9a-f])", re.I),
    "signature of version 2": re.compile(r"(?<!-)\bSignature=[A-Za-z0-9+/]{20,}={0,2}"),
    "session token": re.compile(
        r"\b(?:IQoJ|FQoG|FwoG|AQoD)[A-Za-z0-9+/]{20,}|X-Amz-Security-Token=[^\s&\"'<>…]{24,}", re.I
    ),
    "secret key": re.compile(
        r"secret[_-]?(?:access[_-]?)?key[\"']?\s*[:=>]\s*[\"']?([A-Za-z0-9/+_-]{40})(?![\w/+-])",
        re.I,
    ),
    "private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "token of another service": re.compile(r"\b(?:gh[pousr]_|github_pat_|npm_|pypi-)\w{30,}"),
}
# "Authenticating requests" in the S3 API reference (signatures and the hashes before them) and
# the IAM user guide's examples.
_PUBLISHED = """
AKIAIOSFODNN7EXAMPLE ASIAIOSFODNN7EXAMPLE AKIAI44QH8DHBEXAMPLE
wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
3bfa292879f6447bbcda7001decf97f4a54dc650c8942174ae0a9121cf58ad04
aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404
7344ae5b7ee6c3e7e6b0fe0640412a37625d1fbfff95c48bbb2dc43964946972
f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41
9e0e90d9c76de8fa5b200d8c849cd5b8dc7a3be3951ddb7f6a76b4158342019d
98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd
9766c798316ff2757b517bc739a67f6213b4ab36dd5da2f94eaebf79c77395ca
fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543
df57d21db20da04d7fa30298dd4488ba3a2b47ca3a489c74750e0f1e7df1b9b7
34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7
8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e
4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9
ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648
0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497
b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9
"""
PUBLISHED = frozenset(_PUBLISHED.split()) | {
    # The article's own example URL: printed in 2018, dead since.
    "AKIAJJWZ7B6WCRGMKFGQ",
    "12b74b0788aa036bc7c3d03b3f20c61f1f91cc9ad8873e3314255dc479a25351",
}
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{24,}={0,2}")
_HEX_DUMP = re.compile(r"\b[0-9a-f]{2}(?: [0-9a-f]{2}){15,}\b", re.I)
_DEPTH = 3  # a token in base64 in a URL in HTML


def secrets_in(text: str) -> list[str]:
    """What is found, a line each: its kind and its first characters, never the whole."""
    found = []
    for layer in _layers(text, _DEPTH):
        for kind, pattern in PATTERNS.items():
            for match in pattern.finditer(layer):
                value = match[match.lastindex or 0]
                if value not in PUBLISHED:
                    found.append(f"{kind}: {value[:8]}…")
    return list(dict.fromkeys(found))


def _layers(text: str, depth: int) -> Iterator[str]:
    """The text, and what it says once unescaped or decoded, in every order."""
    yield text
    if depth == 0:
        return
    inner = {html.unescape(text), unquote(text), _unescaped(text)} - {text}
    # Base64 is broken into lines in mail and in JSON.
    for joined in {text, re.sub(r"(?:\\n|\s)+", "", text) if len(text) < 20_000 else text}:
        inner |= {decoded for m in _BASE64.finditer(joined) if (decoded := _from_base64(m[0]))}
    for match in _HEX_DUMP.finditer(text):
        inner.add(bytes.fromhex(match[0]).decode("latin-1"))
    for layer in inner:
        yield from _layers(layer, depth - 1)


def _unescaped(text: str) -> str:
    r"""JSON's \u0026 and \" as the characters they stand for."""
    try:
        return str(json.loads(f'"{text}"')) if "\\" in text and "\n" not in text else text
    except ValueError:
        return re.sub(r"\\u([0-9a-fA-F]{4})", lambda m: chr(int(m[1], 16)), text)


def _from_base64(text: str) -> str:
    """The text inside, or nothing if it is no text."""
    padded = text.rstrip("=").replace("-", "+").replace("_", "/")
    padded = padded[: len(padded) - (len(padded) % 4 == 1)]
    try:
        raw = base64.b64decode(padded + "=" * (-len(padded) % 4))
    except binascii.Error:
        return ""
    # A few bytes that are no text do not hide the rest.
    readable = sum(32 <= byte < 127 or byte in b"\r\n\t" for byte in raw)
    return raw.decode("latin-1") if readable >= 0.9 * len(raw) else ""
