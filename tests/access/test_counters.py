"""Counts that processes share, in a table that does not grow."""

from __future__ import annotations

import fcntl
import multiprocessing
import os
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from aoi.access import counters
from aoi.access.counters import SharedCounters
from aoi.decoding import turn
from tests.sending import until


def test_it_counts_each_name_until_its_window_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("aoi.access.counters.time", lambda: now)
    table = SharedCounters()
    assert [table.incr("a", 60), table.incr("a", 60), table.incr("b", 60)] == [1, 2, 1]
    assert (table.get("a"), table.get_expiry("a")) == (2, 1060)
    now += 60
    assert table.get("a") == 0
    assert table.incr("a", 60) == 1


def test_a_forked_process_counts_in_the_same_table() -> None:
    table = SharedCounters()
    table.incr("a", 60)
    if (child := os.fork()) == 0:
        table.incr("a", 60)
        os._exit(0)
    os.waitpid(child, 0)
    assert table.get("a") == 2


def test_a_crowd_of_names_takes_no_more_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counters, "ROWS", 64)
    table = SharedCounters()
    for number in range(1000):
        assert table.incr(f"name {number}", 60) == 1
    assert len(table._rows) == 64 * counters.ROW.size


def test_a_name_can_be_cleared_and_all_of_them() -> None:
    table = SharedCounters()
    table.incr("a", 60)
    table.clear("a")
    assert table.get("a") == 0
    table.incr("b", 60)
    table.reset()
    assert table.get("b") == 0


def hold(table: SharedCounters, held: Any, asked: Any) -> None:
    """Hold the counters, while another thread waits for a turn that the other process has."""
    waiting = threading.Thread(
        target=fcntl.lockf, args=(turn._places, fcntl.LOCK_EX, 1, 0), daemon=True
    )
    with table._alone():
        waiting.start()
        held.set()
        asked.wait(60)
        time.sleep(0.2)  # until then it is asked for; later would prove nothing, and fail nothing


def test_a_wait_of_another_thread_is_no_deadlock() -> None:
    table, context = SharedCounters(), multiprocessing.get_context("fork")
    held, asked = context.Event(), context.Event()
    fcntl.lockf(turn._places, fcntl.LOCK_EX, 1, 0)
    try:
        other = context.Process(target=hold, args=(table, held, asked))
        other.start()
        assert held.wait(60)
        until(lambda: f"-> POSIX  ADVISORY  WRITE {other.pid} " in Path("/proc/locks").read_text())
        asked.set()
        assert table.incr("a", 60) == 1
    finally:
        fcntl.lockf(turn._places, fcntl.LOCK_UN, 1, 0)
    other.join(60)
    assert other.exitcode == 0
