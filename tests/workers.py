"""Workers for tests: one in a thread of this process, one as a process that can be killed."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any

import pytest
from flask import Flask

from aoi.config import ROOT, Settings
from aoi.worker import run_worker
from tests.sending import until


class WorkerThread:
    """`run_worker` in a thread, stopped as by SIGTERM."""

    def __init__(self, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
        self._app = app
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: Callable[[], Any] = lambda: None
        self._thread = threading.Thread(target=lambda: run_worker(app))
        # Signal handlers belong to the main thread; what they would call is called by stop().
        monkeypatch.setattr(asyncio.SelectorEventLoop, "add_signal_handler", self._remember)

    def _remember(self, number: int, handler: Callable[..., Any], *args: Any) -> None:
        loop = asyncio.get_running_loop()
        self._stop = lambda: loop.call_soon_threadsafe(handler, *args)
        self._loop = loop  # last: start() waits for it

    def start(self) -> None:
        self._thread.start()
        until(lambda: self._loop is not None)

    def ask_to_stop(self) -> None:
        self._stop()

    def stop(self) -> None:
        self.ask_to_stop()
        self._thread.join(120)
        assert not self._thread.is_alive()

    def __enter__(self) -> WorkerThread:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        err: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def worker_process(settings: Settings, **more: str) -> subprocess.Popen[bytes]:
    """Start `flask worker` as a process of its own."""
    given = {
        "DATABASE_URL": settings.database_url or "",
        "SEGFORMER_SERVICE_URL": settings.segformer_service_url or "",
        "SEGFORMER_TIMEOUT": str(settings.segformer_timeout),
        "DATA_DIR": str(settings.data_dir),
        "LOG_DIR": str(settings.log_dir),
        "SECRET_KEY": "test",
    }
    return subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "wsgi", "worker"],
        cwd=ROOT,
        env={**os.environ, **given, **more},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
