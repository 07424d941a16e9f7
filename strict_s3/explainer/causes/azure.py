"""What Azure Storage answers to a shared access signature."""

from __future__ import annotations

from .cause import Cause

_CODES = "https://learn.microsoft.com/rest/api/storageservices/common-rest-api-error-codes"
_SAS = "https://learn.microsoft.com/rest/api/storageservices/create-service-sas"
_AUTHENTICATE = "Server failed to authenticate the request."


def _detail(text: str) -> tuple[tuple[str, str], ...]:
    return (("AuthenticationErrorDetail", text),)


AZURE = (
    Cause("AuthenticationFailed", r"specified time frame: (.*)",
          "The shared access signature has expired, or is not valid yet.",
          "This is Azure's answer, not S3's. {1}",
          "Make a new shared access signature (its times are in UTC; start a few minutes early).",
          _AUTHENTICATE, _detail("Signature not valid in the specified time frame: Start [a] - "
                                 "Expiry [b] - Current [c]"), _SAS),
    Cause("AuthenticationFailed", "did not match",
          "The shared access signature does not match the request.",
          "This is Azure's answer, not S3's. A parameter was changed or left out, the path names a "
          "container or blob other than the signed one, or the account key was rotated. Azure "
          "shows the text that it signed, line by line.",
          "Compare that text with yours (permissions, times, path, version), and use the token "
          "whole: it belongs to this path and resource type (sr) alone.",
          _AUTHENTICATE, _detail("Signature did not match. String to sign used was r"),
          "https://github.com/Azure/AzureStor/issues/140"),
    Cause("AuthenticationFailed", "", "Azure Storage does not accept the signature.",
          "This is Azure's answer, not S3's: the shared access signature has expired, was changed, "
          "or an Authorization header is malformed.",
          "Make a new shared access signature, and copy the URL whole.", _AUTHENTICATE,
          source=_CODES),
    *(Cause(f"Authorization{name}", "", f"The shared access signature does not allow this: {what}.",
            "This is Azure's answer, not S3's: the signature is right, and what it grants is too "
            "little.", fix, "This request is not authorized to perform this operation.",
            source=_CODES)
      for name, what, fix in (
          ("PermissionMismatch", "its permissions (sp) are others",
           "Make one with the permission that this needs (r to read, c or w to write)."),
          ("ResourceTypeMismatch", "it is for another kind of resource (srt, sr)",
           "Make one for objects (o), containers (c) or the service (s), as this request is."),
          ("ServiceMismatch", "it is for another service (ss)",
           "Make one for Blob storage (b)."),
          ("SourceIPMismatch", "it is for other addresses (sip)",
           "Make one for the address that asks, or without sip."),
          ("ProtocolMismatch", "it is for https alone (spr)", "Ask with https."),
          ("Failure", "the account's network rules or its lack of a permission refuse it",
           "Look at the storage account's firewall, and at the permission (sp)."))),
    Cause("NoAuthenticationInformation", "", "Azure Storage saw a request without a signature.",
          "This is Azure's answer: the query was cut off, usually at & by a shell.",
          "Put the URL in quotes and copy all of it.",
          "Server failed to authenticate the request. Please refer to the information in the "
          "www-authenticate header.", source=_CODES),
    Cause("PublicAccessNotPermitted", "", "The storage account allows no public access.",
          "This is Azure's answer: the request carries no signature, or it was cut off.",
          "Use the whole URL with its shared access signature.",
          "Public access is not permitted on this storage account.", source=_CODES),
)  # fmt: skip
