"""The stub's HTTP server: threads, plain sockets, answers sent from memory that is shared."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import select
import socket
import struct
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from PIL import Image

from tests.stub.answers import Answers
from tests.stub.faults import BREAKERS, Fault, Faults, set_at
from tests.stub.journal import Journal

# A panel of 16,000 px is no attack.
Image.MAX_IMAGE_PIXELS = None

FALLBACK_SIZE = (1792, 1792)
HTML = b"<html><body><h1>Something is wrong</h1><p>nginx</p></body></html>"
REASONS = {200: "OK", 302: "Found", 400: "Bad Request", 404: "Not Found", 413: "Too Large",
           500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable",
           504: "Gateway Timeout"}  # fmt: skip
EXTENSIONS = ("png", "jpg", "jpeg", "bmp", "tiff", "tif")
WELL_ANSWERED = ("gzip", "chunked")  # unusual, but whole and right
MODEL_NOT_LOADED = {"success": False, "error": "模型未加载"}


class Gone(Exception):
    """The connection has ended."""


@dataclass
class Stats:
    """What the stub has seen of POST /upload."""

    requests: int = 0
    answered: int = 0
    in_flight: int = 0
    max_in_flight: int = 0
    busy_seconds: float = 0.0
    faults: Counter[str] = field(default_factory=Counter)
    images: Counter[str] = field(default_factory=Counter)
    request_ids: Counter[str] = field(default_factory=Counter)


class Request:
    """One request, read whole."""

    def __init__(self, reader: io.BufferedReader) -> None:
        line = reader.readline(65536)
        if not line:
            raise Gone
        self.method, self.path, _ = line.decode("latin-1").split(" ", 2)
        self.headers: dict[str, str] = {}
        while (line := reader.readline(65536)) not in (b"\r\n", b"\n", b""):
            name, _, value = line.decode("latin-1").partition(":")
            self.headers[name.strip().lower()] = value.strip()
        length = int(self.headers.get("content-length", "0"))
        self.body = bytearray(length)
        if reader.readinto(self.body) != length:
            raise Gone

    def image(self) -> tuple[str, memoryview] | None:
        """Return the name and bytes of the multipart field `image`."""
        _, _, boundary = self.headers.get("content-type", "").partition("boundary=")
        start = self.body.find(b"\r\n\r\n")
        end = self.body.rfind(b"\r\n--" + boundary.strip('"').encode())
        head = bytes(self.body[: max(start, 0)])
        if start == -1 or end < start + 4 or b'name="image"' not in head:
            return None
        _, _, name = head.partition(b'filename="')
        return name.partition(b'"')[0].decode("latin-1"), memoryview(self.body)[start + 4 : end]


class Stub:
    """Serves one address until its process ends."""

    def __init__(
        self, answers: Answers, host: str, port: int, latency: float, journal: Journal | None = None
    ) -> None:
        self.answers = answers
        self._journal = journal or Journal(None)
        self.latency = latency
        self.faults = Faults()
        self.stats = Stats()
        self._lock = threading.Lock()
        self._connections: set[socket.socket] = set()
        self._listener = self._listen(host, port)
        self.host, self.port = self._listener.getsockname()[:2]
        self._refuse_until = 0.0
        self._released = threading.Event()
        self._released.set()

    def _listen(self, host: str, port: int) -> socket.socket:
        return socket.create_server((host, port), backlog=256)

    def serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                self._wait_refusing()
                continue
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._connections.add(connection)
            threading.Thread(target=self._connection, args=(connection,), daemon=True).start()

    def refuse(self, seconds: float) -> None:
        """Drop all connections and take no new one for a while."""
        self._refuse_until = time.monotonic() + seconds
        # Closing alone does not wake the thread that is in accept().
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for connection in self._connections:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def _wait_refusing(self) -> None:
        time.sleep(max(0.0, self._refuse_until - time.monotonic()))
        self._listener = self._listen(self.host, self.port)

    def _connection(self, connection: socket.socket) -> None:
        try:
            with connection, connection.makefile("rb", buffering=256 * 1024) as reader:
                while True:
                    self._answer(connection, Request(reader))
        except (Gone, OSError, ValueError):
            pass
        finally:
            with self._lock:
                self._connections.discard(connection)

    def _answer(self, connection: socket.socket, request: Request) -> None:
        path = request.path.partition("?")[0]
        if path.startswith("/stub/"):
            self._control(connection, path, request)
        elif path == "/upload" and request.method == "POST":
            self._counted_upload(connection, request)
        elif fault := self.faults.next(path):
            self._fail(connection, fault, [json.dumps(_status(path) or {}).encode()])
        elif (document := _status(path)) is not None:
            send_json(connection, 200, document)
        else:
            send_json(connection, 404, {"success": False, "error": "not found"})

    def _control(self, connection: socket.socket, path: str, request: Request) -> None:
        if path == "/stub/stats":
            with self._lock:
                send_json(connection, 200, vars(self.stats))
            return
        if path == "/stub/hold":
            self._released.clear()
        elif path == "/stub/release":
            self._released.set()
        elif path == "/stub/reset":
            self._released.set()
            self.faults.set([])
            with self._lock:
                self.stats = Stats(in_flight=self.stats.in_flight)
        elif path == "/stub/faults":
            given = json.loads(request.body)
            faults = [Fault(**one) for one in (given if isinstance(given, list) else [given])]
            if now := [fault for fault in faults if fault.mode == "refuse"]:
                send_json(connection, 200, {"set": len(faults)})
                self.refuse(now[0].seconds)
                raise Gone
            self.faults.set(faults)
        elif path == "/stub/latency":
            self.latency = float(json.loads(request.body)["seconds"])
        send_json(connection, 200, {"success": True})

    def _counted_upload(self, connection: socket.socket, request: Request) -> None:
        started = time.monotonic()
        with self._lock:
            stats = self.stats
            stats.requests += 1
            stats.in_flight += 1
            stats.max_in_flight = max(stats.max_in_flight, stats.in_flight)
            stats.request_ids[request.headers.get("x-request-id", "")] += 1
        try:
            self._upload(connection, request)
        finally:
            with self._lock:
                self.stats.in_flight -= 1
                self.stats.busy_seconds += time.monotonic() - started

    def _upload(self, connection: socket.socket, request: Request) -> None:
        found = request.image()
        if found is None or found[0].rpartition(".")[2].lower() not in EXTENSIONS:
            send_json(connection, 400, {"success": False, "error": "没有选择文件或文件格式不支持"})
            return
        data = found[1]
        sha256 = hashlib.sha256(data).hexdigest()
        size = _size(data)
        if size is None:
            send_json(connection, 500, {"success": False, "error": "推理失败: 无法读取图像"})
            return
        if self.latency:
            time.sleep(self.latency)
        self._released.wait()
        with self._lock:
            self.stats.images[sha256] += 1
        fault = self.faults.next("/upload")
        self._journal.note(sha256, "asked" if fault is None else fault.mode)
        if fault is not None:
            with self._lock:
                self.stats.faults[fault.mode] += 1
            if fault.mode in BREAKERS:
                document = self.answers.document(sha256, *size)
                BREAKERS[fault.mode](document)
                send_json(connection, 200, document)
            elif fault.mode == "set":
                document = self.answers.document(sha256, *size)
                set_at(document, fault.at, fault.value)
                send_json(connection, 200, document)
            else:
                self._fail(connection, fault, self.answers.pieces(sha256, *size))
            if fault.mode in WELL_ANSWERED:
                self._journal.note(sha256, "answered")
            return
        pieces = self.answers.pieces(sha256, *size)
        _send_head(connection, 200, "application/json", sum(map(len, pieces)))
        # Counted before the last byte, so that whoever has the answer finds it counted.
        with self._lock:
            self.stats.answered += 1
        for piece in pieces:
            connection.sendall(piece)
        self._journal.note(sha256, "answered")

    def _fail(self, connection: socket.socket, fault: Fault, pieces: list[bytes]) -> None:
        mode = fault.mode
        body = b"".join(pieces)
        if mode in ("503", "no_model"):
            send_json(connection, 503, MODEL_NOT_LOADED)
        elif mode == "busy":
            send_json(connection, 503, MODEL_NOT_LOADED, f"Retry-After: {fault.seconds:g}\r\n")
        elif mode in ("html502", "html503", "html504", "html200"):
            send(connection, int(mode[4:]), "text/html; charset=utf-8", HTML)
        elif mode == "500":
            send_json(connection, 500, {"success": False, "error": "推理失败: CUDA out of memory"})
        elif mode == "400":
            send_json(connection, 400, {"success": False, "error": "没有选择文件"})
        elif mode == "redirect":
            send(connection, 302, "text/html", HTML, "Location: http://127.0.0.1:9/upload\r\n")
        elif mode == "bad_json":
            send(connection, 200, "application/json", body[:-3] + b",,}")
        elif mode == "gzip":
            packed = gzip.compress(body, 1)
            send(connection, 200, "application/json", packed, "Content-Encoding: gzip\r\n")
        elif mode == "chunked":
            _send_chunked(connection, body)
        elif mode == "raw":
            send(connection, 200, "application/json", fault.text.encode("utf-8", "surrogateescape"))
        elif mode == "long":
            _send_long(connection, fault.text.encode(), fault.megabytes)
        else:
            self._break(connection, fault, body)

    def _break(self, connection: socket.socket, fault: Fault, body: bytes) -> None:
        mode = fault.mode
        if mode == "crash":
            os._exit(1)
        if mode == "timeout":
            _hold(connection, fault.seconds if fault.seconds > 1 else 3600)
        elif mode in ("cut", "reset_midway"):
            _send_head(connection, 200, "application/json", len(body))
            connection.sendall(body[: len(body) // 2])
        elif mode == "slow_drip":
            _send_head(connection, 200, "application/json", len(body))
            _drip(connection, body)
        elif mode == "drip_headers":
            _drip(connection, b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 60_000)
        elif mode == "huge":
            _send_head(connection, 200, "application/json", 10**12)
        elif mode == "endless":
            connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
            while True:
                connection.sendall(bytes(1 << 20))
        if mode in ("reset", "reset_midway"):
            _reset(connection)
        raise Gone


def _send_long(connection: socket.socket, start: bytes, megabytes: int) -> None:
    _send_head(connection, 200, "application/json", len(start) + (megabytes << 20))
    connection.sendall(start)
    for _ in range(megabytes):
        connection.sendall(b"A" * (1 << 20))


def _status(path: str) -> dict[str, Any] | None:
    moment = {"timestamp": "2026-02-24T17:38:20.123456"}
    health = {
        "status": "ok", "model_loaded": True, "device": "cpu", "cuda_available": False,
        "system": "Linux",
    }  # fmt: skip
    model = {
        "success": True, "current_model": "segformer", "model_name": "SegFormer",
        "base_size": 1792, "patch_size": 512, "model_path": "/models/stub.pth",
    }  # fmt: skip
    formats = {"supported_formats": list(EXTENSIONS), "max_file_size_mb": 50}
    return {
        "/health": health | moment,
        "/api/model/current": model | moment,
        "/api/status": health | model | formats | moment,
    }.get(path)


def _size(data: memoryview) -> tuple[int, int] | None:
    """Return width and height from the image's header."""
    try:
        with Image.open(io.BytesIO(data)) as image:
            return image.size
    except (OSError, SyntaxError, ValueError):
        return None


