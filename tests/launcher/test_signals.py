"""Signals that ask for a stop."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from types import FrameType
from typing import Any

import pytest

from aoi.launcher.signals import StopSignals


@pytest.fixture(autouse=True)
def heed_hangups() -> Iterator[None]:
    """Start from the default, as the tests themselves may run under nohup."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_the_first_asks_for_a_stop_and_the_second_for_haste(number: signal.Signals) -> None:
    with StopSignals() as signals:
        assert not signals.stop
        os.kill(os.getpid(), number)
        assert signals.stop
        assert not signals.at_once
        os.kill(os.getpid(), number)
        assert signals.at_once


def test_a_pause_ends_with_a_signal() -> None:
    with StopSignals() as signals:
        os.kill(os.getpid(), signal.SIGTERM)
        signals.pause(3600)  # longer than a test may take


def test_a_hangup_that_is_ignored_stays_so() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with StopSignals() as signals:
        os.kill(os.getpid(), signal.SIGHUP)
        assert not signals.stop


def test_the_handlers_before_come_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with StopSignals():
        assert signal.getsignal(signal.SIGTERM) != before
    assert signal.getsignal(signal.SIGTERM) == before


@pytest.mark.timeout(20)
def test_no_moment_is_wrong_for_a_signal() -> None:
    def send(frame: FrameType, event: str, argument: Any) -> Any:
        os.kill(os.getpid(), signal.SIGTERM)
        return send

    with StopSignals() as signals:
        before = sys.gettrace()
        sys.settrace(send)  # at each line of what a pause runs
        try:
            signals.pause(0.01)
        finally:
            sys.settrace(before)
        assert signals.at_once
