"""One hostile request, and the answer that is right for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

BOUNDARY = "b0undary"
END = f"--{BOUNDARY}--\r\n".encode()
MULTIPART = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
# What tells of the inside: a traceback, SQL, a folder of the host, a library.
INSIDE = (
    "Traceback", 'File "', "SELECT ", "INSERT ", "psycopg", "sqlalchemy", "werkzeug", "PIL.",
    "/tmp", "/home/", "/usr/", "site-packages", "Exception", "incoming-",
)  # fmt: skip


@dataclass(frozen=True)
class Attack:
    """A request to send raw; `status` is the contract's answer to it."""

    name: str
    status: int
    path: str = "/upload"
    method: str = "POST"
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    environ: dict[str, Any] = field(default_factory=dict)

    def send(self, client: FlaskClient) -> TestResponse:
        return client.open(
            self.path,
            method=self.method,
            data=self.body,
            headers=self.headers,
            environ_overrides=self.environ,
        )


def part(data: bytes, disposition: str | bytes = 'name="image"; filename="a.png"') -> bytes:
    said = disposition.encode() if isinstance(disposition, str) else disposition
    head = b"--" + BOUNDARY.encode() + b"\r\nContent-Disposition: form-data; " + said
    return head + b"\r\n\r\n" + data + b"\r\n"


def form(data: bytes, name: str | bytes = "a.png") -> bytes:
    """Return a whole multipart body with one file under that name, put in as it is."""
    said = name.encode() if isinstance(name, str) else name
    return part(data, b'name="image"; filename="' + said + b'"') + END
