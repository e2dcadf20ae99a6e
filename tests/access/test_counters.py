"""Counts that processes share, in a table that does not grow."""

from __future__ import annotations

import os

import pytest

from aoi.access import counters
from aoi.access.counters import SharedCounters


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
