from __future__ import annotations

import hashlib
import io
import logging
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from aoi.exceptions import (
    BadAnswer,
    InferenceError,
    InferenceTimeout,
    ModelNotLoaded,
    ServiceUnreachable,
)
from aoi.segformer.client import SegformerClient
from tests.stub import StubService
from tests.stub.faults import BREAKERS


@pytest.fixture(scope="module")
def large_stub() -> Iterator[StubService]:
    """A stub whose answers are long enough to be cut."""
    with StubService(answer_mb=2) as stub:
        yield stub


@pytest.fixture
def service(large_stub: StubService) -> StubService:
    large_stub.reset()
    return large_stub


@pytest.fixture
def client(service: StubService) -> Iterator[SegformerClient]:
    # Long enough for a busy machine: only what is never answered needs a hasty one.
    client = SegformerClient(service.url, timeout=60, max_tries=2, backoff=0)
    yield client
    client.close()


@pytest.fixture
def hasty(service: StubService) -> Iterator[SegformerClient]:
    client = SegformerClient(service.url, timeout=1, max_tries=2, backoff=0)
    yield client
    client.close()


@pytest.fixture(scope="module")
def image() -> bytes:
    file = io.BytesIO()
    Image.new("L", (80, 60), 99).save(file, "PNG")
    return file.getvalue()


def test_an_image_comes_back_inspected(
    client: SegformerClient, service: StubService, image: bytes
) -> None:
    answer = client.inspect(image, "a.png")
    expected = service.expected(hashlib.sha256(image).hexdigest(), 80, 60)
    assert answer.combined == expected.combined
    assert answer.overlay == expected.overlay
    assert answer.mask == expected.mask
    assert answer.analysis_json == expected.analysis_json
    assert (answer.analysis.width, answer.analysis.height) == (80, 60)


def test_a_file_is_sent_by_its_path(
    client: SegformerClient, service: StubService, image: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(image)
    client.inspect(path, path.name)
    assert service.stats()["images"] == {hashlib.sha256(image).hexdigest(): 1}


def test_a_lost_file_is_an_os_error(client: SegformerClient, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        client.inspect(tmp_path / "none.png", "none.png")


@pytest.mark.parametrize("mode", ["gzip", "chunked"])
def test_other_ways_of_sending_an_answer_work(
    client: SegformerClient, service: StubService, image: bytes, mode: str
) -> None:
    service.set_fault(mode)
    expected = service.expected(hashlib.sha256(image).hexdigest(), 80, 60)
    assert client.inspect(image, "a.png").combined == expected.combined


@pytest.mark.parametrize("mode", ["503", "html502", "html503", "html504", "reset", "close"])
def test_a_passing_fault_is_tried_again(
    client: SegformerClient, service: StubService, image: bytes, mode: str
) -> None:
    service.set_fault(mode, count=1)
    client.inspect(image, "a.png")
    assert service.stats()["requests"] == 2


def test_a_timeout_is_tried_again(service: StubService, image: bytes) -> None:
    service.set_fault("timeout", count=1)
    client = SegformerClient(service.url, timeout=3, max_tries=2, backoff=0)
    client.inspect(image, "a.png")
    client.close()
    assert service.stats()["requests"] == 2


@pytest.mark.parametrize(
    ("mode", "kind", "said", "requests"),
    [
        ("503", ModelNotLoaded, 'no model loaded after 2 tries: "模型未加载"', 2),
        ("html503", ServiceUnreachable, "proxy before SegFormer .* not available", 2),
        ("html504", InferenceTimeout, "proxy before SegFormer .* gave up", 2),
        ("html502", BadAnswer, "got no proper answer", 2),
        ("reset", BadAnswer, "broke off the connection in 2 tries", 2),
        ("reset_midway", BadAnswer, "broke off the connection", 1),
        ("cut", BadAnswer, "broke off the connection", 1),
        ("500", BadAnswer, r"could not inspect the image \(500\): .*CUDA out of memory", 1),
        ("400", BadAnswer, r"refused the image \(400\): \"没有选择文件\"", 1),
        ("redirect", BadAnswer, r"redirect \(302\)", 1),
        ("html200", BadAnswer, "a web page instead of a result", 1),
        ("bad_json", BadAnswer, "not valid JSON", 1),
        ("huge", BadAnswer, "over 512 MB", 1),
    ],
)
def test_a_lasting_fault_is_one_clear_error(
    client: SegformerClient,
    service: StubService,
    image: bytes,
    mode: str,
    kind: type[InferenceError],
    said: str,
    requests: int,
) -> None:
    service.set_fault(mode, count=-1)
    with pytest.raises(kind, match=said) as caught:
        client.inspect(image, "a.png")
    assert type(caught.value) is kind
    assert service.stats()["requests"] == requests
    assert "<html>" not in caught.value.message


@pytest.mark.parametrize(
    ("mode", "said", "requests"),
    [
        ("timeout", "did not answer within 1 s in 2 tries", 2),
        ("drip_headers", "did not answer within 1 s in 2 tries", 2),
        ("slow_drip", "did not answer within 1 s", 1),
    ],
)
def test_an_answer_that_would_come_in_an_hour_is_given_up(
    hasty: SegformerClient,
    service: StubService,
    image: bytes,
    mode: str,
    said: str,
    requests: int,
) -> None:
    service.set_fault(mode, count=-1)
    with pytest.raises(InferenceTimeout, match=said) as caught:
        hasty.inspect(image, "a.png")
    assert type(caught.value) is InferenceTimeout
    assert service.stats()["requests"] == requests


@pytest.mark.parametrize("mode", BREAKERS)
def test_an_answer_out_of_contract_is_refused(
    client: SegformerClient, service: StubService, image: bytes, mode: str
) -> None:
    service.set_fault(mode)
    with pytest.raises(BadAnswer):
        client.inspect(image, "a.png")
    assert service.stats()["requests"] == 1


def test_an_endless_answer_is_not_kept(
    client: SegformerClient,
    service: StubService,
    image: bytes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("aoi.segformer.client.MAX_ANSWER_BYTES", 8 << 20)
    service.set_fault("endless")
    with pytest.raises(BadAnswer, match="over 8 MB"):
        client.inspect(image, "a.png")


def test_retry_after_is_obeyed(client: SegformerClient, service: StubService, image: bytes) -> None:
    service.set_fault("busy", count=1, seconds=1)
    started = time.monotonic()
    client.inspect(image, "a.png")
    assert time.monotonic() - started >= 1


def test_nobody_there_is_unreachable(image: bytes) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        client = SegformerClient(f"http://127.0.0.1:{taken.getsockname()[1]}", 1, 2, 0)
        with pytest.raises(ServiceUnreachable, match=r"cannot be reached at .* in 2 tries"):
            client.inspect(image, "a.png")
        client.close()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://nowhere.invalid:5000", "cannot be reached"),
        ("http://", "not an address"),
        ("", "not an address"),
        ("ftp://127.0.0.1/", "not an address"),
        ("http://bad..name", "not an address"),
    ],
)
def test_an_address_that_leads_nowhere_is_unreachable(image: bytes, url: str, said: str) -> None:
    client = SegformerClient(url, timeout=60, max_tries=1, backoff=0)
    with pytest.raises(ServiceUnreachable, match=said):
        client.inspect(image, "a.png")
    client.close()


def test_plain_http_is_not_tls(image: bytes) -> None:
    def refuse(listener: socket.socket) -> None:
        with listener.accept()[0] as connection:
            connection.recv(4096)
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=refuse, args=(listener,))
        server.start()
        client = SegformerClient(f"https://127.0.0.1:{listener.getsockname()[1]}", 60, 1, 0)
        with pytest.raises(ServiceUnreachable, match="over TLS"):
            client.inspect(image, "a.png")
        client.close()
        server.join()


