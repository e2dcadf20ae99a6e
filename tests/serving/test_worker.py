"""gunicorn with our worker, and clients that do not behave."""

from __future__ import annotations

import http.client
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
import requests
from flask import Flask
from PIL import Image
from requests.adapters import HTTPAdapter

from aoi.access import attempts
from aoi.access.scopes import Scope
from aoi.config import ROOT
from aoi.launcher import network
from aoi.serving.pace import MOST_WAITING
from tests.access.conftest import FIELD, PASSWORD, add_person
from tests.launcher.running import until
from tests.pictures import encoded
from tests.sending import LATER
from tests.stub import StubService
from tests.test_gunicorn import environment

# Minutes are for machines that are busy; a quiet one needs seconds.
pytestmark = [pytest.mark.launcher, pytest.mark.timeout(300)]

SIDE = 2400  # pixels; as a BMP more than the system buffers of an answer
LIVE = b"GET /health/live HTTP/1.1\r\nHost: x\r\n"
BODY = (
    b"POST /upload HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\n"
    b'Content-Length: 5000\r\n\r\n--b\r\nContent-Disposition: form-data; name="image"; '
    b'filename="a.png"\r\n\r\n'
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("serving")


@pytest.fixture
def port(database_url: str, stub: StubService, folder: Path) -> Iterator[int]:
    """The port of one web process with four threads beside the held uploads'."""
    port = network.free_port()
    env = environment(
        folder,
        DATABASE_URL=database_url,
        SEGFORMER_SERVICE_URL=stub.url,
        PORT=str(port),
        WEB_WORKERS="1",
        WEB_THREADS="2",
        SLOW_CLIENT_SECONDS="2",
    )
    command = [sys.executable, "-m", "gunicorn", "wsgi:app"]
    process = subprocess.Popen(command, cwd=ROOT, env=env, stderr=subprocess.DEVNULL)
    try:
        until(lambda: network.health("127.0.0.1", port))
        yield port
    finally:
        process.terminate()
        process.wait(60)


@pytest.fixture
def lazy(port: int) -> Iterator[socket.socket]:
    """Who asked for a picture too large for any buffer, and has read only that it comes."""
    picture = encoded(Image.new("RGB", (SIDE, SIDE)), "BMP")
    with requests.Session() as session:
        session.trust_env = False
        files = {"image": ("panel.bmp", picture)}
        sent = session.post(f"http://127.0.0.1:{port}/upload", files=files, headers=LATER)
    path = f"/download/image/{sent.json()['img_unique_id']}/input"
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.settimeout(60)
        sock.connect(("127.0.0.1", port))
        sock.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert sock.recv(12) == b"HTTP/1.1 200"
        yield sock


def connect(port: int, source: str = "127.0.0.1") -> socket.socket:
    sock = socket.create_connection(("127.0.0.1", port), source_address=(source, 0))
    sock.settimeout(60)
    return sock


def asked(sock: socket.socket, request: bytes) -> bytes:
    """Send, and return all that comes until the other end closes."""
    sock.sendall(request)
    answer = b""
    while piece := sock.recv(65536):
        answer += piece
    return answer


def test_clients_that_do_not_behave(
    port: int, lazy: socket.socket, folder: Path, subtests: pytest.Subtests
) -> None:
    with subtests.test("silent ones hold no thread"), ExitStack() as stack:
        for _ in range(200):
            stack.enter_context(connect(port))
        assert lives(port)
    with subtests.test("a silent one is sent away"), connect(port) as sock:
        assert asked(sock, b"") == b""
    with subtests.test("a head that does not end is cut off"), connect(port) as sock:
        assert asked(sock, LIVE) == b""
    with subtests.test("a head may come in pieces"), connect(port) as sock:
        sock.sendall(LIVE)
        assert b" 200 OK" in asked(sock, b"Connection: close\r\n\r\n").splitlines()[0]
    with subtests.test("two requests may come at once"), connect(port) as sock:
        answer = asked(sock, LIVE + b"\r\n" + LIVE + b"Connection: close\r\n\r\n")
        assert answer.count(b" 200 OK") == 2
    with subtests.test("a head of any size is not read"), connect(port) as sock:
        assert b" 431 " in asked(sock, LIVE + b"X-A: " + b"b" * 70_000)
    with subtests.test("a body that stops is cut off"), connect(port) as sock:
        assert asked(sock, BODY).startswith(b"HTTP/1.1 408 ")
    with subtests.test("stopped bodies do not keep others from looking"), ExitStack() as stack:
        for _ in range(100):
            stack.enter_context(connect(port)).sendall(BODY)
        assert lives(port)
    with subtests.test("who does not take the answer is cut off, and its thread free"):
        # Since the first of these tests nothing was read of it.
        log = folder / "logs" / "app.log"
        until(lambda: "took its answer too slowly" in log.read_text())
        assert len(asked(lazy, b"")) < 3 * SIDE * SIDE
    with subtests.test("who is refused again and again is answered slowly"):
        assert until(lambda: any(b" 429 " in answer for answer in flood(port)))
        assert lives(port)


def lives(port: int) -> bool:
    """Ask what needs neither database nor disk; were all threads held, it would take longer."""
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=6)
    with closing(link):
        link.request("GET", "/health/live")
        return link.getresponse().status == 200


def flood(port: int) -> list[bytes]:
    """Send many bad requests at once, from another address; return what is answered at once."""
    # Who is alone is not slowed: somebody else has to ask, and lately.
    assert lives(port)
    with ExitStack() as stack:
        crowd = [stack.enter_context(connect(port, "127.0.0.66")) for _ in range(2 * MOST_WAITING)]
        for sock in crowd:
            sock.sendall(b"GET /images?limit=bad HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        return [sock.recv(100) for sock in crowd[-10:]]


def test_failed_log_ins_make_the_next_wait_but_not_others(app: Flask, port: int) -> None:
    for name in ("anna", "ben"):
        add_person(app, name, Scope.READ)
    # Each from an address of its own, as an address is made to wait for its own refusals too.
    visitors = map(visitor, (f"127.0.1.{number}" for number in range(1, 255)))
    # Until the process knows that there is somebody, nobody need log in.
    until(lambda: FIELD.search(next(visitors).get(login(port)).text))
    for _ in range(attempts.FREE_OF_NAME):
        assert sent(next(visitors), port, "anna", "a guess").status_code == 401
    # A slow machine takes longer over it than the first wait lasts; the next ones are longer.
    answers = (sent(each, port, "anna", "a guess") for each in visitors)
    refused = next(answer for answer in answers if answer.status_code != 401)
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) >= 1
    assert sent(next(visitors), port, "ben", PASSWORD).status_code == 303


def login(port: int) -> str:
    return f"http://127.0.0.1:{port}/login"


def visitor(source: str) -> requests.Session:
    """Return a browser, as it were, at this address."""
    session = requests.Session()
    session.trust_env = False
    session.headers["Connection"] = "close"
    adapter = HTTPAdapter()
    adapter.init_poolmanager(1, 1, source_address=(source, 0))
    session.mount("http://", adapter)
    return session


def sent(session: requests.Session, port: int, name: str, password: str) -> requests.Response:
    """Fill in the form of the page and send it."""
    found = FIELD.search(session.get(login(port)).text)
    assert found
    form = {"name": name, "password": password, "csrf_token": found[1]}
    return session.post(login(port), data=form, allow_redirects=False)
