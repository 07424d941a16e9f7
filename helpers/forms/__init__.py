"""Forms to play with, beside the lessons' code.

Each form is a model without any widget (the modules of this package: what can be filled in, what
is wrong with it, the boto3 call that it makes, the requests that it sends) and a view (`views`)
that only arranges. The widgets are imported when a form is asked for, so that a model can be used
and tested without them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpers import lazily

if TYPE_CHECKING:
    from helpers.forms.views.cors import CorsForm
    from helpers.forms.views.iam import IamForm
    from helpers.forms.views.inspector import UrlInspector
    from helpers.forms.views.post import PostForm
    from helpers.forms.views.url import GetForm, PutForm

__all__ = ["CorsForm", "GetForm", "IamForm", "PostForm", "PutForm", "UrlInspector"]

__getattr__ = lazily(
    __name__,
    {
        "helpers.forms.views.cors": ("CorsForm",),
        "helpers.forms.views.iam": ("IamForm",),
        "helpers.forms.views.inspector": ("UrlInspector",),
        "helpers.forms.views.post": ("PostForm",),
        "helpers.forms.views.url": ("GetForm", "PutForm"),
    },
)
