"""Forms to play with, beside the lessons' code.

Each form is a model without any widget (the modules of this package: what can be filled in, what
is wrong with it, the boto3 call that it makes, the requests that it sends) and a view (`views`)
that only arranges. The widgets are imported when a form is asked for, so that a model can be used
and tested without them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from helpers.forms.views.cors import CorsForm
    from helpers.forms.views.iam import IamForm
    from helpers.forms.views.inspector import UrlInspector
    from helpers.forms.views.post import PostForm
    from helpers.forms.views.url import GetForm, PutForm

__all__ = ["CorsForm", "GetForm", "IamForm", "PostForm", "PutForm", "UrlInspector"]

_ROOMS = {
    "CorsForm": "cors",
    "GetForm": "url",
    "IamForm": "iam",
    "PostForm": "post",
    "PutForm": "url",
    "UrlInspector": "inspector",
}


def __getattr__(name: str) -> Any:
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.views.{_ROOMS[name]}"), name)