def send_json(
    connection: socket.socket, status: int, document: dict[str, Any], more: str = ""
) -> None:
    body = json.dumps(document, sort_keys=True).encode() + b"\n"
    send(connection, status, "application/json", body, more)


def send(connection: socket.socket, status: int, kind: str, body: bytes, more: str = "") -> None:
    _send_head(connection, status, kind, len(body), more)
    connection.sendall(body)


def _send_head(
    connection: socket.socket, status: int, kind: str, length: int, more: str = ""
) -> None:
    head = (
        f"HTTP/1.1 {status} {REASONS[status]}\r\nContent-Type: {kind}\r\n"
        f"Content-Length: {length}\r\n{more}\r\n"
    )
    connection.sendall(head.encode())


def _send_chunked(connection: socket.socket, body: bytes) -> None:
    connection.sendall(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    for start in range(0, len(body), 100_000):
        part = body[start : start + 100_000]
        connection.sendall(b"%x\r\n%b\r\n" % (len(part), part))
    connection.sendall(b"0\r\n\r\n")


def _drip(connection: socket.socket, body: bytes) -> None:
    for byte in body:
        connection.sendall(bytes([byte]))
        time.sleep(0.05)


def _hold(connection: socket.socket, seconds: float) -> None:
    """Answer nothing until the caller gives up, or for so long."""
    select.select([connection], [], [], seconds)


def _reset(connection: socket.socket) -> None:
    """End a connection with RST instead of FIN."""
    try:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.shutdown(socket.SHUT_RD)
        connection.close()
    except OSError:
        pass
