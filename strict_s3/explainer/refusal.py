"""Why did S3 refuse this? Any refusal, from AWS or the local S3, in words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ..redact import HIDDEN
from ..rules.post_policy import Condition
from .answers import Answer, Meant, read_answer, read_meant
from .causes import Cause, Facts, find_cause
from .form import sentence
from .mismatch import Difference, differences
from .parameters import meaning
from .render import Report, listed
from .repair import as_condition, as_cors, as_field, as_statement
from .url import UrlReport
from .verdict import Verdict
from .words import Part, bullets, is_secret, shown, wrapped
from .wrong_signature import cause_of_mismatch, seen_parts

# Elements of S3's XML that are for machines, or that the comparison shows.
_UNSHOWN = {
    *("RequestId", "HostId", "StringToSign", "StringToSignBytes", "CanonicalRequest"),
    *("CanonicalRequestBytes", "SignatureProvided"),
}


@dataclass(frozen=True, repr=False)
class Explanation(Report):
    """A refusal in words. Holds neither signature nor session token.

    `refused` is False for a success; `what` was refused, `why` and the `fix` are sentences.
    `differences` compare what S3 saw with what was signed; `also` is worth knowing; `facts` are
    the elements of S3's XML. `status` is 0 and `code` "" if they are not known.
    """

    refused: bool
    status: int
    code: str
    message: str
    what: str
    why: str
    fix: str
    differences: tuple[Difference, ...] = ()
    also: tuple[str, ...] = ()
    facts: tuple[Part, ...] = ()
    request: UrlReport | None = None
    undone: tuple[str, ...] = ()
    repairs: tuple[Part, ...] = ()

    @property
    def verdict(self) -> Verdict:  # type: ignore[override]
        return Verdict(self.what, self.why, self.fix, self.refused)

    def head(self) -> list[str]:
        said = " ".join(filter(None, (str(self.status or ""), self.code, self.message)))
        return wrapped(said, "", "  ") if said else []

    def sections(self) -> Iterable[tuple[str, list[str]]]:
        lines = []
        for difference in self.differences:
            label = f"  {difference.what}  "
            margin = " " * len(label)
            lines += wrapped(difference.signed, f"{label}signed  ", f"{margin}        ")
            lines += wrapped(difference.sent, f"{margin}sent    ", f"{margin}        ")
        yield "What differs", lines
        yield "Look out", bullets(self.also)
        yield listed("S3 also says", self.facts)
        if self.request:
            yield listed("The URL says", self.request.facts)

    def anatomy(self) -> Iterable[tuple[str, list[str]]]:
        return self.request.anatomy() if self.request else ()


def explain(response: Any, meant: Meant | Mapping[str, Any] | str | None = None) -> Explanation:
    """Why S3 refused: what was refused, why, and the fix.

    `response` is a response of requests, httpx or urllib3, an exception that carries one, a boto3
    ClientError, or S3's XML as text or bytes. `meant` is the request as it was signed: its URL, a
    `Meant`, or a dict of method, url, headers and (for a form) fields, such as boto3's presigned
    post. With it, a wrong signature can be traced to the line that differs. Raises `InspectError`
    for anything else.

        response = requests.put(url, data=b"hello")
        print(explain(response, {"method": "PUT", "url": url}))
    """
    return explain_answer(read_answer(response), read_meant(meant))


def explain_answer(answer: Answer, intended: Meant) -> Explanation:
    """`explain`, for an answer that was read and a request that is known."""
    if 200 <= answer.status < 300 and not answer.code:
        return _accepted(answer)
    different: tuple[Difference, ...] = ()
    if answer.code == "SignatureDoesNotMatch":
        different = differences(answer, intended)
        # Other services say so in their own words; the table has them.
        other = find_cause(answer.code, answer.message, _facts_of(answer))
        cause = other if other and not different else cause_of_mismatch(answer, intended, different)
    elif answer.code:
        cause = find_cause(answer.code, answer.message, _facts_of(answer)) or _unknown(answer)
    else:
        cause = _without_xml(answer)
    return Explanation(
        True,
        answer.status,
        shown(answer.code),
        shown(answer.message, 500),
        cause.what,
        cause.why,
        cause.fix,
        different,
        tuple(_also(answer, intended)),
        (*_shown_facts(answer), *seen_parts(answer)),
        repairs=tuple(missing_piece(answer)),
    )


def _facts_of(answer: Answer) -> Facts:
    """The values that the causes' texts can name."""
    facts = Facts({name: shown(value) for name, value in answer.fields.items()})
    region = re.search(r"expecting '([a-z0-9-]+)'", answer.message)
    facts.setdefault("Region", region[1] if region else "(see the bucket's properties)")
    facts["policy"] = "S3 does not say which"
    if match := re.search(r"because no (.+?) allows|explicit deny in an? (.+)", answer.message):
        facts["policy"] = shown((match[1] and f"no {match[1]}") or match[2])
    facts["origin"] = shown(answer.sent.get("origin", "(an origin that is not known here)"))
    method = answer.sent.get("access-control-request-method", answer.fields.get("Method", ""))
    asked = answer.sent.get("access-control-request-headers", "")
    facts["asked"] = shown(f"{method or 'a request'}{f' with {asked}' if asked else ''}")
    if condition := re.search(r"Policy Condition failed: (\[.*\])", answer.message, re.S):
        facts["sentence"] = _in_words(condition[1])
    return facts


def _in_words(text: str) -> str:
    """A condition that S3 quotes, as a sentence."""
    try:
        operator, field, value = json.loads(text)
        return sentence(Condition(str(operator), str(field), str(value), ""))
    except (ValueError, TypeError, RecursionError):
        return shown(text)


