"""What the lessons import, behind the notebooks.

    from helpers import connect, show

    connect("04")       the S3 of this notebook, as a `Lab`: a local one, or the one that .env names
    show(response)      an HTTP response: the status, and what S3 says; or what `explain` found
    timeline(url)       when a URL was signed, when it expires, when its signer's session ends
    redact(text)        the text without signatures, session tokens and secret keys
    progress()          print which exercises are done

Everything else has a room of its own. They use `strict_s3`, and one another in one direction only:

    files  <-  clean_up, address  <-  lab  <-  forms, pages, flags  <-  exercises  <-  notebooks

`address` is where people reach the local S3: on this computer, or inside a browser. `exercises`
check what a learner made, `forms` are widgets to play with, `pages` (upload_page, uploader,
cors_bench) send from a browser, `flags` are the levels of lesson 14, and `setup` holds the
commands, which no lesson imports. `files` knows where a learner's notes are, and writes a file
whole or not at all. Errors are in `errors`, the .env file in `settings`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from helpers.errors import LabError
    from helpers.exercises.progress import progress
    from helpers.forms.shown import show
    from helpers.forms.timeline import timeline
    from helpers.lab import Lab, connect
    from strict_s3.redact import redact

__all__ = [
    "Lab",
    "LabError",
    "connect",
    "progress",
    "redact",
    "show",
    "timeline",
]


def lazily(package: str, homes: Mapping[str, Iterable[str]]) -> Callable[[str], Any]:
    """A package's ``__getattr__`` (PEP 562) for names whose `homes` are imported only then.

    The commands need it, because they begin before there is an environment.
    """

    def get(name: str) -> Any:
        for home, names in homes.items():
            if name in names:
                return getattr(import_module(home), name)
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    return get


__getattr__ = lazily(
    __name__,
    {
        "helpers.errors": ("LabError",),
        "helpers.exercises.progress": ("progress",),
        "helpers.lab": ("Lab", "connect"),
        "helpers.forms.shown": ("show",),
        "helpers.forms.timeline": ("timeline",),
        "strict_s3.redact": ("redact",),
    },
)