def test_a_proxy_of_the_environment_is_not_used(
    client: SegformerClient, image: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    client.inspect(image, "a.png")


def test_the_request_id_goes_along(
    client: SegformerClient, service: StubService, image: bytes
) -> None:
    client.inspect(image, "a.png", "abc-1\r\nX-Evil: 1")
    assert service.stats()["request_ids"] == {"abc-1X-Evil:1": 1}


@pytest.mark.parametrize("name", ["pänel 1.png", 'a"b\r\n.PNG', ".png", "x" * 300 + ".png"])
def test_any_name_is_sent_safely(client: SegformerClient, image: bytes, name: str) -> None:
    client.inspect(image, name)


def test_a_name_the_service_would_refuse_is_not_sent(client: SegformerClient, image: bytes) -> None:
    with pytest.raises(ValueError, match="extension"):
        client.inspect(image, "a.gif")


def test_each_call_is_logged(
    client: SegformerClient,
    service: StubService,
    image: bytes,
    caplog: pytest.LogCaptureFixture,
) -> None:
    service.set_fault("503", count=1)
    with caplog.at_level(logging.INFO, "aoi.segformer"):
        client.inspect(image, "a.png")
    (record,) = (record for record in caplog.records if record.name == "aoi.segformer")
    assert vars(record)["address"] == f"{service.url}/upload"
    assert (vars(record)["status"], vars(record)["tries"]) == (200, 2)
    assert vars(record)["duration_ms"] > 0


def test_a_failure_is_logged_without_secrets(
    service: StubService, image: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    service.set_fault("500")
    client = SegformerClient(service.url.replace("//", "//user:secret@"), 60, 1, 0)
    with pytest.raises(BadAnswer) as caught:
        client.inspect(image, "a.png")
    client.close()
    assert "secret" not in caplog.text + caught.value.message
    assert vars(caplog.records[-1])["code"] == "bad_answer"


def test_many_threads_share_a_client(
    service: StubService, client: SegformerClient, image: bytes
) -> None:
    done: list[int] = []
    threads = [
        threading.Thread(target=lambda: done.append(client.inspect(image, "a.png").total_defects))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == 8


def test_pictures_of_odd_size_are_kept_with_a_warning(
    client: SegformerClient,
    image: bytes,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("aoi.segformer.answer.size_of", lambda png: (7, 7))
    client.inspect(image, "a.png")
    assert "mask_image is 7 x 7 instead of 80 x 60" in caplog.text
