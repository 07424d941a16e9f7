"""Why did S3 refuse this? Any refusal, from AWS or the local S3, in words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ..redact import HIDDEN
from ..rules import sigv4
from ..rules.post_policy import Condition
from .answers import Answer, Meant, read_answer, read_meant
from .canonical import string_to_sign
from .causes import Cause, Facts, find_cause
from .form import sentence
from .mismatch import UNKNOWN, Difference, differences, seen_by_s3
from .parameters import meaning
from .render import Report, listed
from .repair import as_condition, as_cors, as_field, as_statement
from .url import UrlReport
from .verdict import Verdict
from .words import Part, bullets, is_secret, shown, wrapped

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
        cause = other if other and not different else _mismatch(answer, intended, different)
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
        (*_shown_facts(answer), *_seen(answer)),
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


def _mismatch(answer: Answer, meant: Meant, different: tuple[Difference, ...]) -> Cause:
    certain = [difference for difference in different if difference.signed != UNKNOWN]
    what = "The signature does not match the request that arrived."
    if certain:
        why = " ".join(difference.words for difference in certain)
        names = ", ".join(difference.what for difference in certain)
        fix = f"Send exactly what was signed, or sign what is sent: {names}"
        return Cause(answer.code, "", what, why, f"{fix}. {_how(certain[0])}".rstrip())
    if different:
        words = " ".join(difference.words for difference in different)
        why = (
            "S3 calculates the signature again from what arrived, and this part of it may not be "
            f"what was signed. {words}{_or_method(answer, meant, different)}"
        )
        fix = (
            "Send each signed header with exactly the signed value. To be certain, give explain() "
            "the intended request: its method, URL and headers."
        )
        return Cause(answer.code, "", what, why, fix)
    if meant.method or meant.fields:
        why = (
            "What arrived is what was intended, as far as both are known. So the signature was "
            "made with a secret key other than the one S3 has for this key id (cut off, with a "
            "space or line end, of another account), or by rules other than S3's."
        )
        return Cause(answer.code, "", what, why, "Check the secret key; let an SDK sign.")
    if answer.operation or "authorization" in answer.sent or _signed_in_header(answer):
        why = (
            "The SDK signed this request itself, just before sending it: most likely the secret "
            "key does not belong to this key id, or a proxy changed the request."
        )
        return Cause(answer.code, "", what, why, "Check the secret key, and any proxy.")
    method = answer.method or _seen_method(answer)
    if method == "HEAD":
        why = (
            "S3 saw HEAD, and most URLs are signed for GET: the method is part of the signature, "
            "so HEAD gets 403 with a URL for GET. If it was signed for HEAD, the URL was changed "
            "since, or signed with a wrong secret key."
        )
        fix = "Sign a URL for HEAD (head_object), or send GET with Range: bytes=0-0."
        return Cause(answer.code, "", what, why, fix)
    why = (
        f"S3 saw {method or 'a request'} and calculated a different signature from it. The URL may "
        "have been signed for another method, changed since, or signed with a wrong secret key."
    )
    fix = (
        "Compare the signed method and headers with what was sent, then the secret key."
        if meant.url
        else "Paste the URL, or the command that sends it, together with this answer: then the "
        "difference is named. (In Python: explain(answer, meant).)"
    )
    return Cause(answer.code, "", what, why, fix)


def _or_method(answer: Answer, meant: Meant, different: tuple[Difference, ...]) -> str:
    """The other suspect, if the intended method is not known."""
    method = answer.method or _seen_method(answer)
    if meant.method or not method:
        return ""
    if method in ("GET", "HEAD") and any(
        difference.what.startswith("content-") for difference in different
    ):
        return f" A signed content-* header is for an upload, but {method} was sent instead of PUT."
    return f" Or the URL was signed for a method other than {method}."


def _signed_in_header(answer: Answer) -> bool:
    return "\nx-amz-date:" in answer.fields.get("CanonicalRequest", "")


def _how(difference: Difference) -> str:
    if difference.what == "content-type":
        return "Give the client the signed type together with the URL, and let it send that."
    if difference.what == "host":
        return "Sign with endpoint_url set to the public address that clients use."
    if difference.what == "method":
        return "HEAD needs its own URL; or use GET for the first byte (Range: bytes=0-0)."
    if difference.what == "path":
        return "Use the URL as it is; no library must decode or encode it again."
    return ""


def _seen_method(answer: Answer) -> str:
    seen = seen_by_s3(answer)
    first = seen.method if seen else string_to_sign(answer.fields)[0]
    return first if re.fullmatch("[A-Z]{3,7}", first) else ""


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


def _seen(answer: Answer) -> Iterator[Part]:
    """The request as S3 saw it, to be compared with the one that was signed."""
    if answer.code != "SignatureDoesNotMatch":
        return
    seen = seen_by_s3(answer)
    if seen is None:
        lines = string_to_sign(answer.fields)
        if len(lines) > 4 and lines[0] != sigv4.ALGORITHM:  # Version 2
            yield Part(
                "S3 saw", shown(f"{lines[0]} {lines[-1]}"), "Compare it with what was signed."
            )
            yield Part("with content-type", shown(lines[2]) or "(none)")
        return
    yield Part("S3 saw", shown(f"{seen.method} {seen.path}"), "Compare it with what was signed.")
    yield Part("at the host", shown(seen.headers.get("host", "(none)")))
    for name in seen.signed:
        if name != "host":
            value = HIDDEN if is_secret(name) else shown(seen.headers.get(name, "") or "(not sent)")
            yield Part(f"with {shown(name, 40)}", value)


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
