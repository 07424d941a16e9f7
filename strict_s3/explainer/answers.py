"""S3's answer, whatever library received it, and the request that was intended."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..errors import InspectError
from .errors_read import find_error, read_error
from .pasted import read_meant_text

MAX_BODY = 256 * 1024  # characters that are read; S3's longest errors have a few thousand


@dataclass(frozen=True)
class Answer:
    """What came back and, if the library knows it, what was sent.

    `status` is 0 if only the XML is known; `code` is "" if the body has no S3 error. Headers are
    by lower-case name. `operation` is boto3's name for the call.
    """

    status: int = 0
    code: str = ""
    message: str = ""
    fields: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    method: str = ""
    url: str = field(default="", repr=False)
    sent: Mapping[str, str] = field(default_factory=dict, repr=False)
    operation: str = ""


@dataclass(frozen=True)
class Meant:
    """The request as it was signed; "" and empty for what is not known.

    `headers` are those that were signed, in any spelling; `fields` are the fields of a POST form.

        explain(response, Meant("PUT", url, {"content-type": "image/png"}))
    """

    method: str = ""
    url: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict, repr=False)


def read_meant(meant: Meant | Mapping[str, Any] | str | None) -> Meant:
    """A `Meant` from a `Meant`, a dict of its fields (such as boto3's presigned post), or a URL."""
    if meant is None:
        return Meant()
    if isinstance(meant, str):
        return Meant(*read_meant_text(meant))
    if isinstance(meant, Meant):
        request = meant
    elif isinstance(meant, Mapping):
        unknown = {str(name) for name in meant} - {"method", "url", "headers", "fields"}
        if unknown:
            raise InspectError(
                f"`meant` can have method, url, headers and fields, but not {', '.join(unknown)}."
            )
        request = Meant(**{str(name): value for name, value in meant.items()})
    else:
        raise InspectError(
            "`meant` must be a URL, a Meant, or a dict of method, url, headers and fields."
        )
    return Meant(
        str(request.method or "").upper(),
        str(request.url or "").strip(),
        {str(name).lower(): str(value) for name, value in dict(request.headers or {}).items()},
        {str(name).lower(): str(value) for name, value in dict(request.fields or {}).items()},
    )


def read_answer(response: Any) -> Answer:
    """The answer in a response of requests, httpx, urllib3 or http.client, an exception that
    carries one, a boto3 ClientError, or S3's XML as text or bytes. Raises `InspectError`.
    """
    if isinstance(response, Answer):
        return response
    if isinstance(response, bytes | bytearray):
        return _from_text(bytes(response).decode("utf-8", "replace"))
    if isinstance(response, str):
        return _from_text(response)
    inner = getattr(response, "response", None)
    if isinstance(inner, Mapping):
        return _from_boto3(inner, str(getattr(response, "operation_name", "")))
    if inner is not None and hasattr(inner, "status_code"):  # requests' and httpx's exceptions
        return read_answer(inner)
    if isinstance(response, Mapping) and "ResponseMetadata" in response:
        return _from_boto3(response, "")
    for name in ("status_code", "status", "code"):
        status = getattr(response, name, None)
        if isinstance(status, int):
            return _from_http(response, status)
    raise InspectError(
        f"Expected a response of requests, httpx or urllib3, a ClientError of boto3, or S3's XML "
        f"as text, got {type(response).__name__}."
    )


def _from_text(text: str) -> Answer:
    found = find_error(text)
    if found is None:
        raise InspectError(
            "This text is not an S3 error: it has no <Error> with a <Code> in it. Paste the whole "
            "XML, from <Error> to </Error>."
        )
    status, error, operation = found
    method = "HEAD" if operation.startswith("Head") else ""
    return Answer(status, *error, text if error.code else "", method=method, operation=operation)


def _from_boto3(response: Mapping[str, Any], operation: str) -> Answer:
    error = response.get("Error") or {}
    metadata = response.get("ResponseMetadata") or {}
    code, fields = str(error.get("Code", "")), {k: str(v) for k, v in error.items()}
    status = int(metadata.get("HTTPStatusCode", 0) or 0)
    if code.isdecimal():  # for an answer without a body, boto3 puts the status there
        status, code = status or int(code), ""
    headers = _lower((metadata.get("HTTPHeaders") or {}).items())
    # Only the answer to HEAD has no body.
    method = "HEAD" if operation.startswith("Head") else ""
    message = fields.pop("Message", "") if code else ""
    fields.pop("Code", None)
    return Answer(
        status, code, message, fields, headers=headers, method=method, operation=operation
    )


def _from_http(response: Any, status: int) -> Answer:
    text = _body(response)[:MAX_BODY]
    request = getattr(response, "request", None)
    url = getattr(request, "url", None) or getattr(response, "url", None) or ""
    return Answer(
        status,
        *read_error(text),
        text,
        _lower(getattr(response, "headers", None)),
        str(getattr(request, "method", None) or "").upper(),
        str(url),
        _lower(getattr(request, "headers", None)),
    )


def _body(response: Any) -> str:
    content: Any = b""
    try:
        for name in ("content", "data"):
            content = getattr(response, name, None)
            if isinstance(content, bytes | str):
                break
        else:
            content = response.read() if callable(getattr(response, "read", None)) else b""
    except (OSError, RuntimeError, ValueError):  # the stream has been read or closed
        content = b""
    if isinstance(content, bytes):
        return content.decode("utf-8", "replace")
    return content if isinstance(content, str) else ""


def _lower(headers: Any) -> dict[str, str]:
    if headers is None:
        return {}
    pairs: Iterable[tuple[Any, Any]] = headers.items() if hasattr(headers, "items") else headers
    return {_text(name).lower(): _text(value) for name, value in pairs}


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
