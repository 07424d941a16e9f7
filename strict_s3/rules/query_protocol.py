"""How IAM and STS are called and how they refuse: the AWS Query protocol.

Sources: https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html,
https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/programming.html.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from urllib.parse import unquote_to_bytes

from .errors import (
    AccessDenied,
    AuthorizationHeaderMalformed,
    ExpiredToken,
    InternalError,
    InvalidAccessKeyId,
    InvalidToken,
    RequestTimeTooSkewed,
    S3Error,
    SignatureDoesNotMatch,
    xml_text,
)
from .request import Request

FORM_TYPE = "application/x-www-form-urlencoded"


class QueryError(Exception):
    """A refusal by IAM or STS: HTTP status, code and message."""

    def __init__(self, status: int, code: str, message: str) -> None:
        self.status, self.code, self.message = status, code, message
        super().__init__(f"{status} {code}: {message}")

    def to_xml(self, request_id: str) -> bytes:
        kind = "Sender" if self.status < 500 else "Receiver"
        return (
            f"<ErrorResponse><Error><Type>{kind}</Type><Code>{self.code}</Code>"
            f"<Message>{xml_text(self.message)}</Message></Error>"
            f"<RequestId>{request_id}</RequestId></ErrorResponse>"
        ).encode()


def as_query_error(error: S3Error) -> QueryError:
    """The same refusal in the words of IAM and STS."""
    match error:
        case InvalidAccessKeyId() | InvalidToken():
            return QueryError(
                403,
                "InvalidClientTokenId",
                "The security token included in the request is invalid.",
            )
        case ExpiredToken():
            return QueryError(
                403, "ExpiredToken", "The security token included in the request is expired"
            )
        case RequestTimeTooSkewed():
            sent, now = error.fields["RequestTime"], error.fields["ServerTime"]
            return QueryError(
                403,
                "SignatureDoesNotMatch",
                f"Signature expired: {sent} is more than 15 min. from the server's time {now}",
            )
        case SignatureDoesNotMatch():
            return QueryError(
                403,
                "SignatureDoesNotMatch",
                "The request signature we calculated does not match the signature you provided. "
                "Check your AWS Secret Access Key and signing method. "
                "Consult the service documentation for details.",
            )
        case AuthorizationHeaderMalformed():
            return QueryError(400, "IncompleteSignature", error.message)
        case AccessDenied():
            return QueryError(403, "AccessDenied", error.message)
        case InternalError():
            return QueryError(500, "InternalFailure", error.message)
    return QueryError(error.status, error.code, error.message)


def read_form(request: Request, body: bytes) -> dict[str, str]:
    """The parameters of a call, from the query and from the body: the only reading there is.

    What is authorised is what this returns, and so is what is carried out. A request that two
    readers could understand differently is refused: a parameter that is there twice, in whatever
    place; a body that is compressed, or no form, or not UTF-8. Raises `QueryError`.
    """
    if request.method not in ("GET", "POST"):
        raise QueryError(405, "MethodNotAllowed", f"{request.method} is not allowed: use POST.")
    if request.path not in ("", "/"):
        raise QueryError(404, "UnknownOperationException", "IAM and STS are at the path / alone.")
    coding = request.header("content-encoding", "identity")
    if coding.lower() != "identity":
        raise _unreadable(f"Content-Encoding {coding!r} is not supported")
    if body:
        _check_type(request.header("content-type"))
    form: dict[str, str] = {}
    for name, value in [*_pairs(request.query_string.encode()), *_pairs(body)]:
        if name in form:
            raise _unreadable(f"The parameter {name!r} is there more than once")
        form[name] = value
    return form


def _check_type(text: str) -> None:
    kind, *parameters = (part.strip().lower() for part in text.split(";"))
    charsets = {"charset=utf-8", 'charset="utf-8"'}
    if kind != FORM_TYPE or not charsets.issuperset(parameters):
        raise _unreadable(f"The body must be {FORM_TYPE} in UTF-8, not {text!r}")


def _pairs(text: bytes) -> Iterator[tuple[str, str]]:
    for item in text.split(b"&"):
        if item:
            name, _, value = item.partition(b"=")
            yield _decoded(name), _decoded(value)


def _decoded(text: bytes) -> str:
    try:
        return unquote_to_bytes(text.replace(b"+", b" ")).decode()
    except UnicodeDecodeError:
        raise _unreadable("A parameter is not UTF-8") from None


def _unreadable(why: str) -> QueryError:
    return QueryError(400, "InvalidQueryParameter", f"{why}.")


def check_action(form: Mapping[str, str], operations: Container[str], version: str) -> str:
    """The operation that a form names. Raises `QueryError`: MissingAction or InvalidAction.

    A form without a Version is taken to mean the only one there is. (AWS refuses it.)
    """
    action = form.get("Action", "")
    if not action:
        raise QueryError(
            400, "MissingAction", "The request is missing an action or a required parameter."
        )
    asked = form.get("Version", version)
    if action not in operations or asked != version:
        status = 404 if asked != version else 400
        message = f"Could not find operation {action} for version {asked}"
        raise QueryError(status, "InvalidAction", message)
    return action


def check_carried_out(
    service: str, action: str, params: Iterable[str], obeyed: Container[str] | None
) -> None:
    """Raises `QueryError`, NotImplemented, for what this local S3 does not carry out.

    `obeyed` are the parameters that the operation obeys; None if it is not carried out at all.
    """
    if obeyed is None:
        name, kind = action, f"an {service} operation"
    else:
        name = next((name for name in params if name not in obeyed), "")
        kind = f"a parameter of {action}"
    if name:
        message = f"{name} is {kind} that this local S3 does not carry out"
        raise QueryError(501, "NotImplemented", message)
