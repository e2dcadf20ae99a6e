from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from aoi import waiting
from aoi.extensions import db
from aoi.waiting import CHANNEL, Waiting, release_all
from tests.gate import Gate
from tests.sending import until


class Waiter(threading.Thread):
    """Waits in a thread, for what `ended` tells."""

    def __init__(self, app: Flask, waits: Waiting, key: str = "one", seconds: float = 600) -> None:
        super().__init__()
        self.app, self.waits, self.key, self.seconds = app, waits, key, seconds
        self.ended = threading.Event()
        self.asked = 0
        self.result: bool | None = None

    def has_ended(self) -> bool:
        self.asked += 1
        return self.ended.is_set()

    def run(self) -> None:
        with self.app.app_context():
            self.result = self.waits.wait(self.key, self.seconds, self.has_ended)


@pytest.fixture
def waits(app: Flask, database_url: str) -> Iterator[Waiting]:
    made = Waiting(database_url, 2)
    yield made
    made.release()


@pytest.fixture
def never_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "POLL_SECONDS", 600.0)


def notify(app: Flask, key: str) -> None:
    with app.app_context():
        db.session.execute(text("SELECT pg_notify(:c, :k)"), {"c": CHANNEL, "k": key})
        db.session.commit()
        db.session.remove()


def listens(app: Flask) -> bool:
    with app.app_context():
        query = text(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND query LIKE 'LISTEN%'"
        )
        found = db.session.scalar(query)
        db.session.remove()
    return bool(found)


def test_what_has_ended_is_not_waited_for(app: Flask, waits: Waiting) -> None:
    with app.app_context():
        assert waits.wait("one", 30, lambda: True)


def test_a_notification_wakes_its_waiter_only(
    app: Flask, waits: Waiting, never_polls: None
) -> None:
    one, two = Waiter(app, waits, "one"), Waiter(app, waits, "two")
    one.start()
    two.start()
    until(lambda: notify(app, "one") or one.asked >= 5)
    one.ended.set()
    until(lambda: notify(app, "one") or not one.is_alive())
    assert one.result is True
    assert two.asked <= 2  # at first, and where the listening began
    two.ended.set()
    until(lambda: notify(app, "two") or not two.is_alive())


def test_without_a_notification_the_poll_is_the_net(
    app: Flask, waits: Waiting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "POLL_SECONDS", 0.05)
    waiter = Waiter(app, waits)
    waiter.start()
    until(lambda: waiter.asked)
    waiter.ended.set()
    waiter.join(120)
    assert waiter.result is True


def test_the_wait_has_an_end(app: Flask, waits: Waiting) -> None:
    with app.app_context():
        assert not waits.wait("one", 0.05, lambda: False)
        assert not waits.wait("one", 0, lambda: False)


def test_asking_counts_as_waiting(
    app: Flask, waits: Waiting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "POLL_SECONDS", 0.01)
    slow = threading.Event()
    asked: list[int] = []

    def ask() -> bool:
        asked.append(1)
        slow.wait(0.2)
        return False

    with app.app_context():
        assert not waits.wait("one", 0.3, ask)
    assert len(asked) <= 3


def test_at_a_stop_all_are_released_and_later_ones_too(
    app: Flask, waits: Waiting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "POLL_SECONDS", 0.1)
    waiter = Waiter(app, waits)
    waiter.start()
    until(lambda: waiter.asked)
    release_all()
    waiter.join(120)
    assert waiter.result is False
    with app.app_context():
        assert not waits.wait("one", 30, lambda: False)
        assert waits.wait("one", 30, lambda: True)


def test_with_no_place_left_nobody_waits(app: Flask, waits: Waiting) -> None:
    waiters = [Waiter(app, waits), Waiter(app, waits)]
    for waiter in waiters:
        waiter.start()
    until(lambda: all(waiter.asked for waiter in waiters))
    with app.app_context():
        assert not waits.wait("three", 30, lambda: pytest.fail("asked"))
    for waiter in waiters:
        waiter.ended.set()
        waiter.join(120)
    with app.app_context():
        assert waits.wait("three", 30, lambda: True)


def test_while_the_database_is_away_it_goes_on_waiting(
    app: Flask, waits: Waiting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "POLL_SECONDS", 0.01)
    answers = iter([OperationalError("SELECT 1", {}, Exception("away")), False, True])

    def ask() -> bool:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    with app.app_context():
        assert waits.wait("one", 30, ask)


def test_a_lost_connection_is_made_again(
    app: Flask,
    database_url: str,
    tmp_path: Path,
    never_polls: None,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(waiting, "RECONNECT_SECONDS", 0.02)
    gate = Gate(database_url, tmp_path)
    gate.open()
    waits = Waiting(gate.url, 2)
    waiter = Waiter(app, waits)
    waiter.start()
    until(lambda: listens(app))
    gate.shut()
    until(lambda: "lost the listening connection" in caplog.text)
    until(lambda: not listens(app))
    gate.open()
    until(lambda: listens(app))
    waiter.ended.set()
    until(lambda: notify(app, "one") or not waiter.is_alive())
    assert waiter.result is True
    assert caplog.text.count("lost the listening connection") == 1
    waits.release()
    gate.shut()
