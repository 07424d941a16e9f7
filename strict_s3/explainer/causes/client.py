"""What SDKs and commands say before S3 has answered: no key, no network, no region."""

from __future__ import annotations

from .cause import Cause

_CREDENTIALS = "https://boto3.amazonaws.com/v1/documentation/api/latest/guide/credentials.html"
_RETRIES = "https://boto3.amazonaws.com/v1/documentation/api/latest/guide/retries.html"
_NOT_SENT = "Nothing was sent to S3."

CLIENT = (
    Cause("NoCredentialsError", "", "The program found no credentials to sign with.", _NOT_SENT,
          "Give it some: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in its environment, a profile "
          "(aws configure), or a role. A browser needs none: give it a presigned URL.",
          "Unable to locate credentials", source=_CREDENTIALS),
    Cause("ProfileNotFound", "", "There is no such profile in ~/.aws/config.", _NOT_SENT,
          "Check AWS_PROFILE and the name (aws configure list-profiles).",
          "The config profile (dev) could not be found", source=_CREDENTIALS),
    Cause("UnauthorizedSSOTokenError", "", "The single sign-on session has ended.", _NOT_SENT,
          "Sign in again: aws sso login, with the same profile.",
          "The SSO session associated with this profile has expired or is otherwise invalid.",
          source="https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-sso.html"),
    Cause("NoRegionError", "", "The program knows no region.", _NOT_SENT,
          "Give the bucket's region: region_name=…, AWS_REGION, or region in the profile.",
          "You must specify a region.", source=_CREDENTIALS),
    Cause("EndpointConnectionError", "", "The program could not reach the server.",
          f"{_NOT_SENT} The host's name is wrong (a region that does not exist, a name inside "
          "Docker), or nothing listens there, or a network is between.",
          "Check the host, and the region in it; from a container, localhost is the container.",
          "Could not connect to the endpoint URL", source="https://github.com/boto/boto3/issues/3258"),
    Cause("ReadTimeoutError", "", "The server did not answer in time, or closed the connection.",
          "A slow or broken network, a proxy's limit, or a body longer or shorter than its "
          "Content-Length.",
          "Send it again; for large files use parts (multipart), and a longer read_timeout.",
          "Read timeout on endpoint URL", source=_RETRIES),
    Cause("MissingParameter", r"label: (\w+)", "The program gave no value for {1}.", _NOT_SENT,
          "A variable is empty or undefined: look where {1} comes from (an environment variable "
          "that isn't set, perhaps).",
          "No value provided for input HTTP label: Bucket.",
          source="https://github.com/aws/aws-sdk-js-v3/issues/1204"),
    Cause("SSLError", "", "The server's certificate does not fit its name.",
          "Amazon's certificate covers one label before s3: a bucket with dots in its name doesn't "
          "fit, nor does another name that points at S3. A company's proxy also shows a "
          "certificate of its own.",
          "For dots use path style (the bucket after the host), for a name of your own CloudFront; "
          "for a proxy add its certificate (AWS_CA_BUNDLE). Don't turn the check off.",
          "certificate verify failed: Hostname mismatch, certificate is not valid",
          source="https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html"),
)  # fmt: skip
# What each says without its name, in lower case: the CLI, curl, Go, Java, JavaScript, Python.
CLIENT_MESSAGES = (
    ("unable to locate credentials", "NoCredentialsError"),
    ("could not load credentials from any providers", "NoCredentialsError"),
    ("unable to load credentials from any of the providers", "NoCredentialsError"),
    ("unable to load aws credentials", "NoCredentialsError"),
    ("no valid providers in chain", "NoCredentialsError"),
    ("failed to refresh cached credentials", "NoCredentialsError"),
    ("no valid credential sources", "NoCredentialsError"),
    ("partial credentials found", "NoCredentialsError"),
    ("error retrieving credentials from", "NoCredentialsError"),
    ("unable to sign request without credentials", "NoCredentialsError"),
    ("unable to get iam security credentials", "NoCredentialsError"),
    ("the config profile (", "ProfileNotFound"),
    ("error loading sso token", "UnauthorizedSSOTokenError"),
    ("the sso session associated with this profile has expired", "UnauthorizedSSOTokenError"),
    ("you must specify a region", "NoRegionError"),
    ("region is missing", "NoRegionError"),
    ("could not find region configuration", "NoRegionError"),
    ("invalid region: region was not a valid dns name", "NoRegionError"),
    ("no region was provided", "NoRegionError"),
    ("unable to load region from any", "NoRegionError"),
    ("no value provided for input http label", "MissingParameter"),
    ("could not connect to the endpoint url", "EndpointConnectionError"),
    ("could not resolve host", "EndpointConnectionError"),
    ("getaddrinfo enotfound", "EndpointConnectionError"),
    ("name or service not known", "EndpointConnectionError"),
    ("no such host", "EndpointConnectionError"),
    ("unknownhostexception", "EndpointConnectionError"),
    ("connection refused", "EndpointConnectionError"),
    ("connect timeout on endpoint url", "EndpointConnectionError"),
    ("read timeout on endpoint url", "ReadTimeoutError"),
    ("connection was closed before we received", "ReadTimeoutError"),
    ("econnrefused", "EndpointConnectionError"),
    ("err_name_not_resolved", "EndpointConnectionError"),
    ("err_connection_refused", "EndpointConnectionError"),
    ("err_cert_", "SSLError"),
    ("sslpeerunverifiedexception", "SSLError"),
    ("x509: certificate", "SSLError"),
    ("certificate verify failed", "SSLError"),
    ("no alternative certificate subject name matches", "SSLError"),
    ("does not match certificate's altnames", "SSLError"),
)
