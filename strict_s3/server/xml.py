"""S3's XML documents: reading a client's, writing the answer's."""

from __future__ import annotations

from datetime import UTC, datetime
from xml.etree.ElementTree import Element, SubElement, tostring

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from ..rules.errors import NOT_XML, MalformedXML, MissingRequestBodyError
from ..rules.ownership import canonical_id
from ..rules.schema import local_name
from .response import Response

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"


def parse(body: bytes, *roots: str) -> Element:
    """A client's document, whose root must be one of `roots` if any are named.

    Raises MissingRequestBodyError for none, MalformedXML, also for a document that defines
    entities.
    """
    if not body:
        raise MissingRequestBodyError()
    try:
        root: Element = fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        raise MalformedXML() from None
    if roots and local_name(root) not in roots:
        raise MalformedXML()
    return root


def result(name: str) -> Element:
    """The root of an answer."""
    return Element(name, xmlns=NAMESPACE)


def add(parent: Element, **values: object) -> None:
    """Add an element for each name with that text, in order; None adds nothing."""
    for name, value in values.items():
        if value is not None:
            text = str(value).lower() if isinstance(value, bool) else str(value)
            SubElement(parent, name).text = text


def document(root: Element) -> Response:
    """An answer of status 200 with this document.

    S3 writes a key's control characters as references that no XML may have, and parsers give up:
    https://github.com/boto/botocore/issues/3496. A listing has encoding-type=url against this.
    A carriage return must be one too: as it is, a parser reads it as the end of a line.
    """
    # S3 writes no space before "/>". (In texts and attributes > is escaped.)
    text = tostring(root, encoding="unicode").replace(" />", "/>")
    text = text.replace("\r", "&#13;")
    text = NOT_XML.sub(lambda found: f"&#x{ord(found[0]):x};", text)
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode("ascii", "xmlcharrefreplace")
    return Response(200, [("content-type", "application/xml")], body)


def instant(moment: datetime) -> str:
    """A moment as S3's documents write it, UTC: ``2026-11-26T13:00:00.000Z``."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")[:19] + ".000Z"


def owner(parent: Element, account: str) -> None:
    """Add the Owner of an object: the account's canonical id. (S3 shows no DisplayName now.)"""
    add(SubElement(parent, "Owner"), ID=canonical_id(account))
