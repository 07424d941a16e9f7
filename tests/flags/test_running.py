"""A learner's code that fails, never ends, or tampers: one sentence, and soon."""

from __future__ import annotations

import contextlib
import re
import sys
import threading
import time

import pytest

from helpers.errors import Denied, NotYet
from helpers.flags.judge import judge_attack, judge_fix
from helpers.flags.levels import LEVELS
from helpers.flags.running import Broke, is_untouched, run
from helpers.flags.world import NotSent

FIRST = LEVELS[1]
SOON = 0.2  # seconds


def endless():
    while True:
        pass


def stubborn():
    while True:
        with contextlib.suppress(Exception):
            time.sleep(0.001)


def told(function, *arguments, seconds=5.0):
    with pytest.raises(Broke) as broke:
        run(function, arguments, seconds=seconds)
    text = str(broke.value)
    assert "\n" not in text and "Traceback" not in text and text.endswith((".", "?"))
    return text


def test_what_it_returns():
    assert run(lambda a, b=0: a + b, (1,), {"b": 2}) == 3


@pytest.mark.parametrize("function", [endless, stubborn])
def test_a_loop_that_never_ends_is_stopped(function):
    before = set(threading.enumerate())
    begin = time.monotonic()
    assert told(function, seconds=SOON).startswith("your code was stopped after 0.2 seconds")
    assert time.monotonic() - begin < 3
    new = set(threading.enumerate()) - before
    assert not [one for one in new if one.name == "learner"]


def test_what_cannot_be_stopped_is_left_behind():
    release = threading.Event()
    begin = time.monotonic()
    # In one call, which no exception ends before it returns.
    text = told(release.wait, 30, seconds=SOON)
    release.set()
    assert "restart the kernel" in text and time.monotonic() - begin < 10


def no_such_name():
    return undefined_name  # noqa: F821


def test_an_exception_is_named_with_its_line():
    text = told(no_such_name)
    assert text.startswith("your code raised NameError: name 'undefined_name' is not defined")
    assert "(line " in text and "return undefined_name" in text


def test_a_long_text_is_cut_and_a_url_loses_its_signature():
    def fails():
        raise ValueError("http://127.0.0.1/b/k?X-Amz-Signature=" + "0f" * 32 + " x" * 300)

    text = told(fails)
    assert "X-Amz-Signature=…" in text and len(text) < 400


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: sys.exit(3),
        lambda: (_ for _ in ()).throw(KeyboardInterrupt),
        lambda: run(run, ()),
        lambda: "a" + 1,
        lambda extra: None,
    ],
)
def test_every_end_is_a_sentence(wrong):
    told(wrong)


def swallows_all():
    while True:
        try:
            time.sleep(0.001)
        except:  # noqa: E722
            continue


def signs_without_end(signer):
    with contextlib.suppress(Broke):
        run(signer, seconds=SOON)
    return "went on"


# A browser's Python is 3.14; tests/browser/test_site.py tries it there.
@pytest.mark.skipif(sys.version_info < (3, 12), reason="sys.monitoring is new in Python 3.12")
def test_python_in_a_browser_has_no_threads(monkeypatch):
    monkeypatch.setattr("helpers.flags.running.IN_BROWSER", True)
    monkeypatch.setattr(threading, "Thread", None)
    assert run(lambda a: a + 1, (1,)) == 2
    assert "name 'undefined_name' is not defined" in told(no_such_name)
    for function in (endless, stubborn, swallows_all):
        assert told(function, seconds=SOON).startswith("your code was stopped after 0.2 seconds")
    assert run(signs_without_end, (endless,)) == "went on"


def test_deep_recursion_is_a_sentence():
    def deeper():
        return deeper()

    assert "RecursionError" in told(deeper)


def test_a_refusal_is_kept_as_the_cause():
    def refuses():
        raise Denied

    with pytest.raises(Broke) as broke:
        run(refuses)
    assert isinstance(broke.value.__cause__, Denied)


def test_what_was_not_written_yet():
    def dots(world): ...

    def many(s3, bucket, user, notes, name, size, part, upload=""): ...

    def done(world):
        return None if world else 1

    assert is_untouched(dots) and is_untouched(many) and is_untouched(...) and is_untouched(None)
    assert not is_untouched(done) and not is_untouched(print) and not is_untouched("a")


# What attacks do that are none, and what is said.


def renames(world):
    world.victim = world.me


def forces(world):
    object.__setattr__(world, "target", f"{world.me}/mine.txt")
    return world.send(world.sign(world.target))


def elsewhere(world):
    return world.send("http://example.com/")


def no_url(world):
    return world.send(None)


def own_file(world):
    return world.send(world.sign(f"{world.me}/mine.txt"))


def bad_argument(world):
    return world.sign(1, 2, 3)


def no_form(world):
    return world.post("http://", b"x")


@pytest.mark.parametrize(
    "shape", [bytes, bytearray, bytes.decode, lambda got: [got], lambda got: {"secret.txt": (got,)}]
)
def test_what_was_read_may_be_returned_in_any_shape(shape, arena):
    def attack(world):
        return shape(world.send(world.sign(world.target)).body)

    judge_attack(arena, FIRST, attack)


@pytest.mark.parametrize(
    ("attack", "reason"),
    [
        (renames, "FrozenInstanceError: cannot assign to field 'victim'"),
        (forces, "Your attack returned Answer(status=200"),
        (elsewhere, "this URL leads to a different server"),
        (no_url, "a URL was expected; this is None"),
        (own_file, "Return the content of the victim's file"),
        (bad_argument, "raised TypeError"),
        (no_form, "a form has 'url' and 'fields'"),
        (lambda: 1, "raised TypeError"),
        (lambda world: 42, "returned 42 (int)"),
        (lambda world: None, "returned None (does your function end with a return?)"),
    ],
)
def test_an_attack_that_is_none(attack, reason, arena):
    with pytest.raises(NotYet) as refused:
        judge_attack(arena, FIRST, attack)
    assert str(refused.value).startswith("the flag isn't captured") and reason in str(refused.value)


