"""Why did S3 refuse this? Any refused answer, from AWS or the local S3, in words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
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
from .words import Part, Readable, bullets, is_secret, listing, shown, wrapped

# Elements of S3's XML that are for machines, or are laid out by the comparison.
_UNSHOWN = {
    *("RequestId", "HostId", "StringToSign", "StringToSignBytes", "CanonicalRequest"),
    *("CanonicalRequestBytes", "SignatureProvided"),
}


@dataclass(frozen=True, repr=False)
class Explanation(Readable):
    """A refusal in words. Holds neither signature nor session token.

    `refused` is False for an answer that is none; `what` was refused, `why`, and the `fix` are
    sentences. `differences` are what S3 saw beside what was signed; `also` is worth knowing;
    `facts` are the elements of S3's XML. `status` is 0 and `code` "" where they are not known.
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

    def __str__(self) -> str:
        head = " ".join(filter(None, (str(self.status or ""), self.code, self.message)))
        lines = wrapped(head, "", "") if head else []
        labels = ("What: ", "Why:  ", "Fix:  ")
        for label, text in zip(labels, (self.what, self.why, self.fix), strict=True):
            if text:
                lines += wrapped(text, label, "      ")
        if self.differences:
            lines += ["What differs"]
            for one in self.differences:
                label = f"  {one.what}  "
                margin = " " * len(label)
                lines += wrapped(one.signed, f"{label}signed  ", f"{margin}        ")
                lines += wrapped(one.sent, f"{margin}sent    ", f"{margin}        ")
        if self.also:
            lines += ["Look out", *bullets(self.also)]
        if self.facts:
            lines += ["S3 also says", *listing(self.facts)]
        return "\n".join(lines)


def explain(response: Any, meant: Meant | Mapping[str, Any] | str | None = None) -> Explanation:
    """Why S3 refused: what was refused, why, and the fix.

    `response` is a response of requests, httpx or urllib3, an exception that carries one, a boto3
    ClientError, or S3's XML as text or bytes. `meant` is the request as it was signed: its URL, a
    `Meant` or a dict of method, url, headers, and for a form fields (boto3's presigned post is
    one). With it, a wrong signature can be traced to the line that differs. Raises `InspectError`
    for what is no answer of an S3.
    """
    answer, intended = read_answer(response), read_meant(meant)
    if 200 <= answer.status < 300 and not answer.code:
        return _accepted(answer)
    found: tuple[Difference, ...] = ()
    if answer.code == "SignatureDoesNotMatch":
        found = differences(answer, intended)
        cause = _mismatch(answer, intended, found)
    elif answer.code:
        cause = find_cause(answer.code, answer.message, _facts_of(answer)) or _unknown(answer)
    else:
        cause = _without_xml(answer, intended)
    return Explanation(
        True,
        answer.status,
        shown(answer.code),
        shown(answer.message, 500),
        cause.what,
        cause.why,
        cause.fix,
        found,
        tuple(_also(answer, intended)),
        tuple(_shown_facts(answer)),
    )


def _facts_of(answer: Answer) -> Facts:
    """What the causes' texts may name."""
    facts = Facts({name: shown(value) for name, value in answer.fields.items()})
    region = re.search(r"expecting '([a-z0-9-]+)'", answer.message)
    facts.setdefault("Region", region[1] if region else "(see the bucket's properties)")
    facts["policy"] = "no policy says so"
    if found := re.search(r"because no (.+?) allows|explicit deny in an? (.+)", answer.message):
        facts["policy"] = shown((found[1] and f"no {found[1]}") or found[2])
    facts["origin"] = shown(answer.sent.get("origin", "(an origin that is not known here)"))
    method = answer.sent.get("access-control-request-method", answer.fields.get("Method", ""))
    asked = answer.sent.get("access-control-request-headers", "")
    facts["asked"] = shown(f"{method or 'a request'}{f' with {asked}' if asked else ''}")
    if condition := re.search(r"Policy Condition failed: (\[.*\])", answer.message, re.S):
        facts["sentence"] = _in_words(condition[1])
    return facts


