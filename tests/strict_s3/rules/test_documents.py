"""The shapes of configurations, beside what botocore can send."""

from __future__ import annotations

from xml.etree.ElementTree import fromstring, tostring

import botocore.session
import pytest

from strict_s3.rules import documents
from strict_s3.rules.errors import MalformedXML
from strict_s3.rules.schema import (
    Shape,
    boolean,
    choice,
    long,
    many,
    maybe,
    need,
    number,
    part,
    text,
)

SHAPES = {
    "CreateBucket": documents.CREATE_BUCKET,
    "PutBucketAccelerateConfiguration": documents.ACCELERATE,
    "PutBucketAcl": documents.ACCESS_CONTROL_POLICY,
    "PutBucketCors": documents.CORS,
    "PutBucketEncryption": documents.ENCRYPTION,
    "PutBucketLifecycleConfiguration": documents.LIFECYCLE,
    "PutBucketLogging": documents.LOGGING,
    "PutBucketNotificationConfiguration": documents.NOTIFICATION,
    "PutBucketOwnershipControls": documents.OWNERSHIP_CONTROLS,
    "PutBucketReplication": documents.REPLICATION,
    "PutBucketRequestPayment": documents.REQUEST_PAYMENT,
    "PutBucketTagging": documents.TAGGING,
    "PutBucketVersioning": documents.VERSIONING,
    "PutBucketWebsite": documents.WEBSITE,
    "PutObjectLockConfiguration": documents.OBJECT_LOCK,
    "PutPublicAccessBlock": documents.PUBLIC_ACCESS_BLOCK,
}
MODEL = botocore.session.get_session().get_service_model("s3")


def paths_of_botocore(shape, seen=()) -> set[str]:
    """The paths of the elements that botocore can send in a structure."""
    paths = set()
    for member, inner in shape.members.items() if shape.type_name == "structure" else ():
        if inner.serialization.get("xmlAttribute"):
            continue
        name = inner.serialization.get("name", member)
        path = (name,)
        if inner.type_name == "list":
            item = inner.member
            if not inner.serialization.get("flattened"):
                path += (item.serialization.get("name", "member"),)
            inner = item
        paths |= {"/".join(path[: n + 1]) for n in range(len(path))}
        paths |= {"/".join((*path, deeper)) for deeper in paths_of_botocore(inner)}
    return paths


def paths_of(shape: Shape) -> set[str]:
    paths = set()
    for child in shape.children:
        paths.add(child.name)
        if isinstance(child.content, Shape):
            paths |= {f"{child.name}/{deeper}" for deeper in paths_of(child.content)}
    return paths


@pytest.mark.parametrize("operation", SHAPES)
def test_every_element_is_known(operation):
    """What an SDK can send is taken, or refused for a reason of its own: never overlooked."""
    given = MODEL.operation_model(operation).input_shape
    document = given.members[given.serialization["payload"]]
    shape = SHAPES[operation]
    assert shape.name == document.serialization["name"]
    assert paths_of_botocore(document) == paths_of(shape)


def test_values():
    for value, words, expected in (
        (text, " a ", " a "),
        (number, " 07 ", "7"),
        (number, "-2147483648", "-2147483648"),
        (long, "9223372036854775807", "9223372036854775807"),
        (boolean, "TRUE", "true"),
        (boolean, "0", "false"),
        (choice("a", "b"), "b", "b"),
    ):
        assert value(words) == expected
    for value, words in (
        (number, "2147483648"),
        (number, "1.0"),
        (number, "1_0"),
        (number, "٣"),
        (number, ""),
        (long, "9223372036854775808"),
        (boolean, "yes"),
        (choice("a", "b"), "A"),
        (choice("a"), " a"),
    ):
        with pytest.raises(MalformedXML):
            value(words)


SHAPE = Shape(
    "Root",
    need("One"),
    maybe("Two", number),
    many("Three", part(maybe("Four")), most=2),
    many("Five", least=1),
)
FULL = "<Root><One>1</One><Two>2</Two><Three><Four>4</Four></Three><Three/><Five>5</Five></Root>"


def test_a_document_in_order():
    sent = fromstring(
        "<Root xmlns='http://s3.amazonaws.com/doc/2006-03-01/'><Five>5</Five> <Three><Four>4</Four>"
        "</Three><Two> 2</Two><Three/><One>1</One></Root>"
    )
    assert tostring(SHAPE.checked(sent)).decode().replace(" />", "/>") == FULL


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Root", "Other"),
        ("<One>1</One>", ""),
        ("<One>1</One>", "<One>1</One><One>1</One>"),
        ("<One>1</One>", "<One><Two>2</Two></One>"),
        ("<Two>2</Two>", "<Two>two</Two>"),
        ("<Two>2</Two>", "<Two>2</Two><Two>2</Two>"),
        ("<Three/>", "<Three/><Three/>"),
        ("<Three/>", "<Three><One/></Three>"),
        ("<Five>5</Five>", ""),
        ("<Five>5</Five>", "<Five>5</Five><Six>6</Six>"),
    ],
)
def test_documents_of_another_shape(before, after):
    SHAPE.checked(fromstring(FULL))
    with pytest.raises(MalformedXML):
        SHAPE.checked(fromstring(FULL.replace(before, after)))
