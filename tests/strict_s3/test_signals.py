"""Signals that ask a program to stop."""

from __future__ import annotations

import os
import signal

import pytest

from strict_s3 import signals

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows delivers no signals by os.kill")


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_each_is_an_interrupt_inside_and_as_before_afterwards(name):
    number = getattr(signal, name)
    outside = signal.signal(number, signal.SIG_DFL)  # under nohup, SIGHUP is ignored
    try:
        with pytest.raises(KeyboardInterrupt), signals.as_interrupt():
            os.kill(os.getpid(), number)
        assert signal.getsignal(number) is signal.SIG_DFL
    finally:
        signal.signal(number, outside)


def test_a_second_signal_does_not_break_off_the_tidying_up():
    tidied = False
    with pytest.raises(KeyboardInterrupt), signals.until_stopped() as wait:
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            wait()
        finally:
            os.kill(os.getpid(), signal.SIGINT)
            tidied = True
    assert tidied


def test_an_ignored_signal_stays_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with signals.as_interrupt():
            os.kill(os.getpid(), signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
