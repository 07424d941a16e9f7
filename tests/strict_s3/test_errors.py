"""One base for the errors that a user of strict_s3 meets."""

from __future__ import annotations

import inspect
import pickle

import pytest

from strict_s3 import errors

TREE = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if kind.__module__ == errors.__name__
]


@pytest.mark.parametrize("kind", TREE, ids=lambda kind: kind.__name__)
def test_every_error_is_in_the_tree_and_can_be_caught_by_its_base(kind):
    drawing = (errors.__doc__ or "").partition("Each message")[0]
    assert issubclass(kind, errors.StrictS3Error)
    assert f" {kind.__name__} " in f" {drawing} ".replace("\n", " ")
    for base in kind.__mro__[1:]:
        if base.__module__ == "builtins" and base not in (Exception, BaseException, object):
            assert f"{kind.__name__} ({base.__name__})" in drawing


@pytest.mark.parametrize("kind", TREE, ids=lambda kind: kind.__name__)
def test_ipython_shows_the_sentence_alone(kind):
    error = pickle.loads(pickle.dumps(kind("Use 900.")))  # as it comes from another process
    assert error._render_traceback_() == [f"{kind.__name__}: Use 900."]
