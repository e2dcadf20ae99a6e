from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from aoi.segformer import probe
from aoi.segformer.client import SegformerClient
from aoi.segformer.probe import version_of
from tests.stub import StubService

MODEL = "/api/model/current"


@pytest.fixture
def client(stub: StubService) -> Iterator[SegformerClient]:
    client = SegformerClient(stub.url, timeout=1, max_tries=2, backoff=0)
    yield client
    client.close()


def test_the_model_is_named(client: SegformerClient) -> None:
    assert client.current_model() == "SegFormer stub.pth"


def test_the_model_is_asked_for_once_a_minute(
    client: SegformerClient, stub: StubService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probe, "MODEL_TIMEOUT", 60)
    assert client.current_model()
    stub.set_fault("500", path=MODEL, count=-1)
    assert client.current_model() == "SegFormer stub.pth"
    later = time.monotonic() + 61
    monkeypatch.setattr(probe.time, "monotonic", lambda: later)
    assert client.current_model() is None


@pytest.mark.parametrize("mode", ["500", "timeout", "html200", "close", "slow_drip"])
def test_an_unknown_model_is_no_failure(
    client: SegformerClient, stub: StubService, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    monkeypatch.setattr(probe, "MODEL_TIMEOUT", 0.3)
    monkeypatch.setattr(probe, "MODEL_FAILED_SECONDS", 600.0)
    stub.set_fault(mode, path=MODEL, count=-1)
    assert client.current_model() is None
    stub.reset()
    assert client.current_model() is None, "a failure is remembered for a while"


@pytest.mark.parametrize(
    ("document", "version"),
    [
        ({"model_name": "SegFormer", "model_path": "/a/b/best.pth"}, "SegFormer best.pth"),
        ({"model_name": "SegFormer", "model_path": r"C:\models\b.pth"}, "SegFormer b.pth"),
        ({"model_name": "SegFormer"}, "SegFormer"),
        ({"model_path": "best.pth", "model_name": 5}, "best.pth"),
        ({"model_name": "  "}, None),
        ({}, None),
    ],
)
def test_a_version_is_name_and_file(document: dict[str, object], version: str | None) -> None:
    assert version_of(document) == version


def test_a_version_fits_its_column() -> None:
    assert len(version_of({"model_name": "x" * 999}) or "") == 255


def test_a_well_service_is_ok(client: SegformerClient) -> None:
    assert client.health() == {"status": "ok", "model_loaded": True, "device": "cpu"}


@pytest.mark.parametrize(
    ("mode", "status"),
    [
        ("503", "no_model"),
        ("500", "bad_answer"),
        ("html200", "bad_answer"),
        ("redirect", "bad_answer"),
        ("reset", "bad_answer"),
    ],
)
def test_an_unwell_service_is_told(
    client: SegformerClient, stub: StubService, mode: str, status: str
) -> None:
    stub.set_fault(mode, path="/health", count=-1)
    assert client.health(60)["status"] == status


@pytest.mark.parametrize("mode", ["timeout", "slow_drip", "drip_headers"])
def test_a_service_that_takes_longer_is_not_waited_for(
    client: SegformerClient, stub: StubService, mode: str
) -> None:
    # Waited for, they would say that all is well in seconds, or not end while a test may last.
    stub.set_fault(mode, path="/health", count=-1)
    assert client.health(0.5)["status"] == "timeout"


def test_no_service_is_unreachable() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        client = SegformerClient(f"http://127.0.0.1:{taken.getsockname()[1]}")
        assert client.health()["status"] == "unreachable"
        client.close()


def test_a_name_that_hangs_does_not_hold_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    known, askers = threading.Event(), []

    def hang(*_: object, **__: object) -> list[object]:
        askers.append(threading.current_thread())
        known.wait(200)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    client = SegformerClient("http://some.name:5000")
    assert client.health(0.2)["status"] == "timeout"
    assert not known.is_set()
    known.set()
    for asker in askers:  # the asking ends before the next test
        asker.join()
    client.close()
