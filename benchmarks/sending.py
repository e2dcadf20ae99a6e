"""Send the files of a batch in one streamed request, and note when the last byte has left."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

BOUNDARY = "benchmark-boundary"
END = f"--{BOUNDARY}--\r\n".encode()
TIMEOUT = 900


@dataclass(frozen=True)
class Sent:
    """Moments of `time.perf_counter`, and the answer."""

    began: float
    last_byte: float
    answered: float
    status: int
    body: dict[str, Any]


def send(url: str, path: str, field: str, files: Sequence[tuple[str, bytes]]) -> Sent:
    """POST files, under their names, to `path`."""
    heads = [
        f"--{BOUNDARY}\r\nContent-Disposition: form-data; "
        f'name="{field}"; filename="{name}"\r\n\r\n'.encode()
        for name, _ in files
    ]
    data = [content for _, content in files]
    length = sum(map(len, heads)) + sum(map(len, data)) + 2 * len(files) + len(END)
    address = urlsplit(url)
    link = http.client.HTTPConnection(str(address.hostname), address.port, timeout=TIMEOUT)
    began = time.perf_counter()
    link.putrequest("POST", path)
    link.putheader("Content-Type", f"multipart/form-data; boundary={BOUNDARY}")
    link.putheader("Content-Length", str(length))
    link.endheaders()
    for head, content in zip(heads, data, strict=True):
        link.send(head)
        link.send(content)
        link.send(b"\r\n")
    link.send(END)
    last_byte = time.perf_counter()
    answer = link.getresponse()
    body = json.loads(answer.read())
    answered = time.perf_counter()
    link.close()
    return Sent(began, last_byte, answered, answer.status, body)