def _in_words(text: str) -> str:
    """A condition as S3 quotes it, as a sentence."""
    try:
        operator, field, value = json.loads(text)
        return sentence(Condition(str(operator), str(field), str(value), ""))
    except (ValueError, TypeError, RecursionError):
        return shown(text)


def _mismatch(answer: Answer, meant: Meant, found: tuple[Difference, ...]) -> Cause:
    certain = [one for one in found if not one.signed.startswith("(not known")]
    what = "The signature does not fit the request that arrived."
    if certain:
        why = " ".join(one.words for one in certain)
        fix = "Send exactly what was signed, or sign what is sent: " + ", ".join(
            one.what for one in certain
        )
        return Cause(answer.code, "", what, why, f"{fix}. {_how(certain[0])}".rstrip())
    if found:
        why = (
            "S3 makes the signature again from what arrived, and this part of it may not be what "
            f"was signed. {' '.join(one.words for one in found)}{_or_method(answer, meant, found)}"
        )
        fix = (
            "Send each signed header with exactly the value that was signed. To be certain, give "
            "explain() the request that was meant: its method, URL and headers."
        )
        return Cause(answer.code, "", what, why, fix)
    if meant.method or meant.fields:
        why = (
            "What arrived is what was meant, as far as both are known. So the signature was made "
            "with another secret key than S3 has for this key id (cut off, with a space or line "
            "end, of another account), or with other rules than S3's."
        )
        return Cause(answer.code, "", what, why, "Check the secret key; let an SDK sign.")
    if answer.operation or "authorization" in answer.sent or _signed_in_header(answer):
        why = (
            "The SDK signed this request itself, just before sending it: most likely the secret "
            "key is not the one of this key id, or a proxy changed the request."
        )
        return Cause(answer.code, "", what, why, "Check the secret key, and what is in between.")
    method = answer.method or _seen_method(answer)
    why = (
        f"S3 saw {method or 'a request'} and made the signature again from it; the result is "
        "another one. The URL may have been signed for another method, or been changed since, or "
        "signed with a wrong secret key."
    )
    fix = "Give explain() the request that was meant (method, URL, headers): it names the line."
    return Cause(answer.code, "", what, why, fix)


def _or_method(answer: Answer, meant: Meant, found: tuple[Difference, ...]) -> str:
    """The other suspect, when nobody said which method was meant."""
    method = answer.method or _seen_method(answer)
    if meant.method or not method:
        return ""
    if method in ("GET", "HEAD") and any(one.what.startswith("content-") for one in found):
        return f" A signed content-* header is for an upload: PUT was meant, and {method} was sent."
    return f" Or the URL was signed for another method than {method}."


def _signed_in_header(answer: Answer) -> bool:
    return "\nx-amz-date:" in answer.fields.get("CanonicalRequest", "")


def _how(difference: Difference) -> str:
    if difference.what == "content-type":
        return "Return the signed type to the client together with the URL, and let it set it."
    if difference.what == "host":
        return "Sign with endpoint_url set to the public address that clients use."
    if difference.what == "method":
        return "HEAD needs a URL of its own, or ask by GET for the first byte (Range: bytes=0-0)."
    if difference.what == "path":
        return "Use the URL as it is: no library should decode or encode it again."
    return ""


def _seen_method(answer: Answer) -> str:
    lines = answer.fields.get("CanonicalRequest") or answer.fields.get("StringToSign", "")
    first = lines.partition("\n")[0]
    return first if re.fullmatch("[A-Z]{3,7}", first) else ""


def _unknown(answer: Answer) -> Cause:
    return Cause(
        answer.code,
        "",
        f"S3 answers with the code {shown(answer.code)}.",
        "This code has no explanation here; S3's own message is all there is to go by.",
        'Look it up under "Error responses" in the Amazon S3 API reference.',
    )


