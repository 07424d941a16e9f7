"""What a strict S3 is started with."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields
from urllib.parse import urlsplit

from .errors import OptionError
from .rules.limits import new_bucket_name_problem

REGION = "eu-west-2"  # where the article's bucket is
BUCKET = "presignedurldemo"  # the article's
MAX_DECISIONS = 1000  # kept for reading back

# Those of AWS, and other S3s' own: auto, RegionOne.
_REGION = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)")
# It is one of five parts between slashes of a credential, which ends at a comma.
_ACCESS_KEY = re.compile(r"[!-+\--.0-<>-~]{3,128}")
_SECRET_KEY = re.compile(r"[!-~]{1,128}")
_SECRET = re.compile(r"(?<=//)[^/]*@|(?<=[?#]).*")  # of a URL: a password, a token


def without_secrets(url: str) -> str:
    """A URL as an error message shows it.

    >>> without_secrets("https://ann:secret@hub.example/lab?token=abc")
    'https://…hub.example/lab?…'
    """
    return _SECRET.sub("…", url)


@dataclass(frozen=True)
class Options:
    """One account's S3: `region`, a first `bucket`, and the root key.

    Without `access_key` and `secret_key` the server makes a key of its own, a new one at each
    start. `public_url` is the address that people use if it isn't the one where the server
    listens (behind a proxy, in a container): ``https://s3.example/some/path``. `strict_skew`
    refuses header signatures by the moved clock alone, as AWS would if time had really passed.

    Raises `OptionError` for a value that cannot be used.

    >>> Options(region="us-east-1", bucket="demo").bucket
    'demo'
    """

    region: str = REGION
    bucket: str = BUCKET
    access_key: str = ""
    secret_key: str = field(default="", repr=False)
    public_url: str = ""
    strict_skew: bool = False

    def __post_init__(self) -> None:
        for option in fields(self):
            value, kind = getattr(self, option.name), bool if option.type == "bool" else str
            if not isinstance(value, kind):
                raise OptionError(
                    f"{option.name} is of type {type(value).__name__}; it must be "
                    f"{'True or False' if kind is bool else 'text'}."
                )
        if not _REGION.fullmatch(self.region):
            raise OptionError(
                f"region is {self.region!r}; name it as AWS does: letters, digits and hyphens, "
                "such as eu-west-2."
            )
        if problem := new_bucket_name_problem(self.bucket):
            raise OptionError(f"bucket is {self.bucket!r}; S3 creates no such bucket: {problem}.")
        self._check_keys()
        self._check_public_url()

    def _check_keys(self) -> None:
        if bool(self.access_key) != bool(self.secret_key):
            there, missing = ("access", "secret") if self.access_key else ("secret", "access")
            raise OptionError(
                f"There is {'an' if there == 'access' else 'a'} {there}_key without "
                f"{'an' if missing == 'access' else 'a'} {missing}_key. Give both, or neither to "
                "have the server make them."
            )
        if not self.access_key:
            return
        if not _ACCESS_KEY.fullmatch(self.access_key):
            raise OptionError(
                "access_key must be 3 to 128 visible ASCII characters other than '/', ',' and "
                "'='. (It is not shown here, in case it is the secret key.)"
            )
        if self.access_key.startswith("ASIA"):
            raise OptionError(
                "access_key begins with ASIA, which is a temporary key. Use one that begins with "
                "AKIA, or a name of your own."
            )
        if not _SECRET_KEY.fullmatch(self.secret_key):
            raise OptionError(
                "secret_key must be 1 to 128 visible ASCII characters, without blanks. (It is "
                "not shown here.)"
            )

    def _check_public_url(self) -> None:
        if not self.public_url:
            return
        try:
            parts = urlsplit(self.public_url)
            known = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
            more = parts.query or parts.fragment or "@" in parts.netloc
        except ValueError:  # a port that is no number, brackets that do not close
            known, more = False, ""
        if not known or more or not self.public_url.isascii() or " " in self.public_url:
            raise OptionError(
                f"public_url is {without_secrets(self.public_url)!r}; write http:// or https://, "
                "a host and perhaps a port and a path: https://s3.example.com/some/path."
            )
