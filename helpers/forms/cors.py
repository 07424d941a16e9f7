"""CORS: the model of the form that sets a bucket's rules and plays a page's request."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from helpers.forms import code, fields
from helpers.forms.fields import Field, Fields, FormProblem, Remark
from helpers.forms.post import PostModel
from helpers.forms.rows import RowModel
from helpers.forms.sending import Answer, Outgoing, send
from helpers.lab import Lab
from strict_s3.explainer import CorsReport, InspectError, inspect_cors
from strict_s3.rules.cors import METHODS

_OPERATIONS = {
    "GET": "get_object",
    "HEAD": "head_object",
    "PUT": "put_object",
    "DELETE": "delete_object",
}


class RuleRow(RowModel):
    """A rule: lists are written with commas."""

    def __init__(self, **values: str) -> None:
        super().__init__(
            [
                Field("origins", "origins", placeholder="https://www.example.com", room=30),
                Field("methods", "methods", placeholder="GET, PUT", room=20),
                Field("headers", "headers", placeholder="content-type", room=20),
                Field("expose", "may be read", placeholder="ETag"),
                Field("age", "seconds kept", placeholder="3000", room=8),
            ],
            **values,
        )

    def rule(self) -> dict[str, Any]:
        """As boto3 takes it."""
        names = {
            "AllowedOrigins": "origins",
            "AllowedMethods": "methods",
            "AllowedHeaders": "headers",
            "ExposeHeaders": "expose",
        }
        found: dict[str, Any] = {
            element: values for element, name in names.items() if (values := self._list(name))
        }
        if self["age"]:
            found["MaxAgeSeconds"] = int(self["age"])
        return found

    def problem(self) -> str:
        if wrong := super().problem():
            return wrong
        if not self._list("origins"):
            return "origins: a rule needs one: write https://www.example.com, or * for any."
        if not self._list("methods"):
            return f"methods: a rule needs one: write some of {', '.join(METHODS)}."
        if self["age"] and not (self["age"].isascii() and self["age"].isdecimal()):
            return f"seconds kept: {fields.shorten(self['age'])} is no whole number: write 3000."
        for origin in self._list("origins"):
            if origin.endswith("/"):
                return f"origins: {origin} ends with a slash, and no origin does: delete it."
        try:
            # S3's own reading, the one that the server uses.
            inspect_cors([self.rule()], "https://www.example.com", "GET")
        except InspectError as problem:
            return str(problem)
        return ""

    def hint(self) -> str:
        if "*" in self._list("origins"):
            return "Any page of any site may make these requests with a URL that it has."
        return ""

    def _list(self, name: str) -> list[str]:
        return [one.strip() for one in self[name].split(",") if one.strip()]


@dataclass(frozen=True)
class Step:
    """A request that was sent, and what came back."""

    what: str
    outgoing: Outgoing
    answer: Answer

    @property
    def cors_headers(self) -> tuple[tuple[str, str], ...]:
        """What tells the browser that the page may see the answer."""
        return tuple(
            (name, value)
            for name, value in self.answer.headers
            if name.lower().startswith("access-control-")
        )


class CorsModel:
    """A bucket's rules, and a page that makes a request."""

    title = "Let a page in with CORS"

    def __init__(self, lab: Lab, rows: Iterable[RuleRow] | None = None, **values: str) -> None:
        self.lab = lab
        methods = tuple((method, method) for method in METHODS)
        self.fields = Fields(
            [
                Field("origin", "A page of", "https://www.example.com", check=_origin),
                Field("method", "sends", "PUT", choices=methods),
                Field("headers", "with the headers", "content-type: text/plain", check=_headers),
                Field("Key", "for the key", "lesson-07/from-the-form.txt", check=fields.key),
            ],
            **values,
        )
        self.rows = list(usual_rows() if rows is None else rows)

    def remark(self, name: str) -> Remark:
        return self.fields.remark(name)

    def new_row(self) -> RuleRow:
        return RuleRow()

    def row_remark(self, row: RowModel) -> Remark:
        return row.row_remark()

    def problems(self) -> list[str]:
        rows = [self.row_remark(row) for row in self.rows]
        found = [f"Rule {n}: {r.text}" for n, r in enumerate(rows, 1) if r.problem]
        if not self.rows:
            found.append("Rule: a configuration needs at least one: add a rule.")
        return self.fields.problems() + found

    def code(self) -> str:
        """The code that sets the rules, complete: it needs nothing but `lab`."""
        made = code.call(
            "",
            "s3.put_bucket_cors",
            Bucket=code.Name("lab.bucket"),
            CORSConfiguration={"CORSRules": [row.rule() for row in self.rows]},
        )
        return f"{code.CLIENT}\n{made}\n"

    def verdict(self) -> CorsReport:
        """What the browser asks, which rule answers, what the page sees. Raises FormProblem."""
        self._check()
        try:
            return inspect_cors(
                [row.rule() for row in self.rows],
                self.fields["origin"],
                self.fields["method"],
                self._headers(),
            )
        except InspectError as problem:
            raise FormProblem(str(problem)) from None

    def put(self) -> None:
        """Run the code: the bucket's rules are then these. Raises FormProblem."""
        self._check()
        code.run(self.code(), self.lab)

    def as_a_browser(self) -> list[Step]:
        """Ask first if a browser would, and go on if the answer lets it. Raises FormProblem."""
        report, request = self.verdict(), self._request()
        origin = {"Origin": self.fields["origin"]}
        steps = []
        if report.preflight is not None:
            url = request.url.partition("?")[0]
            steps.append(self._step("asks", Outgoing("OPTIONS", url, dict(report.preflight))))
            if steps[0].answer.refused:
                return steps
        sent = replace(request, headers={**request.headers, **origin})
        return [*steps, self._step("sends", sent)]

    def without_a_browser(self) -> list[Step]:
        """The same request from a program: it asks nothing first. Raises FormProblem."""
        self._check()
        return [self._step("is sent", self._request())]

    def _step(self, what: str, outgoing: Outgoing) -> Step:
        return Step(what, outgoing, send(self.lab, outgoing))

    def _request(self) -> Outgoing:
        """The presigned request of the page, without an Origin."""
        method, key, headers = self.fields["method"], self.fields["Key"], self._headers()
        if method == "POST":
            form = PostModel(self.lab, [], Key=key).sign().outgoing()
            return replace(form, headers={**headers, **form.headers})
        params: dict[str, Any] = {"Bucket": self.lab.bucket, "Key": key}
        meta = "x-amz-meta-"
        if method == "PUT":
            if "content-type" in headers:
                params["ContentType"] = headers["content-type"]
            notes = {n.removeprefix(meta): v for n, v in headers.items() if n.startswith(meta)}
            if notes:
                params["Metadata"] = notes
        s3 = self.lab.client()
        url = s3.generate_presigned_url(_OPERATIONS[method], params, ExpiresIn=300)
        s3.close()
        return Outgoing(method, url, headers, b"Hello from the form" if method == "PUT" else None)

    def _headers(self) -> dict[str, str]:
        return dict(_pairs(self.fields["headers"]))

    def _check(self) -> None:
        if self.problems():
            raise FormProblem(" ".join(self.problems()))


def usual_rows() -> list[RuleRow]:
    """One origin, the two methods of the lessons, the header that an upload needs."""
    return [
        RuleRow(
            origins="https://www.example.com",
            methods="GET, PUT",
            headers="content-type",
            expose="ETag",
            age="3000",
        )
    ]


def _pairs(text: str) -> list[tuple[str, str]]:
    found = [one.partition(":") for one in text.split(",") if one.strip()]
    return [(name.strip().lower(), value.strip()) for name, _, value in found]


def _headers(value: str) -> str:
    for one in value.split(","):
        name, colon, text = one.strip().partition(":")
        if one.strip() and not (colon and name.strip() and text.strip()):
            return f"{fields.shorten(one.strip())} is no header: write name: value."
    return fields.header_value(value.strip())


def _origin(value: str) -> str:
    try:
        inspect_cors(None, value, "GET")
    except InspectError as problem:
        return str(problem)
    return ""
