"""Pages of a listing: keys with a prefix, rolled up at a delimiter, a page at a time.

A page costs what is on it, not what is in the bucket: a common prefix is found at its first key,
and the next key is looked for behind it. Source:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-prefixes.html
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import quote_plus
from xml.etree.ElementTree import Element, SubElement

from ...rules.errors import InvalidArgument
from ...rules.limits import MAX_LIST
from ...rules.listing import MAX_INTEGER, number
from .. import xml
from ..call import Call

_LAST = "\U0010ffff"  # the last character there is


@dataclass(frozen=True)
class Common:
    """A common prefix, in place of all the keys that begin with it."""

    prefix: str


@dataclass(frozen=True)
class Scope:
    """What a listing is about: keys with `prefix`, rolled up at `delimiter` unless that is ""."""

    prefix: str
    delimiter: str

    @classmethod
    def of(cls, call: Call) -> Scope:
        return cls(call.parameter("prefix") or "", call.parameter("delimiter") or "")

    def common(self, key: str) -> str | None:
        """The common prefix that stands for this key, or None if it is shown itself."""
        if not self.delimiter or not key.startswith(self.prefix):
            return None
        at = key.find(self.delimiter, len(self.prefix))
        return None if at < 0 else key[: at + len(self.delimiter)]

    def first(self, marker: str) -> str | None:
        """Where a listing after `marker` begins: behind the whole common prefix it is in.

        None if nothing can be there.
        """
        if not marker:
            return self.prefix
        common = self.common(marker)
        after = behind(common) if common else marker + "\0"
        return None if after is None else max(self.prefix, after)


Keys = Callable[[str], Iterable[str]]  # the keys from one on, in order


def walk(
    keys: Keys, scope: Scope, first: str | None, shown: Callable[[str], bool]
) -> Iterator[str | Common]:
    """The keys of a scope from `first` on for which `shown` is true, and the common prefixes."""
    while first is not None:
        for key in keys(first):
            if not key.startswith(scope.prefix):
                return
            if not shown(key):
                continue
            common = scope.common(key)
            if common is not None:
                yield Common(common)
                first = behind(common)
                break  # and look for the next key there
            yield key
        else:
            return


def behind(prefix: str) -> str | None:
    """The first text behind all that begin with `prefix`, in the order of keys; None for none."""
    kept = prefix.rstrip(_LAST)
    return kept[:-1] + chr(ord(kept[-1]) + 1) if kept else None


def page_size(call: Call, name: str) -> int:
    """A page's size in the query, at most 1,000. Raises what `number_of` raises."""
    return min(number_of(call, name, MAX_LIST), MAX_LIST)


def number_of(call: Call, name: str, default: int, said: str = "") -> int:
    """A number in the query, `default` without one. Raises InvalidArgument for one below 0.

    `said` is how the refusal calls it, if not by its name. (What is no number has been refused
    already, by `rules.listing`.)
    """
    value = number(call.parameter(name) or str(default)) or 0
    if value < 0:
        said = said or name
        raise InvalidArgument(
            f"Argument {said} must be an integer between 0 and {MAX_INTEGER}",
            ArgumentName=said,
            ArgumentValue=value,
        )
    return value


def encoding(call: Call) -> str | None:
    """The encoding that keys are to have, as it was asked for: XML cannot carry all of them.

    Raises InvalidArgument.
    """
    text = call.parameter("encoding-type")
    if text is not None and text.lower() != "url":
        raise InvalidArgument(
            "Invalid Encoding Method specified in Request",
            ArgumentName="encoding-type",
            ArgumentValue=text,
        )
    return text


def encoded(call: Call, text: str) -> str:
    """A key, prefix, delimiter or marker, encoded if the request wants that."""
    if encoding(call) is None:
        return text
    # As java.net.URLEncoder does it, but for slashes.
    return quote_plus(text, safe="/*").replace("~", "%7E")


def add_common(call: Call, root: Element, prefixes: Iterable[str]) -> None:
    """Add the CommonPrefixes elements."""
    for prefix in prefixes:
        xml.add(SubElement(root, "CommonPrefixes"), Prefix=encoded(call, prefix))


def token_for(last: str) -> str:
    """The continuation token of a page that ended with this key or common prefix.

    It says nothing to a client, and has to be percent-encoded in a URL, like S3's.
    """
    data = last.encode("utf-8", "surrogatepass")
    return base64.b64encode(zlib.crc32(data).to_bytes(4, "big") + data).decode()


def token_value(token: str) -> str:
    """What `token_for` was given. Raises InvalidArgument."""
    try:
        data = base64.b64decode(token, validate=True)
        if len(data) > 4 and zlib.crc32(data[4:]).to_bytes(4, "big") == data[:4]:
            return data[4:].decode("utf-8", "surrogatepass")
    except ValueError:
        pass
    raise InvalidArgument(
        "The continuation token provided is incorrect", ArgumentName="continuation-token"
    )
