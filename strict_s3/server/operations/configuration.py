"""A bucket's configurations: one way of putting, getting and deleting them, and a table of them.

Each is an XML document that is checked against its shape and then obeyed, or refused: what this
S3 cannot do is 501, never a 200 that changes nothing. (`bucket_policy` and `acl` are written
differently and stand on their own.) Sources: the pages of the API reference that
`rules.documents` names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from xml.etree.ElementTree import Element

from ...rules import bucket_errors as missing
from ...rules import documents
from ...rules.checksums import require_digest
from ...rules.errors import S3Error
from ...rules.schema import Shape
from .. import xml
from ..call import Call
from ..response import Headers, Response
from ..store.bucket import Bucket
from ..store.store import Store
from . import protection, services
from .body import read_document

Write = Callable[[Store, Bucket, Element, Call], None]


@dataclass(frozen=True)
class Configuration:
    """One sub-resource of a bucket.

    `write` keeps a document that has the right shape; `read` gives it back, or None for what is
    not set, which is answered with `unset`; `clear` deletes it. `headers` belong to the answers
    of GET and PUT. `needs_digest`: S3 wants an MD5 or a checksum of the document.
    """

    shape: Shape
    write: Write
    read: Callable[[Bucket], Element | None]
    unset: type[S3Error] | None = None
    clear: Callable[[Bucket], None] | None = None
    headers: Callable[[Bucket], Headers] = lambda _: []
    put_status: int = 200
    needs_digest: bool = False


def get(configuration: Configuration, store: Store, call: Call) -> Response:
    """The configuration as it was put, in S3's order, or S3's default."""
    bucket = store.bucket(call.bucket)
    root = configuration.read(bucket)
    if root is None:
        if configuration.unset is not None:
            raise configuration.unset(BucketName=bucket.name)
        root = Element(configuration.shape.name)
    root.set("xmlns", xml.NAMESPACE)
    answer = xml.document(root)
    answer.headers += configuration.headers(bucket)
    return answer


def put(configuration: Configuration, store: Store, call: Call) -> Response:
    """Keep a configuration in place of the one before. Raises MalformedXML and the rule's own."""
    body = read_document(store.spool, call)
    if configuration.needs_digest:
        require_digest(call.request.header_map)
    root = configuration.shape.checked(xml.parse(body))
    with store.lock:
        bucket = store.bucket(call.bucket)
        configuration.write(store, bucket, root, call)
    return Response(configuration.put_status, configuration.headers(bucket))


def delete(configuration: Configuration, store: Store, call: Call) -> Response:
    """Forget a configuration; nothing happens if there is none."""
    assert configuration.clear is not None
    with store.lock:
        configuration.clear(store.bucket(call.bucket))
    return Response(204)


CONFIGURATIONS = {
    "BucketAccelerateConfiguration": Configuration(
        documents.ACCELERATE, services.put_acceleration, services.kept("accelerate")
    ),
    "BucketCors": Configuration(
        documents.CORS,
        services.put_cors,
        services.kept("cors"),
        missing.NoSuchCorsConfiguration,
        services.delete_cors,
        needs_digest=True,
    ),
    "BucketEncryption": Configuration(
        documents.ENCRYPTION,
        protection.put_encryption,
        protection.encryption,
        clear=protection.delete_encryption,
    ),
    "BucketLifecycleConfiguration": Configuration(
        documents.LIFECYCLE,
        services.put_lifecycle,
        services.kept("lifecycle"),
        missing.NoSuchLifecycleConfiguration,
        services.delete_lifecycle,
        services.lifecycle_headers,
        needs_digest=True,
    ),
    "BucketLogging": Configuration(
        documents.LOGGING, services.put_logging, services.kept("logging")
    ),
    "BucketNotificationConfiguration": Configuration(
        documents.NOTIFICATION, services.put_notification, services.kept("notification")
    ),
    "BucketOwnershipControls": Configuration(
        documents.OWNERSHIP_CONTROLS,
        protection.put_ownership,
        protection.ownership,
        missing.OwnershipControlsNotFound,
        protection.delete_ownership,
    ),
    "BucketReplication": Configuration(
        documents.REPLICATION,
        services.put_replication,
        services.kept("replication"),
        missing.ReplicationConfigurationNotFound,
        services.forget("replication"),
        needs_digest=True,
    ),
    "BucketRequestPayment": Configuration(
        documents.REQUEST_PAYMENT, services.put_request_payment, services.request_payment
    ),
    "BucketTagging": Configuration(
        documents.TAGGING,
        services.put_tags,
        services.tag_set,
        missing.NoSuchTagSet,
        services.delete_tags,
        put_status=204,
        needs_digest=True,
    ),
    "BucketVersioning": Configuration(
        documents.VERSIONING, protection.put_versioning, protection.versioning
    ),
    "BucketWebsite": Configuration(
        documents.WEBSITE,
        services.put_website,
        services.kept("website"),
        missing.NoSuchWebsiteConfiguration,
        services.forget("website"),
    ),
    "ObjectLockConfiguration": Configuration(
        documents.OBJECT_LOCK,
        protection.put_object_lock,
        protection.object_lock,
        missing.ObjectLockConfigurationNotFound,
        needs_digest=True,
    ),
    "PublicAccessBlock": Configuration(
        documents.PUBLIC_ACCESS_BLOCK,
        protection.put_public_access_block,
        protection.public_access_block,
        missing.NoSuchPublicAccessBlockConfiguration,
        protection.delete_public_access_block,
    ),
}
# The one operation whose name isn't its configuration's.
_DELETES = {"BucketLifecycleConfiguration": "DeleteBucketLifecycle"}


def operations() -> Iterator[tuple[str, Callable[[Store, Call], Response]]]:
    """Every operation on a configuration, by its name in the API reference."""
    for name, configuration in CONFIGURATIONS.items():
        yield f"Get{name}", partial(get, configuration)
        yield f"Put{name}", partial(put, configuration)
        if configuration.clear is not None:
            yield _DELETES.get(name, f"Delete{name}"), partial(delete, configuration)
