"""One call to the service that is checked, tried once, whatever it answers."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import requests
import urllib3.exceptions

from aoi.exceptions import BadAnswer
from aoi.segformer.body import members
from aoi.segformer.failures import from_exception
from aoi.segformer.transport import read_body, single_session

MAX_BYTES = 512 * 1024 * 1024


@dataclass(frozen=True)
class Reply:
    """What the service answered; `seconds` is what it took, transfer included."""

    status: int
    media_type: str
    body: bytes
    seconds: float

    def members(self) -> dict[str, Any]:
        """Return the JSON object of the body; raise Unreadable."""
        return members(self.body)


class Service:
    """The service at `url`, asked with `timeout` seconds for each call."""

    def __init__(self, url: str, timeout: float) -> None:
        self.url = url.rstrip("/")
        self.timeout = timeout
        self._session = single_session()

    def get(self, path: str) -> Reply:
        """GET `path`; raise an InferenceError if nothing whole came back."""
        return self._call("GET", path)

    def upload(self, files: dict[str, Any] | None) -> Reply:
        """POST /upload with `files` as requests takes them; raise an InferenceError likewise."""
        return self._call("POST", "/upload", files=files)

    def close(self) -> None:
        self._session.close()

    def _call(self, method: str, path: str, **options: Any) -> Reply:
        started = time.perf_counter()
        try:
            with self._session.request(
                method,
                self.url + path,
                timeout=self.timeout,
                stream=True,
                allow_redirects=False,
                **options,
            ) as response:
                body = read_body(response.raw, MAX_BYTES, _too_large)
        except (requests.RequestException, urllib3.exceptions.HTTPError) as err:
            raise from_exception(err, self.url, self.timeout, 1) from err
        kind = response.headers.get("Content-Type", "")
        media_type = kind.partition(";")[0].strip().lower()
        return Reply(response.status_code, media_type, body, time.perf_counter() - started)


def _too_large() -> BadAnswer:
    return BadAnswer(f"The service's answer is over {MAX_BYTES >> 20} MB.")
