"""Requests over HTTP as the table says them: no redirects, no retries, no headers of its own."""

from __future__ import annotations

import http.client
import ssl
from contextlib import closing
from urllib.parse import urlsplit

from .exchange import Received, Sent

TIMEOUT = 60  # seconds


def send(sent: Sent) -> Received:
    """The answer to one request, on a connection of its own. Raises OSError."""
    parts = urlsplit(sent.base)
    try:
        with closing(_connection(parts.scheme, parts.netloc)) as connection:
            connection.putrequest(
                sent.method, sent.target, skip_host=True, skip_accept_encoding=True
            )
            for name, value in ({"host": parts.netloc} | dict(sent.headers)).items():
                connection.putheader(name, value.encode())
            if "transfer-encoding" in sent.headers:
                chunk = b"%x\r\n%b\r\n" % (len(sent.body), sent.body) if sent.body else b""
                connection.endheaders(chunk + b"0\r\n\r\n")
            else:
                if sent.body or sent.method in ("PUT", "POST"):
                    connection.putheader("content-length", str(len(sent.body)))
                connection.endheaders(sent.body)
            response = connection.getresponse()
            body = response.read()
    except http.client.HTTPException as problem:
        raise OSError(f"{parts.netloc} gave no HTTP answer ({problem!r})") from None
    headers: dict[str, str] = {}
    for name, value in response.getheaders():
        key, value = name.lower(), _text(value)
        headers[key] = f"{headers[key]}, {value}" if key in headers else value
    return Received(response.status, headers, body)


def _text(value: str) -> str:
    """A header that came in UTF-8 was read as ISO-8859-1."""
    try:
        return value.encode("latin-1").decode()
    except UnicodeError:
        return value


def _connection(scheme: str, host: str) -> http.client.HTTPConnection:
    if scheme == "https":
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(host, timeout=TIMEOUT, context=context)
    return http.client.HTTPConnection(host, timeout=TIMEOUT)
