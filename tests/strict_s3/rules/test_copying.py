"""What a copy may be asked for, where a test with real bytes would be too large."""

from __future__ import annotations

import pytest

from strict_s3.rules.copying import check_source_size
from strict_s3.rules.errors import InvalidRequest
from strict_s3.rules.limits import MAX_PUT


def test_one_request_copies_5_gib():
    check_source_size(MAX_PUT)
    with pytest.raises(InvalidRequest, match=r": 5368709120$"):
        check_source_size(MAX_PUT + 1)
