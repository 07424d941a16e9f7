"""The XML of IAM and STS (the AWS Query protocol), and their words for a refused signature.

Sources: https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html and
https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html.
"""

from __future__ import annotations

from collections.abc import Mapping

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


def response(action: str, result: Mapping[str, object], xmlns: str, request_id: str) -> bytes:
    """The XML of a successful call: ``<ActionResponse><ActionResult>…``."""
    return (
        f'<{action}Response xmlns="{xmlns}"><{action}Result>{_elements(result)}</{action}Result>'
        f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>"
        f"</{action}Response>"
    ).encode()


def _elements(values: Mapping[str, object]) -> str:
    text = ""
    for name, value in values.items():
        inside = _elements(value) if isinstance(value, Mapping) else xml_text(str(value))
        text += f"<{name}>{inside}</{name}>"
    return text
