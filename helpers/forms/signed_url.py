"""GET and PUT: the models of the forms that sign a URL."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from helpers.forms import code, fields
from helpers.forms.fields import Field, Fields, FormProblem, Remark
from helpers.forms.sending import Answer, Outgoing, send
from helpers.lab import Lab
from strict_s3.redact import redact
from strict_s3.rules import checksums, sigv4

SHA256 = f"{checksums.PREFIX}sha256"  # the header


@dataclass(frozen=True)
class SignedUrl:
    """A presigned URL, and the request that it was signed for.

    `headers` are what its user has to send besides Host; `body` is what "try it" sends.
    """

    method: str
    url: str = field(repr=False)
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    size: int | None = None  # bytes that were signed, if any

    @property
    def parameters(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.url).query, keep_blank_values=True))

    @property
    def signed_headers(self) -> list[str]:
        return self.parameters["X-Amz-SignedHeaders"].split(";")

    @property
    def ends(self) -> datetime:
        """UTC."""
        life = timedelta(seconds=int(self.parameters["X-Amz-Expires"]))
        return sigv4.parse_amz_date(self.parameters["X-Amz-Date"]) + life

    def remaining(self) -> timedelta:
        return self.ends - datetime.now(UTC)

    def curl(self) -> str:
        """The request as a command for a POSIX shell; an upload sends ``FILE``. Holds the URL."""
        words = ["curl"]
        words += {"HEAD": ["--head"], "PUT": ["--upload-file", "FILE"]}.get(self.method, [])
        for name, value in self.headers.items():
            words += ["--header", f"{name}: {value}"]
        return shlex.join([*words, self.url])

    def meant(self) -> dict[str, Any]:
        """The request as it was signed, for `strict_s3.explainer.refusal`."""
        headers = dict(self.headers)
        if self.size is not None:
            headers["content-length"] = str(self.size)
        return {"method": self.method, "url": self.url, "headers": headers}

    def outgoing(self) -> Outgoing:
        return Outgoing(self.method, self.url, self.headers, self.body)


class UrlModel:
    """What GET and PUT have in common. `lab` is the S3 that the URL is for."""

    title = ""

    def __init__(self, lab: Lab, own: list[Field], **values: str) -> None:
        self.lab = lab
        self.fields = Fields([self._key(), _LIFE, *own], **values)

    @staticmethod
    def _key() -> Field:
        return Field(
            "Key",
            "Key of the object",
            check=fields.key,
            note=fields.key_note,
            placeholder="folder/name.txt",
        )

    def remark(self, name: str) -> Remark:
        """What to say beside a field."""
        return self.fields.remark(name)

    def problems(self) -> list[str]:
        """What is wrong, a sentence a field."""
        return self.fields.problems()

    def operation(self) -> str:
        """boto3's name of the operation that is signed."""
        raise NotImplementedError

    def parameters(self) -> dict[str, Any]:
        """boto3's Params besides Bucket."""
        raise NotImplementedError

    def required_headers(self) -> dict[str, str]:
        """The headers that the signature will cover, by lower-case name."""
        return {}

    def body(self) -> bytes | None:
        return None

    def code(self) -> str:
        """The code that makes the URL, complete: it needs nothing but `lab`."""
        params = {"Bucket": code.Name("lab.bucket"), **self.parameters()}
        life = int(self.fields["ExpiresIn"])
        made = code.call(
            "url = ",
            "s3.generate_presigned_url",
            self.operation(),
            Params=params,
            ExpiresIn=life,
        )
        return f"{code.CLIENT}\n{made}\n"

    def sign(self) -> SignedUrl:
        """Run the code. Raises FormProblem."""
        if self.problems():
            raise FormProblem(" ".join(self.problems()))
        try:
            url: str = code.run(self.code(), self.lab)["url"]
        except (BotoCoreError, ClientError, ParamValidationError) as problem:
            raise FormProblem(f"boto3 does not sign this: {redact(str(problem))}") from None
        size = self.parameters().get("ContentLength")
        return SignedUrl(self._method(), url, self.required_headers(), self.body(), size)

    def try_it(self, signed: SignedUrl) -> Answer:
        """Send what was signed for. Raises FormProblem."""
        return send(self.lab, signed.outgoing())

    def _method(self) -> str:
        raise NotImplementedError


_LIFE = Field(
    "ExpiresIn",
    "Seconds it lives",
    "1800",
    check=fields.seconds,
    note=fields.duration,
    placeholder="1800",
)