def _without_xml(answer: Answer, meant: Meant) -> Cause:
    """By the status alone: HEAD is answered without a body, and others stand before S3."""
    status = answer.status
    if status in (301, 307) and answer.headers.get("location", ""):
        host = urlsplit(answer.headers["location"]).netloc
        code = "TemporaryRedirect" if status == 307 else "PermanentRedirect"
        if found := find_cause(code, "", Facts(Endpoint=shown(host), Region="the bucket's")):
            return found
    if 300 <= status < 400:
        return Cause(
            "",
            "",
            "The answer sends the client elsewhere.",
            "S3 redirects only to another region's host. A redirect to a page to log in comes from "
            "something before S3.",
            "Use the URL where it can be reached without a login.",
        )
    if answer.method == "HEAD" and not answer.body:
        known = {
            403: "Either the signature does not fit HEAD (a URL signed for GET answers 403 to it), "
            "or the time is over, or the signer may not read the object.",
            404: "There is no such object, or no such bucket.",
            400: "Most likely another region, or a session that has ended.",
            412: "A precondition (If-Match and the like) does not hold.",
        }
        return Cause(
            "",
            "",
            "HEAD was refused, and an answer to HEAD has no body: S3 cannot say why.",
            known.get(status, "The status is all there is."),
            "Sign a URL for HEAD itself (head_object), or send GET with Range: bytes=0-0 to the "
            "GET URL. Sent as GET, the same request shows S3's XML.",
        )
    server = answer.headers.get("server", "")
    itself = f" (it calls itself {shown(server, 60)})" if server else ""
    return Cause(
        "",
        "",
        f"Refused with {status}, and not in S3's words." if status else "Refused.",
        "There is no S3 error in the body, so most likely something before S3 answered: a proxy, a "
        f"delivery network, a firewall{itself}.",
        "413: it limits uploads by itself. Others: send the request straight to S3, and compare.",
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
    """What the sent request shows beside the refusal, or although it was accepted."""
    kind = answer.sent.get("content-type", "")
    if answer.method == "PUT" and kind.startswith("multipart/form-data"):
        yield (
            "PUT with a form as its body (FormData, files=): what S3 stores is the form, with its "
            "------WebKitFormBoundary lines, and not the file. Send the file itself as the body: "
            "fetch(url, {method: 'PUT', body: file}), data= in requests, -T in curl."
        )
    if answer.method == "PUT" and kind.startswith("application/x-www-form-urlencoded"):
        yield (
            "The content type is application/x-www-form-urlencoded, which the client added by "
            "itself (curl -d, a dict in requests): set the file's own type."
        )
    crossed = "origin" in answer.sent and answer.sent["origin"]
    if crossed and answer.status and "access-control-allow-origin" not in answer.headers:
        yield (
            f"The page of {shown(answer.sent['origin'])} sees none of this: without "
            'Access-Control-Allow-Origin the browser hides the answer (a "CORS error"), whatever '
            "S3 has done with the request."
        )
    if answer.message.startswith("Invalid according to Policy: ") and meant.fields:
        found = re.search(r'\["[\w-]+", "\$([^"]+)"', answer.message)
        if found and found[1].lower() in meant.fields:
            yield f"In the form meant, {found[1]} is `{shown(meant.fields[found[1].lower()])}`."
        elif found:
            yield f"The form meant has no field {shown(found[1])}."


def _shown_facts(answer: Answer) -> Iterator[Part]:
    for name, value in answer.fields.items():
        if name in _UNSHOWN or not value.strip():
            continue
        secret = is_secret(name)
        yield Part(shown(name, 60), HIDDEN if secret else shown(value), _about(name))


def _about(name: str) -> str:
    return meaning(name) if name in ("X-Amz-Expires", "X-Amz-Date") else ""
