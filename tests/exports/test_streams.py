from __future__ import annotations

import socket
import threading
import tracemalloc
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError

from aoi.exports import rows, selecting, tables
from aoi.exports.streams import joined, prepared
from aoi.extensions import db
from tests.records import NOON, add_image

TIMES = 80


class TestJoined:
    def test_the_first_piece_comes_at_once_and_small_ones_together(self) -> None:
        pieces = joined(iter([b"a", b"b", b"c" * 200_000, b"d"]))
        assert list(pieces) == [b"a", b"b" + b"c" * 200_000, b"d"]

    def test_nothing_stays_nothing(self) -> None:
        assert list(joined(iter([]))) == []


class TestPrepared:
    def test_order_is_kept(self) -> None:
        assert list(prepared(str, range(20))) == [(n, str(n)) for n in range(20)]

    def test_only_a_few_are_made_ahead(self) -> None:
        asked = []

        def items() -> Iterator[int]:
            for number in range(100):
                asked.append(number)
                yield number

        stream = prepared(str, items())
        next(stream)
        stream.close()  # type: ignore[attr-defined]
        assert len(asked) < 10

    def test_an_error_is_raised_where_its_item_would_come(self) -> None:
        stream = prepared(lambda number: 1 // number, [1, 0])
        assert next(stream) == (1, 1)
        with pytest.raises(ZeroDivisionError):
            next(stream)


class TestDatabase:
    def test_no_connection_is_held_between_pieces(self, app: Flask, client: FlaskClient) -> None:
        ids = [add_image(app, NOON + timedelta(hours=n), PI_Particle=[1]) for n in range(3)]
        with app.app_context():
            chunks = iter([[each + "_1_1"] for each in ids])
            for _ in tables.defects_csv(chunks):
                assert db.engine.pool.checkedout() == 0  # type: ignore[attr-defined]
            for _ in selecting.image_chunks({}):
                assert db.engine.pool.checkedout() == 0  # type: ignore[attr-defined]

    def test_a_database_out_of_reach_is_503_rather_than_half_a_file(
        self, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: Any) -> Iterator[list[str]]:
            raise OperationalError("SELECT", {}, Exception("gone"))
            yield []

        monkeypatch.setattr("aoi.selection.image_ids", fail)
        assert client.get("/export/images.csv").status_code == 503

    def test_images_deleted_meanwhile_are_left_out(self, app: Flask) -> None:
        kept = add_image(app, PI_Particle=[1])
        with app.app_context():
            assert [row.img_unique_id for row in rows.image_rows([kept, "gone"])] == [kept]


def test_memory_does_not_grow_with_the_rows(app: Flask) -> None:
    unique_id = add_image(app, PI_Particle=[1] * 50)
    keys = [f"{unique_id}_1_{number}" for number in range(1, 51)]

    def peak(times: int) -> int:
        with app.app_context():
            tracemalloc.start()
            for _ in tables.defects_csv(iter([keys] * times)):
                pass
            most = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        return most

    peak(2)
    assert peak(TIMES) < peak(TIMES // 10) * 1.5


def test_a_failure_under_way_does_not_look_like_a_whole_file(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By gunicorn's own worker: the last chunk, which says that the body is whole, never comes."""
    add_image(app)

    def fails(*_: Any) -> Iterator[bytes]:
        yield b"begun"
        raise RuntimeError("broken")

    monkeypatch.setattr(tables, "images_csv", fails)
    answer = _served(app, b"GET /export/images.csv HTTP/1.1\r\nHost: x\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200") and b"begun" in answer
    assert not answer.endswith(b"0\r\n\r\n")


def _served(app: Flask, request: bytes) -> bytes:
    """Return what gunicorn's gthread worker answers on a connection."""
    from gunicorn.app.base import BaseApplication
    from gunicorn.workers.gthread import TConn, ThreadWorker

    class Served(BaseApplication):
        def load_config(self) -> None:
            self.cfg.set("worker_class", "gthread")

        def load(self) -> Any:
            return app

    here, there = socket.socketpair()
    served = Served()
    log = served.cfg.logger_class(served.cfg)
    worker = ThreadWorker(0, 0, [], served, 30, served.cfg, log)
    worker.wsgi = app
    connection = TConn(served.cfg, there, ("127.0.0.1", 1), ("127.0.0.1", 2))
    connection.init()
    here.sendall(request)

    def answer() -> None:
        worker.handle(connection)
        there.close()

    thread = threading.Thread(target=answer)
    thread.start()
    received = b""
    while data := here.recv(65536):
        received += data
    here.close()
    thread.join()
    worker.tmp.close()
    return received
