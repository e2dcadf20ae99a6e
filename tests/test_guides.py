"""The guides: what docs/api.md tells to type works, and what they name is there."""

from __future__ import annotations

import dataclasses
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.serving import make_server

from aoi.config import ROOT, Settings
from aoi.metrics.meters import meters
from tests.pictures import png
from tests.workers import WorkerThread

KEY = "guide-key-of-the-test"
BLOCK = re.compile(r"^```(\w+)( setup)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
GUIDES = sorted((ROOT / "docs").glob("*.md"))


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return dataclasses.replace(settings, api_keys=(KEY,))


@pytest.fixture
def address(app: Flask, worker: WorkerThread) -> Iterator[str]:
    """The address of a server that really listens."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the two images that the guide sends."""
    path = tmp_path / "typed"
    path.mkdir()
    for name in ("panel.jpg", "other.jpg"):
        (path / name).write_bytes(png())
    return path


def blocks(language: str) -> str:
    """Return what the API guide tells to type in a language, all of it after the other."""
    text = (ROOT / "docs" / "api.md").read_text()
    found = [body for kind, setup, body in BLOCK.findall(text) if kind == language and not setup]
    assert found
    return "\n".join(found)


def typed(command: list[str], folder: Path, **variables: str) -> None:
    env = {**os.environ, **variables, "NO_PROXY": "127.0.0.1"}
    done = subprocess.run(
        command, cwd=folder, env=env, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr + done.stdout[-2000:]


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_commands_of_the_api_guide_work(address: str, folder: Path) -> None:
    typed(["bash", "-euo", "pipefail", "-c", blocks("sh")], folder, AOI=address, KEY=KEY)
    results = {path.name.rpartition("_")[2] for path in folder.iterdir()}
    assert {"input.png", "mask.png", "overlay.png", "results.zip", "defects.csv"} <= results


def test_the_python_of_the_api_guide_works(address: str, folder: Path) -> None:
    script = f"AOI, KEY = {address!r}, {KEY!r}\n{blocks('python')}"
    typed([sys.executable, "-c", script], folder)
    assert (folder / "overlay.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.name)
def test_what_a_guide_names_is_there(guide: Path, app: Flask) -> None:
    text = guide.read_text()
    for name in re.findall(r"flask --app wsgi ([a-z-]+)", text):
        assert name in app.cli.commands, name
    for path in re.findall(r"\b(?:deploy|docs|aoi|tests)/[\w./-]*\w", text):
        assert (ROOT / path).exists() or not path.endswith((".py", ".md", ".service", ".conf")), (
            path
        )
    for path in re.findall(r"\]\((?!http)([\w./-]+)\)", text):
        assert (guide.parent / path).exists(), path
    for target in re.findall(r"(?:^|`)make ([a-z][a-z-]+)", text, re.MULTILINE):
        assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE), target


@pytest.mark.parametrize(
    "path", ["docs/monitoring.md", "deploy/prometheus/aoi-alerts.yml", "deploy/grafana/aoi.json"]
)
def test_every_metric_that_is_named_exists(path: str, app: Flask) -> None:
    meters().requests.labels("GET", "/", "200")
    told = app.test_client().get("/metrics", headers={"X-API-Key": KEY}).text
    known = set(re.findall(r"^# HELP (\w+)", told, re.MULTILINE))
    # Told from the first backup on.
    known |= {"aoi_last_backup_timestamp_seconds"}
    for name in set(re.findall(r"\baoi_[a-z_]*[a-z]\b", (ROOT / path).read_text())):
        bare = re.sub(r"_(bucket|count|sum)$", "", name)
        assert name in known or bare in known, name
