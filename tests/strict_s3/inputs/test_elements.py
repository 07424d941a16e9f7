"""No element of a document is ignored: each is removed or changed, and that must have an effect."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from xml.etree.ElementTree import Element, SubElement, fromstring, tostring

import pytest

from tests.strict_s3.inputs.documents import SHAPES, documents_of, paths_of
from tests.strict_s3.inputs.samples import build, request_for
from tests.strict_s3.inputs.test_inputs import OPERATIONS
from tests.strict_s3.inputs.world import MODEL, Seen, World, digest

# What has no effect, and why.
NO_EFFECT = {
    "Owner/DisplayName": "S3 knows an owner by the ID alone",
    "AccessControlList/Grant/Grantee/DisplayName": "S3 knows a grantee by the ID alone",
}


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with pytest.MonkeyPatch.context() as patch:
        yield build(patch)


def elements(element: Element, path: str = "") -> Iterator[tuple[str, Element, Element]]:
    """(path, parent, element) of all that is in an element."""
    for child in element:
        here = f"{path}/{child.tag}".removeprefix("/")
        yield here, element, child
        yield from elements(child, here)


def put(world: World, operation: str, root: Element) -> Seen:
    body = tostring(root)
    headers = {"content-md5": digest(body)}
    return world.send(replace(request_for(operation, world), headers=headers, body=body))


def changes(root: Element) -> Iterator[tuple[str, Element]]:
    """The document without one of its elements, and with another text in it; and the path."""
    for number, (path, _, child) in enumerate(elements(root)):
        without = deepcopy(root)
        _, parent, same = list(elements(without))[number]
        parent.remove(same)
        yield path, without
        if child.text:
            other = deepcopy(root)
            list(elements(other))[number][2].text = f"{child.text}x"
            yield path, other


@pytest.mark.parametrize("operation", SHAPES)
def test_every_element_has_an_effect(world, operation):
    tried, ignored, noticed = set(), set(), set()
    for text in documents_of(operation, world):
        root = fromstring(text)
        tried |= {path for path, _, _ in elements(root)}
        seen = put(world, operation, root)
        by_email = seen.status == 405
        if by_email or any(seen.refuses(child.tag, root.tag) for child in root.iter()):
            continue  # all that is in a document is refused if one element of it is
        assert seen.status < 300 or operation == "CompleteMultipartUpload", seen.body
        for path, other in changes(root):
            ignored.add(path)
            if put(world, operation, other) != seen:
                noticed.add(path)
    assert not ignored - noticed - NO_EFFECT.keys(), f"{operation} ignores them"
    expected = {path for path, missing in paths_of(SHAPES[operation]).items() if not missing}
    assert tried == expected, "tests/strict_s3/inputs/documents.py lacks them"


@pytest.mark.parametrize("operation", SHAPES)
def test_what_is_missing_is_refused_by_name(world, operation):
    for path in (path for path, missing in paths_of(SHAPES[operation]).items() if missing):
        refused = False
        *parents, name = path.split("/")
        for text in documents_of(operation, world):
            root = fromstring(text)
            parent = root.find("/".join(parents)) if parents else root
            if parent is not None:
                SubElement(parent, name).text = "1"
                refused |= put(world, operation, root).refuses(name)
        assert refused, path


@pytest.mark.parametrize("operation", SHAPES)
def test_what_s3_does_not_know_is_refused(world, operation):
    for text in documents_of(operation, world):
        root = fromstring(text)
        for parent in [root, *(child for child in root.iter() if len(child))]:
            unknown = SubElement(parent, "Unknown")
            seen = put(world, operation, root)
            assert seen.status == 400 and "Malformed" in seen.body, parent.tag
            parent.remove(unknown)


def paths_of_botocore(shape) -> set[str]:
    """The paths of the elements that botocore can send in a structure."""
    paths = set()
    for member, inner in shape.members.items() if shape.type_name == "structure" else ():
        if inner.serialization.get("xmlAttribute"):
            continue
        path = (inner.serialization.get("name", member),)
        if inner.type_name == "list":
            item = inner.member
            if not inner.serialization.get("flattened"):
                path += (item.serialization.get("name", "member"),)
            inner = item
        paths |= {"/".join(path[: n + 1]) for n in range(len(path))}
        paths |= {"/".join((*path, deeper)) for deeper in paths_of_botocore(inner)}
    return paths


def document_of(operation: str):
    """botocore's structure of the document of an operation, None if it has none."""
    shape = MODEL.operation_model(operation).input_shape
    payload = shape.serialization.get("payload") if shape else None
    document = shape.members[payload] if payload else None
    return document if document is not None and document.type_name == "structure" else None


@pytest.mark.parametrize("operation", [one for one in OPERATIONS if document_of(one)])
def test_every_element_is_in_a_shape(operation):
    """What an SDK can send is obeyed, or refused for a reason of its own: never overlooked."""
    assert operation in SHAPES, "tests/strict_s3/inputs/documents.py does not know its document."
    document, shape = document_of(operation), SHAPES[operation]
    assert document.serialization["name"] == shape.name
    known = paths_of(shape)
    missing = tuple(f"{path}/" for path, is_missing in known.items() if is_missing)
    sent = {path for path in paths_of_botocore(document) if not path.startswith(missing)}
    assert sent == known.keys(), (
        "strict_s3/rules/documents.py has other elements than botocore. Obey a new one, or say "
        "that it is `missing`; then put it into tests/strict_s3/inputs/documents.py."
    )
