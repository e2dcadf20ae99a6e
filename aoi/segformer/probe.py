"""The two short questions to the service: how it is, and which model it runs."""

from __future__ import annotations

import logging
import re
import threading
import time
from typing import Any, TypedDict

import requests
import urllib3.exceptions

from aoi.exceptions import BadAnswer, InferenceError
from aoi.segformer.body import Unreadable, members
from aoi.segformer.complaint import excerpt
from aoi.segformer.failures import from_exception
from aoi.segformer.transport import read_body

log = logging.getLogger("aoi.segformer")

MODEL_SECONDS = 60.0
MODEL_FAILED_SECONDS = 5.0
MODEL_TIMEOUT = 2.0
MODEL_NAME_MAX = 255
MAX_BYTES = 1024 * 1024


class Health(TypedDict):
    """`status` is ok, no_model, unreachable, timeout or bad_answer."""

    status: str
    model_loaded: bool | None
    device: str | None


def ask(session: requests.Session, url: str, timeout: float) -> tuple[int, dict[str, Any]]:
    """GET a small JSON object, once; return its status and members, or raise InferenceError."""
    started, status = time.perf_counter(), None
    try:
        with session.get(url, timeout=timeout, stream=True, allow_redirects=False) as response:
            status = response.status_code
            body = read_body(response.raw, MAX_BYTES, lambda: BadAnswer("The answer is too long."))
        return status, members(body)
    except (requests.RequestException, urllib3.exceptions.HTTPError) as err:
        raise from_exception(err, url, timeout, 1) from err
    except Unreadable as err:
        raise BadAnswer(f"{url} did not answer with a JSON object: {err}.") from err
    finally:
        duration = round((time.perf_counter() - started) * 1000, 1)
        log.debug("asked", extra={"address": url, "status": status, "duration_ms": duration})


def health(session: requests.Session, url: str, timeout: float) -> Health:
    """Ask GET /health; never raises, and answers within `timeout` seconds."""
    found: list[Health] = []
    # Resolving a name takes no timeout, so the asking may outlive the wait for it.
    asking = threading.Thread(
        target=lambda: found.append(_health(session, url, timeout)), daemon=True
    )
    asking.start()
    asking.join(timeout)
    return found[0] if found else Health(status="timeout", model_loaded=None, device=None)


def _health(session: requests.Session, url: str, timeout: float) -> Health:
    try:
        status, document = ask(session, f"{url}/health", timeout)
    except InferenceError as err:
        return Health(status=err.code, model_loaded=None, device=None)
    loaded, device = document.get("model_loaded"), document.get("device")
    known = loaded if isinstance(loaded, bool) else None
    if status == 503 or known is False:
        word = "no_model"
    else:
        word = "ok" if status == 200 and known else "bad_answer"
    return Health(
        status=word,
        model_loaded=known,
        device=excerpt(device) if isinstance(device, str) else None,
    )


class ModelVersion:
    """The service's model, asked for at most once a minute."""

    def __init__(self, session: requests.Session, url: str) -> None:
        self._session = session
        self._url = f"{url}/api/model/current"
        self._lock = threading.Lock()
        self._version: str | None = None
        self._good_until = 0.0

    def current(self) -> str | None:
        with self._lock:
            if time.monotonic() >= self._good_until:
                self._version = self._ask()
                # A failure is remembered too, so that not every inspection waits for it.
                seconds = MODEL_FAILED_SECONDS if self._version is None else MODEL_SECONDS
                self._good_until = time.monotonic() + seconds
            return self._version

    def _ask(self) -> str | None:
        try:
            status, document = ask(self._session, self._url, MODEL_TIMEOUT)
        except InferenceError as err:
            log.debug("the model's version is unknown: %s", err.message)
            return None
        return version_of(document) if status == 200 else None


def version_of(document: dict[str, Any]) -> str | None:
    """Name a model by its name and the file it was loaded from, without the folders."""
    name, path = document.get("model_name"), document.get("model_path")
    parts = [name] if isinstance(name, str) else []
    if isinstance(path, str):
        parts.append(re.split(r"[/\\]", path)[-1])
    return excerpt(" ".join(part for part in parts if part.strip()), MODEL_NAME_MAX) or None
