from __future__ import annotations

import socket
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
    stub.set_fault(mode, path=MODEL, count=-1)
    assert client.current_model() is None
    stub.reset()
    assert client.current_model() is None, "a failure is remembered for a few seconds"


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
        ("timeout", "timeout"),
        ("slow_drip", "timeout"),
        ("drip_headers", "timeout"),
        ("reset", "bad_answer"),
    ],
)
def test_an_unwell_service_is_told_in_time(
    client: SegformerClient, stub: StubService, mode: str, status: str
) -> None:
    stub.set_fault(mode, path="/health", count=-1)
    started = time.monotonic()
    assert client.health(0.5)["status"] == status
    assert time.monotonic() - started < 1.5


def test_no_service_is_unreachable() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        client = SegformerClient(f"http://127.0.0.1:{taken.getsockname()[1]}")
        assert client.health()["status"] == "unreachable"
        client.close()


def test_a_name_that_hangs_does_not_hold_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: time.sleep(1) or [])
    client = SegformerClient("http://some.name:5000")
    started = time.monotonic()
    assert client.health(0.2)["status"] == "timeout"
    assert time.monotonic() - started < 0.8
    time.sleep(1.2)  # let the asking end before the next test
    client.close()
