"""The client of the SegFormer service: one session, one way to fail for each fault."""

from __future__ import annotations

import logging
import re
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
import urllib3.exceptions

from aoi.exceptions import BadAnswer, InferenceError
from aoi.imaging import MEDIA_TYPES
from aoi.segformer.analysis import Answer
from aoi.segformer.answer import parse
from aoi.segformer.failures import from_exception, from_status
from aoi.segformer.probe import Health, ModelVersion, health
from aoi.segformer.transport import read_body, retrying_session, single_session

__all__ = ["Answer", "SegformerClient"]

log = logging.getLogger("aoi.segformer")

MAX_ANSWER_BYTES = 512 * 1024 * 1024
MAX_ERROR_BYTES = 64 * 1024


class SegformerClient:
    """Calls one SegFormer service; threads may share it, forked processes may not.

    `timeout` is in seconds and holds for each of `max_tries` tries as a whole; between them it
    waits `backoff` times 0, 2, 4, … seconds, or what Retry-After says.
    """

    def __init__(
        self, url: str, timeout: float = 30, max_tries: int = 3, backoff: float = 1.0
    ) -> None:
        self.url = url.rstrip("/")
        self.timeout = timeout
        self.max_tries = max_tries
        self.address = _without_secrets(self.url)
        self._uploads = retrying_session(max_tries, backoff)
        self._questions = single_session()
        self._model = ModelVersion(self._questions, self.url)

    def inspect(self, image: bytes | Path, filename: str, request_id: str | None = None) -> Answer:
        """Have one image inspected; raise an InferenceError, or OSError if it cannot be read.

        `filename` must have an extension the service takes, agreeing with the content.
        """
        data = image if isinstance(image, bytes) else image.read_bytes()
        call = _Call(self.address)
        try:
            answer = parse(self._post(data, filename, request_id, call))
        except InferenceError as err:
            call.log(err)
            raise
        call.log()
        return answer

    def current_model(self) -> str | None:
        """Name the model the service runs, as known for at most a minute; None if it is not."""
        return self._model.current()

    def health(self, timeout: float = 2.0) -> Health:
        """Ask the service how it is; never raises, and answers within `timeout` seconds."""
        return health(self._questions, self.url, timeout)

    def close(self) -> None:
        self._uploads.close()
        self._questions.close()

    def _post(self, data: bytes, filename: str, request_id: str | None, call: _Call) -> bytes:
        name, media_type = _sent_name(filename)
        try:
            with self._uploads.post(
                f"{self.url}/upload",
                files={"image": (name, data, media_type)},
                headers=_headers(request_id),
                timeout=self.timeout,
                stream=True,
                allow_redirects=False,
            ) as response:
                call.answered(response)
                return self._body(response, call)
        except (requests.RequestException, urllib3.exceptions.HTTPError) as err:
            if call.status is None:
                call.tries = self.max_tries
            raise from_exception(err, self.address, self.timeout, call.tries) from err

    def _body(self, response: requests.Response, call: _Call) -> bytes:
        if response.status_code != 200:
            start = response.raw.read(MAX_ERROR_BYTES, decode_content=True)
            raise from_status(response.status_code, start, self.address, call.tries)
        body = read_body(response.raw, MAX_ANSWER_BYTES, self._too_large)
        kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if kind == "text/html":
            raise BadAnswer(
                f"{self.address} answered with a web page instead of a result. Set "
                "SEGFORMER_SERVICE_URL to the address of the SegFormer service itself."
            )
        return body

    def _too_large(self) -> BadAnswer:
        return BadAnswer(
            f"SegFormer at {self.address} sent an answer over {MAX_ANSWER_BYTES >> 20} MB, which "
            "is not read. Run `flask --app wsgi check-service` to see what it sends."
        )


class _Call:
    """What is logged of one call, all its tries together."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.status: int | None = None
        self.tries = 1
        self._started = time.perf_counter()

    def answered(self, response: requests.Response) -> None:
        self.status = response.status_code
        history: Any = getattr(response.raw.retries, "history", ())
        self.tries = len(history) + 1

    def log(self, err: InferenceError | None = None) -> None:
        extra = {
            "address": f"{self.address}/upload",
            "status": self.status,
            "duration_ms": round((time.perf_counter() - self._started) * 1000, 1),
            "tries": self.tries,
        }
        if err is None:
            log.info("SegFormer answered", extra=extra)
        else:
            log.warning("SegFormer failed: %s", err.message, extra={**extra, "code": err.code})


def _sent_name(filename: str) -> tuple[str, str]:
    """Return the name as sent, safe ASCII, and its media type."""
    stem, _, extension = filename.rpartition(".")
    media_type = MEDIA_TYPES.get(extension.lower())
    if media_type is None:
        raise ValueError(f"SegFormer takes no file with the extension of {filename!r}")
    stem = re.sub(r"[^A-Za-z0-9._-]+", "_", stem).strip(".")[:100]
    return f"{stem or 'image'}.{extension.lower()}", media_type


def _headers(request_id: str | None) -> dict[str, str]:
    if request_id is None:
        return {}
    return {"X-Request-ID": re.sub(r"[^\x21-\x7e]", "", request_id)[:128]}


def _without_secrets(url: str) -> str:
    """Return the address as it may be logged: without a user and password in it."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
