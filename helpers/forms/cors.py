"""CORS: the model of the form that sets a bucket's rules and plays a page's request."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from helpers.forms import code, fields
from helpers.forms.fields import Field
from helpers.forms.model import FormModel, RowModel
from helpers.forms.post import PostModel
from helpers.forms.sending import Answer, Outgoing, presigned, send
from strict_s3.explainer import CorsReport, InspectError, inspect_cors
from strict_s3.rules.cors import METHODS

# The elements of a rule that are lists, and the row's field for each.
_LISTS = {
    "AllowedOrigins": "origins",
    "AllowedMethods": "methods",
    "AllowedHeaders": "headers",
    "ExposeHeaders": "expose",
}


class RuleRow(RowModel):
    """A rule: lists are written with commas."""

    own = (
        Field("origins", "origins", placeholder="https://www.example.com", room=30),
        Field("methods", "methods", placeholder="GET, PUT", room=20),
        Field("headers", "headers", placeholder="content-type", room=20),
        Field("expose", "can be read", placeholder="ETag"),
        Field("age", "seconds kept", placeholder="3000", room=8),
    )

    def rule(self) -> dict[str, Any]:
        """As boto3 takes it."""
        lists = {element: self.listed(name) for element, name in _LISTS.items()}
        rule: dict[str, Any] = {element: values for element, values in lists.items() if values}
        return rule | ({"MaxAgeSeconds": int(self["age"])} if self["age"] else {})

    def problem(self) -> str:
        if wrong := super().problem():
            return wrong
        if not self.listed("origins"):
            return "origins: a rule needs one: write https://www.example.com, or * for any."
        if not self.listed("methods"):
            return f"methods: a rule needs one: write some of {', '.join(METHODS)}."
        if self["age"] and (wrong := fields.whole_number(self["age"], "seconds", "3000")):
            return f"seconds kept: {wrong}"
        for origin in self.listed("origins"):
            if origin.endswith("/"):
                return f"origins: {origin} ends with a slash, and no origin does: delete it."
        try:
            # S3's own reading, the one that the server uses.
            inspect_cors([self.rule()], "https://www.example.com", "GET")
        except InspectError as problem:
            return str(problem)
        return ""

    def hint(self) -> str:
        if "*" in self.listed("origins"):
            return "Scripts on any site can send these requests, if they have a URL for them."
        return ""


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


def _pairs(text: str) -> list[tuple[str, str]]:
    pairs = [pair.partition(":") for pair in text.split(",") if pair.strip()]
    return [(name.strip().lower(), value.strip()) for name, _, value in pairs]


def _headers(value: str) -> str:
    for pair in value.split(","):
        name, colon, text = pair.strip().partition(":")
        if pair.strip() and not (colon and name.strip() and text.strip()):
            return f"{fields.shorten(pair.strip())} isn't a header: write name: value."
    return fields.header_value(value.strip())


def _origin(value: str) -> str:
    try:
        inspect_cors(None, value, "GET")
    except InspectError as problem:
        return str(problem)
    return ""


class CorsModel(FormModel):
    """A bucket's rules, and a page that makes a request."""

    title = "Let a page in with CORS"
    noun = "rule"
    needed = "a configuration needs at least one: add a rule."
    row_type = RuleRow
    own = (
        Field("origin", "A page of", "https://www.example.com", check=_origin),
        Field("method", "sends", "PUT", choices=tuple((method, method) for method in METHODS)),
        Field("headers", "with the headers", "content-type: text/plain", check=_headers),
        Field("Key", "for the key", "lesson-07/from-the-form.txt", check=fields.key),
    )

    @staticmethod
    def usual() -> list[RowModel]:
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

    def code(self) -> str:
        made = code.call(
            "",
            "s3.put_bucket_cors",
            Bucket=code.Name("lab.bucket"),
            CORSConfiguration={"CORSRules": [row.rule() for row in self.rows]},
        )
        return f"{code.CLIENT}\n{made}\n"

    def verdict(self) -> CorsReport:
        """What the browser asks, which rule answers, what the page sees. Raises FormProblem."""
        self.check()
        rules = [row.rule() for row in self.rows]
        return inspect_cors(rules, self.fields["origin"], self.fields["method"], self._headers())

    def put(self) -> None:
        """Run the code: the bucket's rules are then these. Raises FormProblem."""
        self.run()

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
        self.check()
        return [self._step("is sent", self._request())]

    def _step(self, what: str, outgoing: Outgoing) -> Step:
        return Step(what, outgoing, send(self.lab, outgoing))

    def _request(self) -> Outgoing:
        """The presigned request of the page, without an Origin."""
        method, key, headers = self.fields["method"], self.fields["Key"], self._headers()
        if method == "POST":
            form = PostModel(self.lab, [], Key=key).sign().outgoing()
            return replace(form, headers={**headers, **form.headers})
        params: dict[str, Any] = {"Key": key}
        if method == "PUT":
            if "content-type" in headers:
                params["ContentType"] = headers["content-type"]
            meta = "x-amz-meta-"
            notes = {n.removeprefix(meta): v for n, v in headers.items() if n.startswith(meta)}
            params |= {"Metadata": notes} if notes else {}
        body = b"Hello from the form" if method == "PUT" else None
        signed = presigned(self.lab, f"{method.lower()}_object", body, **params)
        return replace(signed, headers=headers)

    def _headers(self) -> dict[str, str]:
        return dict(_pairs(self.fields["headers"]))
