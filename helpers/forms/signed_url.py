"""GET and PUT: the models of the forms that sign a URL."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from helpers.forms import code, fields
from helpers.forms.fields import Field, Remark
from helpers.forms.model import FormModel
from helpers.forms.sending import Answer, Outgoing, method_of, send
from helpers.lab import Lab
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


_URL_FIELDS = (
    Field(
        "Key",
        "Key of the object",
        check=fields.key,
        note=fields.key_note,
        placeholder="folder/name.txt",
    ),
    Field(
        "ExpiresIn",
        "Lifetime in seconds",
        "1800",
        check=fields.seconds,
        note=fields.duration,
        placeholder="1800",
    ),
)


class UrlModel(FormModel):
    """What GET and PUT have in common.

    `headers` are those that the signature covers, each with the field that fills it in. With
    `optional` these are boto3's parameters, if they are filled in.
    """

    headers: tuple[tuple[str, str], ...] = ()
    optional: tuple[str, ...] = ()

    def __init__(self, lab: Lab, **values: str) -> None:
        super().__init__(lab, None, **values)

    def operation(self) -> str:
        """boto3's name of the operation that is signed."""
        raise NotImplementedError

    def parameters(self) -> dict[str, Any]:
        """boto3's Params besides Bucket."""
        names = ("Key", *self.optional, *(name for _, name in self.headers))
        return {name: self.fields[name] for name in names if self.fields[name]}

    def body(self) -> bytes | None:
        return None

    def code(self) -> str:
        made = code.call(
            "url = ",
            "s3.generate_presigned_url",
            self.operation(),
            Params={"Bucket": code.Name("lab.bucket"), **self.parameters()},
            ExpiresIn=int(self.fields["ExpiresIn"]),
        )
        return f"{code.CLIENT}\n{made}\n"

    def sign(self) -> SignedUrl:
        """Run the code. Raises FormProblem, and what boto3 raises."""
        url = self.run()["url"]
        headers = {header: self.fields[name] for header, name in self.headers if self.fields[name]}
        size = self.parameters().get("ContentLength")
        return SignedUrl(method_of(self.operation()), url, headers, self.body(), size)

    def try_it(self, signed: SignedUrl) -> Answer:
        """Send what was signed for. Raises FormProblem."""
        return send(self.lab, signed.outgoing())


class GetModel(UrlModel):
    """A URL to download an object with, or (``head_object``) to ask for its size and type."""

    title = "Sign a URL for downloading"
    optional = ("ResponseContentDisposition", "ResponseContentType")

    own = (
        *_URL_FIELDS,
        Field(
            "operation",
            "What it allows",
            "get_object",
            choices=(
                ("get_object", "GET: download the object"),
                ("head_object", "HEAD: only its size and type"),
            ),
        ),
        Field(
            "ResponseContentDisposition",
            "Content-Disposition",
            check=fields.optional(fields.saved_as),
            placeholder="optional: attachment",
        ),
        Field(
            "ResponseContentType",
            "Answer with type",
            check=fields.optional(fields.media_type),
            placeholder="optional: text/plain",
        ),
    )

    def operation(self) -> str:
        return self.fields["operation"]


def _has_to_send(value: str) -> str:
    return "Signed: the uploader has to send it." if value else ""


class PutModel(UrlModel):
    """A URL to upload one object with."""

    title = "Sign a URL for uploading with PUT"
    headers = (
        ("content-type", "ContentType"),
        (SHA256, "ChecksumSHA256"),
        ("if-none-match", "IfNoneMatch"),
    )

    own = (
        *_URL_FIELDS,
        Field(
            "ContentType",
            "Content type",
            check=fields.optional(fields.media_type),
            note=_has_to_send,
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
            note=_has_to_send,
        ),
        Field("body", "Text to upload", "Hello from the form"),
    )

    def operation(self) -> str:
        return "put_object"

    def parameters(self) -> dict[str, Any]:
        size = self.fields["ContentLength"]
        return super().parameters() | ({"ContentLength": int(size)} if size else {})

    def body(self) -> bytes:
        return self.fields["body"].encode()

    def remark(self, name: str) -> Remark:
        compared = {"body": self._size, "ContentLength": self._sizes, "ChecksumSHA256": self._sums}
        remark = super().remark(name)
        if remark.problem or name not in compared:
            return remark
        return Remark("" if super().remark("body").problem else compared[name]())

    def _size(self) -> str:
        return f"{fields.byte_count(len(self.body()))} (UTF-8)"

    def _sizes(self) -> str:
        """The two sizes side by side: a mismatch is no mistake, but S3 will refuse it."""
        signed, have = self.fields["ContentLength"], len(self.body())
        if not signed:
            return "Any size, up to 5 GiB."
        if int(signed) != have:
            return f"The text below has {have}: S3 will refuse it."
        return "Signed: no byte more, no byte less."

    def _sums(self) -> str:
        """The checksum signed and the text's own: as with the sizes, S3 is to judge."""
        signed, have = self.fields["ChecksumSHA256"], fields.sha256_of(self.body())
        if not signed:
            return f"Any content. The checksum of the text below is {have}"
        if signed != have:
            return f"The checksum of the text below is {have}: S3 will refuse it."
        return "Signed: this content and no other. The uploader has to send it."