def test_a_world_that_is_destroyed_is_one_sentence(arena):
    """The fifth level signs any operation: also one that takes the whole bucket away."""

    def destroys(world):
        for key in (world.target, f"{world.me}/mine.txt"):
            world.send(world.sign("delete_object", "x", Key=key), "DELETE")
        world.send(world.sign("delete_object", "x").replace("/x?", "?"), "DELETE")
        raise ValueError("gone")

    judge_attack(arena, LEVELS[5], destroys)  # what it deleted counts, however it ends
    stage = arena.stage(LEVELS[5], LEVELS[5].signer())
    for key in stage.objects():
        stage.root.delete_object(Bucket=stage.bucket, Key=key)

    def takes_the_bucket(world):
        for key in (world.target, f"{world.me}/mine.txt"):
            arena.root.delete_object(Bucket=world.bucket, Key=key)
        arena.root.delete_bucket(Bucket=world.bucket)

    with pytest.raises(NotYet, match=r"can't be read any more \(NoSuchBucket\)"):
        judge_attack(arena, LEVELS[5], takes_the_bucket)


def looks_up(s3, bucket, user, key):
    return {}[key]


def loops(s3, bucket, user, key):
    while True:
        pass


def other_parameters(s3, bucket):
    return None


@pytest.mark.parametrize(
    ("fixed", "reason"),
    [
        (looks_up, "your code raised KeyError"),
        (other_parameters, "your code raised TypeError"),
        (lambda s3, bucket, user, key: 42, "a URL was expected; this is 42 (int)"),
        (lambda s3, bucket, user, key: None, "a URL was expected; this is None"),
        (lambda s3, bucket, user, key: "http://example.com/", "leads to a different server"),
        (lambda s3, bucket, user, key: "http://[", "leads to a different server"),
    ],
)
def test_a_fix_that_is_none(fixed, reason, arena):
    with pytest.raises(NotYet) as refused:
        judge_fix(arena, FIRST, fixed)
    text = str(refused.value)
    assert text.startswith("your fix breaks an honest use") and reason.lower() in text.lower()


def test_a_fix_that_never_ends_is_stopped(arena, monkeypatch):
    monkeypatch.setattr("helpers.flags.world.SECONDS", 0.8)
    with pytest.raises(NotYet, match=r"stopped after 0\.2 seconds"):
        judge_fix(arena, FIRST, loops)


def test_send_takes_a_url_as_it_is(arena):
    """No dot is resolved: a signed key may hold any."""
    stage = arena.stage(FIRST, FIRST.signer())
    key = f"{stage.me}/../{stage.me}//./a b+ü%2e.txt"
    stage.put(key, b"odd")
    assert stage.send(stage.sign(stage.me, key)).body == b"odd"
    with pytest.raises(NotSent, match="could not be sent"):
        stage.send(stage.sign(stage.me, key), headers={"x-note": "a\r\nb"})


def test_a_world_shows_what_it_has(arena):
    def shown(number):
        return repr(arena.stage(LEVELS[number], LEVELS[number].signer()).world())

    assert re.fullmatch(
        r"World\(me='u\w{4}', victim='u\w{6}', bucket='flags-\w+', target='.*'\)", shown(1)
    )
    assert "target" not in shown(4) and "virus=" in shown(9) and "other_bucket=" in shown(12)
    assert "log of 1 line(s)" in shown(10) and "http" not in shown(10)


def header_forgotten(s3, bucket, user, name, size):
    url, _, key = LEVELS[9].fix(s3, bucket, user, name, size)
    return url, {}, key


def no_f_string(bucket, user):
    own = "arn:aws:s3:::{bucket}/{user}/*"
    return {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": own}


def of_a_bucket_policy(bucket, user):
    return LEVELS[12].fix(bucket, user) | {"Principal": "*"}


@pytest.mark.parametrize(
    ("number", "fixed", "reason"),
    [
        (9, header_forgotten, "if-none-match is signed, and was not sent"),
        (9, lambda *anything: "http://", "return a URL, headers and a key; it returned 'http://'"),
        (12, no_f_string, "What arrived is arn:aws:s3:::{bucket}/{user}/*: write an f before"),
        (12, of_a_bucket_policy, "session policy: Policy document should not specify a principal"),
        (12, lambda bucket, user: {1, 2}, "raised TypeError"),
    ],
)
def test_the_reason_helps(number, fixed, reason, arena):
    with pytest.raises(NotYet) as refused:
        judge_fix(arena, LEVELS[number], fixed)
    assert reason in str(refused.value)


class Unshowable(Exception):
    def __repr__(self):
        raise RuntimeError("no words")

    __str__ = __repr__

    @property
    def body(self):
        raise RuntimeError("no body")


def test_what_a_learner_returns_or_raises_cannot_break_the_judge(arena):
    def raises(*_):
        raise Unshowable

    endless_list = []
    endless_list.append(endless_list)
    for returned in (Unshowable(), endless_list, "\ud800"):
        with pytest.raises(NotYet, match="Your attack returned"):
            judge_attack(arena, FIRST, lambda world, returned=returned: returned)
        with pytest.raises(NotYet, match="your fix breaks an honest use"):
            judge_fix(arena, FIRST, lambda *_, returned=returned: returned)
    with pytest.raises(NotYet, match="your code raised Unshowable"):
        judge_attack(arena, FIRST, raises)
    with pytest.raises(NotYet, match="Your code raised Unshowable"):
        judge_fix(arena, FIRST, raises)
