"""The web side alone, as gunicorn.conf.py sets it up."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from aoi.config import ROOT
from aoi.launcher import network
from tests.launcher.running import NAMES, png, until
from tests.stub import StubService

# Minutes are for machines that are busy; a quiet one needs seconds.
pytestmark = [pytest.mark.launcher, pytest.mark.timeout(300)]

COMMAND = [sys.executable, "-m", "gunicorn", "wsgi:app"]


def environment(folder: Path, **variables: str) -> dict[str, str]:
    bare = {name: text for name, text in os.environ.items() if name not in NAMES}
    own = {"DATA_DIR": str(folder / "data"), "LOG_DIR": str(folder / "logs"), "SECRET_KEY": "test"}
    return bare | dict.fromkeys(NAMES, "") | own | variables


class Web:
    """One gunicorn, its address and its log."""

    def __init__(self, folder: Path, database_url: str, service_url: str) -> None:
        self.port = network.free_port()
        self.url = network.url_of("127.0.0.1", self.port)
        self.log = folder / "logs" / "app.log"
        env = environment(
            folder,
            DATABASE_URL=database_url,
            SEGFORMER_SERVICE_URL=service_url,
            PORT=str(self.port),
            WEB_WORKERS="1",
            UPLOAD_WAIT="3600",  # longer than a test may take
        )
        self.process = subprocess.Popen(COMMAND, cwd=ROOT, env=env, stderr=subprocess.DEVNULL)


@pytest.fixture
def web(database_url: str, stub: StubService, tmp_path: Path) -> Iterator[Web]:
    running = Web(tmp_path, database_url, stub.url)
    try:
        until(lambda: network.health("127.0.0.1", running.port))
        yield running
    finally:
        running.process.terminate()
        running.process.wait(60)


def test_a_held_upload_is_answered_when_the_server_is_told_to_stop(web: Web) -> None:
    answers: list[Any] = []

    def send() -> None:
        with requests.Session() as session:
            session.trust_env = False
            files = {"image": ("panel.png", png())}
            answers.append(session.post(f"{web.url}/upload", files=files, timeout=200))

    # No worker runs, so that the upload stays queued and its answer held.
    sending = threading.Thread(target=send)
    sending.start()
    until(lambda: queued(web) == 1)
    web.process.send_signal(signal.SIGTERM)
    sending.join()
    assert answers[0].status_code == 202
    assert web.process.wait(60) == 0


def queued(web: Web) -> int | None:
    """Return how many uploads wait; None where /health cannot tell just now."""
    told = network.health("127.0.0.1", web.port)
    return told and told["checks"]["queue"]["queued"]


def test_what_gunicorn_tells_is_in_the_applications_log(web: Web) -> None:
    assert '"Listening at: ' in web.log.read_text()


def test_forwarded_headers_are_not_believed_unasked(web: Web) -> None:
    with requests.Session() as session:
        session.trust_env = False
        headers = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"}
        files = {"image": ("panel.png", png())}
        answer = session.post(
            f"{web.url}/upload",
            files=files,
            headers=headers | {"Prefer": "respond-async"},
            timeout=60,
        )
        assert answer.headers["Location"].startswith((f"{web.url}/", "/"))


def test_without_a_database_it_says_so(tmp_path: Path) -> None:
    ended = subprocess.run(
        COMMAND, cwd=ROOT, env=environment(tmp_path), capture_output=True, text=True, timeout=200
    )
    assert ended.returncode == 1
    assert ended.stderr.startswith("DATABASE_URL is not set")


def test_a_bad_setting_is_named(tmp_path: Path) -> None:
    env = environment(tmp_path, WEB_THREADS="none")
    ended = subprocess.run(
        COMMAND, cwd=ROOT, env=env, capture_output=True, text=True, timeout=200, check=False
    )
    assert ended.returncode == 1
    assert "WEB_THREADS" in ended.stderr
    assert "Traceback" not in ended.stderr