def _unknown(answer: Answer) -> Cause:
    return Cause(
        answer.code,
        "",
        f"The answer's code is {shown(answer.code)}.",
        "There is no explanation of this code here; its message is all that is known.",
        "Look it up: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html",
    )


def _without_xml(answer: Answer) -> Cause:
    """From the status alone: HEAD gets no body, and a proxy does not answer in S3's XML."""
    status = answer.status
    if status in (301, 307) and answer.headers.get("location", ""):
        host = urlsplit(answer.headers["location"]).netloc
        code = "TemporaryRedirect" if status == 307 else "PermanentRedirect"
        if cause := find_cause(code, "", Facts(Endpoint=shown(host), Region="the bucket's")):
            return cause
    if 300 <= status < 400:
        return Cause(
            "",
            "",
            "The client is redirected.",
            "S3 redirects only to another region's host. A redirect to a login page comes from "
            "something in front of S3.",
            "Use a URL that needs no login.",
        )
    if answer.method == "HEAD" and not answer.body:
        known = {
            403: "The URL was not signed for HEAD (with a URL for GET, HEAD gets 403), or it has "
            "expired, or the signer is not allowed to read the object.",
            404: "There is no such object, or no such bucket.",
            400: "Most likely another region, or a session that has ended.",
            412: "A precondition (such as If-Match) isn't met.",
        }
        return Cause(
            "",
            "",
            "HEAD was refused, and a response to HEAD has no body, so S3 cannot say why.",
            known.get(status, "Only the status is known."),
            "Sign a URL for HEAD (head_object), or send GET with Range: bytes=0-0 to the GET URL. "
            "Sent as GET, the same request shows S3's XML.",
        )
    server = answer.headers.get("server", "")
    itself = f" (it calls itself {shown(server, 60)})" if server else ""
    return Cause(
        "",
        "",
        f"Refused with {status}, but not in S3's words." if status else "Refused.",
        "The body has no S3 error, so most likely something in front of S3 answered: a proxy, a "
        f"delivery network, a firewall{itself}.",
        "With 413, it limits uploads itself. Otherwise send the request straight to S3 and "
        "compare.",
    )


def _accepted(answer: Answer) -> Explanation:
    also = tuple(_also(answer, Meant()))
    return Explanation(
        False,
        answer.status,
        "",
        "",
        "Nothing was refused: S3 accepted the request.",
        "",
        "",
        also=also,
    )


def _also(answer: Answer, meant: Meant) -> Iterator[str]:
    """What else the request shows, refused or not."""
    kind = answer.sent.get("content-type", "")
    if answer.method == "PUT" and kind.startswith("multipart/form-data"):
        yield (
            "PUT with a form as its body (FormData, files=): S3 stores the form, with its "
            "------WebKitFormBoundary lines, not the file. Send the file itself as the body: "
            "fetch(url, {method: 'PUT', body: file}), data= in requests, -T in curl."
        )
    if answer.method == "PUT" and kind.startswith("application/x-www-form-urlencoded"):
        yield (
            "The content type is application/x-www-form-urlencoded, which the client added itself "
            "(curl -d, a dict in requests): set the file's own type."
        )
    crossed = "origin" in answer.sent and answer.sent["origin"]
    if crossed and answer.status and "access-control-allow-origin" not in answer.headers:
        yield (
            f"The page from {shown(answer.sent['origin'])} sees none of this: without "
            'Access-Control-Allow-Origin the browser hides the response (a "CORS error"), whatever '
            "S3 did with the request."
        )
    if answer.message.startswith("Invalid according to Policy: ") and meant.fields:
        field = re.search(r'\["[\w-]+", "\$([^"]+)"', answer.message)
        if field and field[1].lower() in meant.fields:
            yield f"In the intended form, {field[1]} is `{shown(meant.fields[field[1].lower()])}`."
        elif field:
            yield f"The intended form has no field {shown(field[1])}."


def _shown_facts(answer: Answer) -> Iterator[Part]:
    for name, value in answer.fields.items():
        if name in _UNSHOWN or not value.strip():
            continue
        secret = is_secret(name) or (
            name == "ArgumentValue" and is_secret(answer.fields.get("ArgumentName", ""))
        )
        yield Part(shown(name, 60), HIDDEN if secret else shown(value), _about(name))


def missing_piece(answer: Answer) -> Iterator[Part]:
    """The rule, condition or statement whose lack S3 complains of, to copy."""
    if answer.code == "AccessForbidden" and "CORS" in answer.message:
        origin = answer.sent.get("origin", "https://www.example.com")
        method = answer.sent.get(
            "access-control-request-method", answer.fields.get("Method", "PUT")
        )
        asked = answer.sent.get("access-control-request-headers", "content-type")
        yield as_cors(origin, method, [name.strip() for name in asked.split(",")])
    if match := re.search(r"Extra input fields: ([\w-]{1,80})", answer.message):
        yield as_condition(match[1])
    unmet = re.search(
        r'Condition failed: \["(?:eq|starts-with)", "\$([\w-]{1,80})", "([^"]{0,300})"',
        answer.message,
    )
    if unmet and not is_secret(unmet[1]) and unmet[1] != "bucket":
        yield as_field(unmet[1], shown(unmet[2]) or "…")
    allowed = re.search(
        r"not authorized to perform: ([\w:]{3,80}) on resource: \"?([^\s\"]{3,1100})\"?(.*)",
        answer.message, re.S,
    )  # fmt: skip
    if allowed and "explicit deny" not in allowed[3]:
        yield as_statement(shown(allowed[1]), shown(allowed[2], 1100))


def _about(name: str) -> str:
    return meaning(name) if name in ("X-Amz-Expires", "X-Amz-Date") else ""
