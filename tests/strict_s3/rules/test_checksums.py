"""The two CRCs that Python lacks: anycrc's, and ours where that is not to be had."""

from __future__ import annotations

import base64
import subprocess
import sys
from pathlib import Path

import anycrc
import pytest
from hypothesis import given
from hypothesis import strategies as st

import strict_s3
from strict_s3.rules.checksums import crc_in_python, hasher

MODELS = {
    # Check values: https://reveng.sourceforge.io/crc-catalogue/all.htm
    "CRC32C": ("CRC32C", 0x82F63B78, 32, 0xE3069283),
    "CRC64NVME": ("CRC64-NVME", 0x9A6C9329AC4BC9B5, 64, 0xAE8B14860A799888),
}


@pytest.mark.parametrize("name", MODELS)
def test_the_published_check_value(name):
    _, polynomial, bits, check = MODELS[name]
    assert crc_in_python(polynomial, bits)(b"123456789", 0) == check
    ours = hasher(name)
    ours.update(b"1234")
    ours.update(b"56789")
    assert ours.digest() == check.to_bytes(bits // 8, "big")


@pytest.mark.parametrize("name", MODELS)
@given(first=st.binary(max_size=300), second=st.binary(max_size=300))
def test_ours_is_anycrcs(name, first, second):
    model, polynomial, bits, _ = MODELS[name]
    ours, theirs = crc_in_python(polynomial, bits), anycrc.Model(model).calc
    assert (
        ours(second, ours(first, 0)) == theirs(second, theirs(first, 0)) == ours(first + second, 0)
    )


def test_without_anycrc_ours_is_taken():
    code = (
        "import sys; sys.modules['anycrc'] = None\n"
        "from strict_s3.rules.checksums import hasher\n"
        "import base64\n"
        "for name in ('CRC32C', 'CRC64NVME'):\n"
        "    one = hasher(name); one.update(b'123456789'); print(base64.b64encode(one.digest()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(strict_s3.__file__).parent.parent,
    )
    expected = [check.to_bytes(bits // 8, "big") for _, _, bits, check in MODELS.values()]
    assert done.stdout.split() == [str(base64.b64encode(value)) for value in expected]
