"""Every error that strict_s3 raises for its user.

    StrictS3Error
     ├─ InspectError (ValueError)    the text, answer or policy to inspect cannot be read
     ├─ PresignError (ValueError)    S3 would refuse this URL, so it is not signed
     ├─ ProveError (ValueError)      a table of expectations, or a file it names, cannot be read
     ├─ UploadError (RuntimeError)   an upload in parts was aborted, or cannot begin
     ├─ OptionError (ValueError)     an argument or option of a local S3 cannot be used
     └─ ServerError (RuntimeError)   the local S3 does not start, has ended or does not answer

Each message is one sentence that names the value, the rule and the fix, so IPython shows it without
a traceback.

`rules.errors.S3Error` is a tree of its own and not an error of this product: it is S3's answer to
a request. The server turns it into XML and a client raises its own error for that, such as boto3's
ClientError. Nothing outside the engine sees one.
"""

from __future__ import annotations


class StrictS3Error(Exception):
    """The base of all errors that strict_s3 raises.

    try:
        url = signer.get("report.txt", expires=8 * 86400)
    except StrictS3Error as error:
        print(error)
    """

    def _render_traceback_(self) -> list[str]:
        """What IPython shows in place of a traceback: the sentence alone."""
        return [f"{type(self).__name__}: {self}"]


class InspectError(StrictS3Error, ValueError):
    """What is to be inspected cannot be read; the message says what to give instead."""


class PresignError(StrictS3Error, ValueError):
    """S3 would refuse this URL, so it is not signed; the message names value, rule and fix."""


class ProveError(StrictS3Error, ValueError):
    """What is to be proved cannot be read or made; the message names file, value, rule and fix."""


class UploadError(StrictS3Error, RuntimeError):
    """An upload in parts was aborted, or cannot begin; the message says why and what to do."""


class OptionError(StrictS3Error, ValueError):
    """A local S3 cannot use this argument or option; the message names value, rule and fix."""


class ServerError(StrictS3Error, RuntimeError):
    """The local S3 does not start, has ended, or does not answer; the message says which."""
