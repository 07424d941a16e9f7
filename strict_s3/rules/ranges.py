"""The Range header of GetObject and HeadObject.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html; what S3 does with a
range that it cannot read is what others recorded of it.
"""

from __future__ import annotations

import re

from .errors import InvalidRange

# 20 digits are enough for any 64-bit number, which some clients send for "to the end".
_RANGE = re.compile(r"\s*bytes\s*=\s*([0-9]{0,20})\s*-\s*([0-9]{0,20})\s*", re.IGNORECASE)


def span(text: str, size: int) -> tuple[int, int] | None:
    """The (start, stop) of the bytes asked for, of `size`; None for the whole object.

    S3 serves that for a range that it cannot read, and for several at once. Raises InvalidRange
    if the object has none of these bytes.
    """
    match = _RANGE.fullmatch(text)
    if match is None or match[1] == match[2] == "":
        return None
    first, last = match[1], match[2]
    if not first:  # so many bytes at the end, or all that there are
        start, stop = max(size - int(last), 0), size
    else:
        start, stop = int(first), min(int(last) + 1, size) if last else size
        if last and int(last) < start:
            return None
    if start >= stop:
        raise InvalidRange(RangeRequested=text, ActualObjectSize=size)
    return start, stop
