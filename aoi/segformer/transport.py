"""How requests reaches SegFormer: retries, and a time limit that holds for the whole of a try.

A socket's timeout begins anew with every byte, so a service that sends one every few seconds
would hold its caller for ever. Here one deadline spans a try, from connecting to the last byte.
"""

from __future__ import annotations

import http.client
import io
import socket
import time
from collections.abc import Callable
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any

from requests import Session
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import InvalidHeader
from urllib3.util import Retry

CONNECT_SECONDS = 5.0
RETRY_AFTER_MAX = 30
# "May pass": no model loaded yet, or a proxy whose service is restarting.
PASSING = (502, 503, 504)
# SEGFORMER_CONCURRENCY is at most 64; connections are made only when they are needed.
POOL_SIZE = 64
_READ_BUFFER = 64 * 1024
_LEAST_SECONDS = 0.001


class _DeadlineStream(io.RawIOBase):
    """A socket's bytes, until `seconds` from now."""

    def __init__(self, sock: socket.socket, seconds: float) -> None:
        self._sock = sock
        self._stream = sock.makefile("rb", buffering=0)
        self._deadline = time.monotonic() + seconds

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        self._sock.settimeout(left)
        return self._stream.readinto(buffer)

    def close(self) -> None:
        self._stream.close()
        super().close()


class _DeadlineResponse(http.client.HTTPResponse):
    """Reads status, headers and body within the timeout the socket has at its making."""

    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        seconds = sock.gettimeout()
        if seconds is not None:
            self.fp.close()
            self.fp = io.BufferedReader(_DeadlineStream(sock, seconds), _READ_BUFFER)


if TYPE_CHECKING:
    _Base = HTTPConnection
else:
    _Base = object


class _Deadline(_Base):
    """What connecting and sending took is taken from the time left to the answer."""

    response_class = _DeadlineResponse
    _began = 0.0

    def connect(self) -> None:
        # urllib3 sends the body under the connect timeout too, so that one cannot be short.
        whole = self.timeout
        self.timeout = CONNECT_SECONDS if whole is None else min(whole, CONNECT_SECONDS)
        try:
            super().connect()
        finally:
            self.timeout = whole
        if self.sock is not None:
            self.sock.settimeout(whole)

    def request(self, *args: Any, **options: Any) -> None:
        self._began = time.monotonic()
        super().request(*args, **options)

    def getresponse(self) -> Any:
        if self.timeout is not None:
            spent = time.monotonic() - self._began
            self.timeout = max(self.timeout - spent, _LEAST_SECONDS)
        return super().getresponse()


class _HTTPConnection(_Deadline, HTTPConnection):
    pass


class _HTTPSConnection(_Deadline, HTTPSConnection):
    pass


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = _HTTPConnection


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _HTTPSConnection


class Adapter(HTTPAdapter):
    """requests' adapter on connections with deadlines."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}


class PatientRetry(Retry):
    """Retry that takes a Retry-After it cannot read for none."""

    def parse_retry_after(self, retry_after: str) -> float:
        try:
            return super().parse_retry_after(retry_after)
        except (InvalidHeader, ValueError, OverflowError):
            return 0


def retrying_session(max_tries: int, backoff: float) -> Session:
    """Return a session that tries up to `max_tries` times in all, POST too.

    Sending an image again is harmless: the service keeps nothing.
    """
    return _session(
        PatientRetry(
            total=max_tries - 1,
            redirect=0,
            allowed_methods={"POST"},
            status_forcelist=PASSING,
            backoff_factor=backoff,
            raise_on_status=False,
            respect_retry_after_header=True,
            retry_after_max=RETRY_AFTER_MAX,
        )
    )


def single_session() -> Session:
    """Return a session that tries once."""
    return _session(Retry(total=0, redirect=0, raise_on_status=False))


def _session(retries: Retry) -> Session:
    session = Session()
    # A proxy or .netrc of the environment must not come between the agent and a service that
    # is on this host or in the plant's own network.
    session.trust_env = False
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    # Compressed base64 costs both sides more than the network does.
    session.headers["Accept-Encoding"] = "identity"
    adapter = Adapter(pool_connections=1, pool_maxsize=POOL_SIZE, max_retries=retries)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session


def read_body(raw: Any, limit: int, too_large: Callable[[], Exception]) -> bytes:
    """Read a urllib3 response to its end in as few steps as can be; at most `limit` bytes."""
    length = raw.length_remaining
    plain = "content-encoding" not in raw.headers
    if plain and length is not None:
        if length > limit:
            raise too_large()
        return bytes(raw.read())
    # One growing buffer, which goes back to the system as a whole. A list of parts left the
    # allocator's heaps of each thread full of holes, hundreds of MB after an endless answer.
    body = bytearray()
    while part := raw.read(1 << 20, decode_content=True):
        body += part
        if len(body) > limit:
            raise too_large()
    return bytes(body)
