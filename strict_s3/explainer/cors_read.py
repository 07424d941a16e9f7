"""Read a CORS configuration as people have it: boto3's dict, JSON's text, S3's XML."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree.ElementTree import Element, SubElement

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from ..errors import InspectError
from ..rules import cors
from ..rules.cors import CorsRule
from ..rules.errors import S3Error
from .words import shown

Configuration = Mapping[str, Any] | Sequence[Mapping[str, Any]] | str | bytes | None


def read_configuration(
    configuration: Configuration,
) -> tuple[CorsRule, ...]:
    """The rules, checked as S3 checks them. Raises `InspectError`."""
    if configuration is None or configuration in ("", b"", {}):
        return ()
    try:
        if isinstance(configuration, bytes):
            configuration = configuration.decode("utf-8", "replace")
        if isinstance(configuration, str) and configuration.lstrip("\ufeff \r\n\t")[:1] in (
            "[",
            "{",
        ):
            configuration = _from_json(configuration)
        if isinstance(configuration, str):
            root = fromstring(configuration)
        else:
            root = _as_xml(configuration)
        return cors.parse_configuration(root)
    except InspectError:
        raise
    except (DefusedXmlException, SyntaxError, ValueError, TypeError):
        raise InspectError(
            "This is not a CORS configuration. Give boto3's {'CORSRules': [{'AllowedOrigins': […], "
            "'AllowedMethods': […]}]}, or S3's XML."
        ) from None
    except S3Error as error:
        if error.code == "MalformedXML":
            raise InspectError(
                "S3 refuses this configuration: it needs at least one rule, and each rule at least "
                "one of AllowedOrigins and of AllowedMethods; MaxAgeSeconds is a number."
            ) from None
        raise InspectError(f"S3 refuses this configuration: {shown(error.message)}") from None


def _as_xml(configuration: Any) -> Element:
    """boto3's dict as the XML that boto3 sends, so that the server's own reader checks it."""
    rules = configuration
    if isinstance(configuration, Mapping):
        for name, inner in configuration.items():
            if str(name).lower() == "corsconfiguration" and isinstance(inner, Mapping):
                configuration = inner
                break
        other = next(
            (name for name in configuration if str(name).lower() == "corsrules"), "CORSRules"
        )
        if other != "CORSRules":
            raise InspectError(
                f"{other} is CloudFormation's name; S3's API and the console say CORSRules."
            )
        is_rule = "AllowedOrigins" in configuration
        rules = [configuration] if is_rule else configuration.get("CORSRules", ())
    root = Element("CORSConfiguration")
    lists = ("AllowedOrigin", "AllowedMethod", "AllowedHeader", "ExposeHeader")
    for rule in rules:
        if not isinstance(rule, Mapping):
            raise TypeError("a rule is a dict")
        unknown = set(rule) - {*(f"{name}s" for name in lists), "MaxAgeSeconds", "ID"}
        if unknown:
            raise InspectError(
                f"A CORS rule can't have {', '.join(sorted(map(str, unknown)))}; it has "
                "AllowedOrigins, AllowedMethods, AllowedHeaders, ExposeHeaders and MaxAgeSeconds."
            )
        element = SubElement(root, "CORSRule")
        for name in lists:
            values = rule.get(f"{name}s", ())
            if isinstance(values, str):
                raise InspectError(f"{name}s must be a list: [{values!r}].")
            for value in values:
                SubElement(element, name).text = str(value)
        if "MaxAgeSeconds" in rule:
            SubElement(element, "MaxAgeSeconds").text = str(rule["MaxAgeSeconds"])
    return root


def _from_json(text: str) -> Any:
    """JSON's value. Raises `InspectError`, which says what S3's console says less clearly."""
    try:
        return json.loads(text.lstrip("\ufeff"))
    except (ValueError, RecursionError) as problem:
        if re.search("[“”„«»]", text):
            raise InspectError(
                "This JSON has typographic quotation marks (“ ”), as a word processor makes them. "
                'JSON needs straight quotes ("): replace them.'
            ) from None
        where = f": {shown(problem)}" if isinstance(problem, ValueError) else ""
        raise InspectError(f"This CORS configuration is not valid JSON{where}.") from None
