"""Ports, addresses and the look at /health."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest
from werkzeug.serving import make_server
from werkzeug.wrappers import Response

from aoi.launcher import network
from aoi.launcher.network import PortRefused


@pytest.fixture
def answer() -> Iterator[tuple[int, Response]]:
    """A server's port, and the answer that it gives to everything."""
    response = Response('{"status": "ok"}', mimetype="application/json")
    server = make_server("127.0.0.1", 0, response)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port, response
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_free_port_can_be_bound() -> None:
    network.check_bindable("127.0.0.1", network.free_port())


def test_a_port_in_use_is_refused_by_its_number() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(PortRefused, match=f"PORT {port} .* in use"):
            network.check_bindable("127.0.0.1", port)


@pytest.mark.parametrize("host", ["192.0.2.1", "no-such-host.invalid"])
def test_an_address_of_no_interface_is_refused_by_its_name(host: str) -> None:
    with pytest.raises(PortRefused, match=f"HOST {host}"):
        network.check_bindable(host, 8000)


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:80"),
        ("0.0.0.0", "http://127.0.0.1:80"),
        ("::", "http://[::1]:80"),
        ("plant.example", "http://plant.example:80"),
    ],
)
def test_the_address_told_is_one_that_a_browser_opens(host: str, url: str) -> None:
    assert network.url_of(host, 80) == url


def test_health_is_what_the_server_says(answer: tuple[int, Response]) -> None:
    assert network.health("127.0.0.1", answer[0]) == {"status": "ok"}


def test_an_error_is_no_health(answer: tuple[int, Response]) -> None:
    answer[1].status_code = 503
    assert network.health("127.0.0.1", answer[0]) is None


@pytest.mark.parametrize("body", ["[]", "<html>"])
def test_anything_else_is_no_health(answer: tuple[int, Response], body: str) -> None:
    answer[1].data = body
    assert network.health("127.0.0.1", answer[0]) is None


def test_no_server_is_no_health() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # and nobody listens
        assert network.health("127.0.0.1", held.getsockname()[1]) is None
