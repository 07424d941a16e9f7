"""CORS rules that were pasted by themselves: what they allow, and what is wrong with them.

`inspect_cors` plays a page's request through them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from ..errors import InspectError
from ..rules.cors import CorsRule
from .cors_read import read_configuration
from .documents import DocumentReport, find_json
from .repair import cors_rule
from .verdict import Finding, Verdict, decide, fault, note
from .words import Part, shown


def find_cors(text: str) -> Any:
    """A CORS configuration in `text`: XML, or JSON's value; None if there is none."""
    if "CORSRule>" in text or "<CORSConfiguration" in text:
        begin = text.find("<CORSConfiguration")
        end = text.find("</CORSConfiguration>")
        if begin >= 0 and end > begin:
            return text[begin : end + len("</CORSConfiguration>")]
        inner = text[text.find("<CORSRule>") : text.rfind("</CORSRule>") + len("</CORSRule>")]
        return f"<CORSConfiguration>{inner}</CORSConfiguration>"
    if not re.search(r"Allowed_?-?Origins?", text, re.I):
        return None
    if re.search(r"allowed_origins\s{0,20}=", text):
        return _terraform(text)
    value = find_json(text)
    if isinstance(value, dict | list):
        return value
    if re.search("[“”„\u2018\u2019]", text):
        return text
    return text if '"AllowedOrigins"' in text else None


def _terraform(text: str) -> list[dict[str, list[str]]]:
    """The rules of Terraform's ``cors_rule`` blocks."""
    names = {"allowed_origins": "AllowedOrigins", "allowed_methods": "AllowedMethods",
             "allowed_headers": "AllowedHeaders", "expose_headers": "ExposeHeaders"}  # fmt: skip
    rules = []
    for block in text.split("cors_rule")[1:] or [text]:
        rule = {}
        for name, own in names.items():
            if match := re.search(rf"\b{name}\s{{0,20}}=\s{{0,20}}\[([^\]]{{0,4000}})\]", block):
                rule[own] = re.findall(r"[\"']([^\"']{1,300})[\"']", match[1])
        if rule:
            rules.append(rule)
    return rules


def report_cors(configuration: Any) -> DocumentReport:
    """What the rules allow, and what is wrong with them."""
    kind = "CORS configuration"
    try:
        rules = read_configuration(configuration)
    except InspectError as problem:
        return DocumentReport(kind, Verdict(str(problem), fault=True))
    findings = tuple(_cors_findings(rules))
    well = (
        "Nothing is wrong with this CORS configuration as such; inspect_cors(rules, origin, "
        "method, headers) plays a page's request through it."
    )
    verdict, left = decide(findings, well)
    facts = [Part(f"rule {number}", _rule_words(rule)) for number, rule in enumerate(rules, 1)]
    repairs = []
    if any(each.fault for each in findings):
        fixed = [_fixed(rule) for rule in rules]
        repairs = [Part("The rules, put right", json.dumps(fixed, ensure_ascii=False))]
    return DocumentReport(kind, verdict, tuple(facts), left, (), tuple(repairs))


def _rule_words(rule: CorsRule) -> str:
    words = f"pages of {shown(', '.join(rule.origins))} may send {', '.join(rule.methods)}"
    words += (
        f" with the headers {shown(', '.join(rule.headers))}"
        if rule.headers
        else " without headers of their own"
    )
    return words + (f", and read {shown(', '.join(rule.expose))}" if rule.expose else "")


def _cors_findings(rules: tuple[CorsRule, ...]) -> Iterator[Finding]:
    for number, rule in enumerate(rules, 1):
        for origin in rule.origins:
            if problem := origin_problem(origin):
                yield fault(f"CORS rule {number}: {problem}")
        if "PUT" in rule.methods and not rule.headers:
            yield note(
                f"Rule {number} allows PUT but no headers: a page that sets content-type is "
                f"refused."
            )
        if "PUT" in rule.methods and "ETag" not in rule.expose:
            yield note(f"Rule {number} exposes no ETag, which uploads in parts must read.")
    methods = {method for rule in rules for method in rule.methods}
    if "PUT" not in methods and "POST" not in methods:
        yield note("No rule allows PUT or POST: pages can read, but can't upload.")


def origin_problem(origin: str) -> str:
    """What is wrong with an origin in a rule; "" if nothing."""
    if origin in ("*", "null") or re.fullmatch(r"\*?[a-z][a-z0-9+.*-]*://[^/\s]+", origin):
        return ""
    if re.fullmatch(r"[a-zA-Z][a-z0-9+.-]*://[^/\s]+/", origin):
        return (
            f"the origin {shown(origin)} has a slash at its end, so no page's origin is equal to "
            "it. Write it without."
        )
    if re.match(r"[a-zA-Z][a-z0-9+.-]*://[^/\s]+/.", origin):
        return f"{shown(origin)} is an address with a path; an origin ends after host and port."
    if "://" not in origin and "*" not in origin:
        return f"the origin {shown(origin)} has no scheme: write https://{shown(origin)}."
    if re.search("[A-Z]", origin):
        return f"the origin {shown(origin)} has capitals; browsers send it in small letters."
    return ""


def _fixed(rule: CorsRule) -> dict[str, Any]:
    origins = []
    for origin in rule.origins:
        whole_origin = origin if "://" in origin or "*" in origin else f"https://{origin}"
        origins.append(re.sub(r"^([A-Za-z][\w+.-]*://[^/]+)/.*$", r"\1", whole_origin).lower())
    whole = cors_rule("", "", rule.headers)
    return {**whole, "AllowedOrigins": origins, "AllowedMethods": list(rule.methods)}
