"""PostObject: an upload by an HTML form, once its policy has been checked.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html
"""

from __future__ import annotations

from string import punctuation
from urllib.parse import quote, urlencode, urlsplit

from ...rules import tags
from ...rules.checksums import DEFAULT, FULL_OBJECT
from ...rules.errors import InvalidRequest
from ...rules.schema import local_name
from ...rules.uploads import checksum_algorithm
from .. import xml
from ..call import Call
from ..http.form_reader import Form
from ..response import Response
from ..store.objects import ObjectVersion
from ..store.store import Store
from .body import Declared, Received
from .put_object import check_condition, fill, new_object, written


def post_object(store: Store, call: Call) -> Response:
    """Store a form's file; its answer is 204, or what the form asks for."""
    assert call.form is not None
    bucket = store.bucket(call.bucket)
    fields = call.form.filled_in()
    new = new_object(store, bucket, call)
    tagged = tags_of_form(call.form)
    new.tags = new.tags if tagged is None else tagged
    check_condition(bucket, call)
    fill(new, _receive(store, call))
    with store.lock:
        check_condition(store.bucket(call.bucket), call)
        bucket.put(new)
    location = call.addresses.url_of(call.request, call.place)
    headers = dict(written(bucket, new)) | {
        "x-amz-checksum-type": FULL_OBJECT,
        "location": location,
    }
    return _success(fields, headers, call, new)


def tags_of_form(form: Form) -> dict[str, str] | None:
    """The tags in the field ``tagging``, None without one. Raises MalformedXML, InvalidTag …"""
    text = form.filled_in().get("tagging")
    if not text:
        return None
    document = xml.parse(text.encode())
    # As recorded on AWS, a document of another kind is no tags, and no fault either.
    return tags.from_xml(document) if local_name(document) == "Tagging" else {}


def _receive(store: Store, call: Call) -> Received:
    """The file, refused as soon as it is longer than the policy allows."""
    assert call.form is not None
    policy, algorithm = call.policy, checksum_algorithm(call.headers)
    declared = Declared(call.request, algorithm or DEFAULT)
    if algorithm not in ("", declared.algorithm):
        raise InvalidRequest("Value for x-amz-checksum-algorithm header is invalid.")
    writer = store.spool.writer()
    try:
        for piece in call.form.file:
            writer.write(piece)
            if policy is not None:
                policy.check_length(writer.size, whole=False)
            declared.update(piece)
        if policy is not None:
            policy.check_length(writer.size, whole=True)
        checksum = declared.compare({})
        return Received(writer.finish(), declared.md5.hexdigest(), checksum)
    except BaseException:
        writer.discard()
        raise


def _success(
    fields: dict[str, str], headers: dict[str, str], call: Call, stored: ObjectVersion
) -> Response:
    """204, or what success_action_redirect or success_action_status asks for."""
    redirect = fields.get("success_action_redirect", fields.get("redirect", ""))
    if _is_url(redirect):
        facts = urlencode({"bucket": call.bucket, "key": call.key, "etag": stored.quoted_etag})
        joint = "&" if urlsplit(redirect).query else "?"
        # A header holds ASCII alone, and so does a URL (RFC 3986).
        target = quote(f"{redirect}{joint}{facts}", safe=punctuation)
        return Response(303, list((headers | {"location": target}).items()))
    status = fields.get("success_action_status", "204")
    if status != "201":
        return Response(200 if status == "200" else 204, list(headers.items()))
    root = xml.result("PostResponse")
    del root.attrib["xmlns"]  # as recorded: this document has no namespace
    xml.add(root, Location=headers["location"], Bucket=call.bucket, Key=call.key)
    xml.add(root, ETag=stored.quoted_etag)
    answer = xml.document(root)
    return Response(201, [*headers.items(), *answer.headers], answer.body)


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:  # http://[bad
        return False
