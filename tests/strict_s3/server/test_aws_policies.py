"""AWS's managed policies as moto has collected them.

python3 -m tests.strict_s3.server.test_aws_policies writes them again, from the moto installed.
"""

from __future__ import annotations

import gzip
import json

from moto.iam.aws_managed_policies import aws_managed_policies_data

from strict_s3.server.store.iam.aws_policies import COLLECTION


def packed() -> bytes:
    """What is needed of it, the same bytes for the same policies."""
    text = json.dumps(json.loads(aws_managed_policies_data), sort_keys=True, separators=(",", ":"))
    return gzip.compress(text.encode(), mtime=0)


def test_the_collection_is_motos():
    assert gzip.decompress(COLLECTION.read_bytes()) == gzip.decompress(packed()), __doc__


if __name__ == "__main__":
    COLLECTION.write_bytes(packed())