class GetModel(UrlModel):
    """A URL to download an object with."""

    title = "Sign a URL for downloading"

    def __init__(self, lab: Lab, **values: str) -> None:
        own = [
            Field(
                "operation",
                "What it may do",
                "get_object",
                choices=(
                    ("get_object", "GET: download the object"),
                    ("head_object", "HEAD: only its size and type"),
                ),
            ),
            Field(
                "ResponseContentDisposition",
                "Content-Disposition",
                check=fields.optional(fields.header_value),
                placeholder="optional: attachment",
            ),
            Field(
                "ResponseContentType",
                "Answer with type",
                check=fields.optional(fields.media_type),
                placeholder="optional: text/plain",
            ),
        ]
        super().__init__(lab, own, **values)

    def operation(self) -> str:
        return self.fields["operation"]

    def parameters(self) -> dict[str, Any]:
        return {
            name: self.fields[name]
            for name in ("Key", "ResponseContentDisposition", "ResponseContentType")
            if self.fields[name]
        }

    def _method(self) -> str:
        return "HEAD" if self.operation() == "head_object" else "GET"


class PutModel(UrlModel):
    """A URL to upload one object with."""

    title = "Sign a URL for uploading with PUT"

    def __init__(self, lab: Lab, **values: str) -> None:
        own = [
            Field(
                "ContentType",
                "Content type",
                check=fields.optional(fields.media_type),
                note=lambda value: "Signed: the uploader has to send it." if value else "",
                placeholder="optional: text/plain",
            ),
            Field(
                "ContentLength",
                "Exact size, bytes",
                check=fields.optional(fields.size),
                placeholder="optional: 19",
            ),
            Field(
                "ChecksumSHA256",
                "SHA-256, base64",
                check=fields.optional(fields.sha256),
                placeholder="optional: 44 characters",
            ),
            Field(
                "IfNoneMatch",
                "If the key is taken",
                choices=(("", "overwrite the object"), ("*", "refuse (If-None-Match: *)")),
                note=lambda value: "Signed: the uploader has to send it." if value else "",
            ),
            Field("body", "Text to upload", "Hello from the form"),
        ]
        super().__init__(lab, own, **values)

    def operation(self) -> str:
        return "put_object"

    def parameters(self) -> dict[str, Any]:
        found: dict[str, Any] = {"Key": self.fields["Key"]}
        for name in ("ContentType", "ChecksumSHA256", "IfNoneMatch"):
            if self.fields[name]:
                found[name] = self.fields[name]
        if self.fields["ContentLength"]:
            found["ContentLength"] = int(self.fields["ContentLength"])
        return found

    def required_headers(self) -> dict[str, str]:
        named = (
            ("content-type", "ContentType"),
            (SHA256, "ChecksumSHA256"),
            ("if-none-match", "IfNoneMatch"),
        )
        return {header: self.fields[name] for header, name in named if self.fields[name]}

    def body(self) -> bytes:
        return self.fields["body"].encode()

    def remark(self, name: str) -> Remark:
        found = self.fields.remark(name)
        if name in ("body", "ContentLength") and not found.problem:
            return Remark(self._sizes(name))
        if name == "ChecksumSHA256" and not found.problem:
            return Remark(self._checksums())
        return found

    def _sizes(self, name: str) -> str:
        """The two sizes side by side: a mismatch is no mistake, but S3 will refuse it."""
        signed = self.fields["ContentLength"]
        if self.fields.remark("ContentLength").problem or self.fields.remark("body").problem:
            return ""
        have = len(self.body())
        if name == "body":
            return f"{fields.byte_count(have)} (UTF-8)"
        if not signed:
            return "Any size, up to 5 GiB."
        if int(signed) != have:
            return f"The text below has {have}: S3 will refuse it."
        return "Signed: no byte more, no byte less."

    def _checksums(self) -> str:
        """The checksum signed and the text's own: as with the sizes, S3 is to judge."""
        signed = self.fields["ChecksumSHA256"]
        if self.fields.remark("body").problem:
            return ""
        have = fields.sha256_of(self.body())
        if not signed:
            return f"Any content. The text below has {have}"
        if signed != have:
            return f"The text below has {have}: S3 will refuse it."
        return "Signed: this content and no other. The uploader has to send it."

    def _method(self) -> str:
        return "PUT"
