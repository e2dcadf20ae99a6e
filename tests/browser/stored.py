"""Images that a test finds stored: a batch of their own, so that a filter tells them apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import requests

from tests.browser.conftest import LiveServer
from tests.pictures import encoded, picture


def store(server: LiveServer, *names: str, width: int = 320, height: int = 240) -> Any:
    """Have pictures inspected as one batch; return its summary, each `results` with its id."""
    return _send(server, names, width, height, {})


def store_in_turn(server: LiveServer, *names: str, width: int = 320, height: int = 240) -> Any:
    """The same one by one, so that the order of their times is that of the names."""
    answer = _send(server, names[:1], width, height, {})
    for name in names[1:]:
        answer = _send(server, [name], width, height, {"batch_id": answer["batch_id"]})
    return answer


def _send(
    server: LiveServer, names: Sequence[str], width: int, height: int, parameters: dict[str, str]
) -> Any:
    files = [
        ("images", (name, encoded(picture("L", width, height)), "image/png")) for name in names
    ]
    answer = requests.post(
        f"{server.url}/upload/batch", params={"wait": "200", **parameters}, files=files, timeout=250
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


def get(server: LiveServer, path: str, **parameters: Any) -> Any:
    answer = requests.get(server.url + path, params=parameters, timeout=60)
    assert answer.ok, answer.text
    return answer.json()
