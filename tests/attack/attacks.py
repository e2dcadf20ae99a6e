"""The attacks. Each goes on until its deadline, and counts what it got."""

from __future__ import annotations

import functools
import itertools
import secrets
import struct
import zlib
from collections.abc import Callable, Iterator

from tests.attack.wire import Attacker, held, repeated

Attack = Callable[[Attacker], None]
MB = 1024 * 1024
BOUNDARY = "Content-Type: multipart/form-data; boundary=b"
CHUNKED = "Transfer-Encoding: chunked"
ATTACKS: dict[str, Attack] = {}


def attack(name: str) -> Callable[[Attack], Attack]:
    def register(function: Attack) -> Attack:
        ATTACKS[name] = function
        return function

    return register


@attack("1500 silent connections")
def silent(attacker: Attacker) -> None:
    held(attacker, 1500, b"")


@attack("600 heads, a line a second")
def slow_heads(attacker: Attacker) -> None:
    held(attacker, 600, attacker.head("GET /images"), b"X-More: x\r\n")


@attack("600 bodies, a byte a second")
def slow_bodies(attacker: Attacker) -> None:
    first = attacker.head("POST /upload", BOUNDARY, f"Content-Length: {MB}")
    held(attacker, 600, first + b"\r\n" + part("image", "a.png"), b"x")


@attack("300 answers that are not read")
def slow_readers(attacker: Attacker) -> None:
    held(attacker, 300, attacker.head("GET /openapi.json") + b"\r\n", read=False)


@attack("heads of 8 MB")
def giant_heads(attacker: Attacker) -> None:
    line = b"X-More: " + b"x" * 8000 + b"\r\n"
    repeated(attacker, 4, lambda: attacker.ask([attacker.head("GET /images"), *[line] * 1000]))


@attack("bombs: 400 megapixels in 50 KB")
def bombs(attacker: Attacker) -> None:
    body = part("image", "a.png") + bomb(20_000, 20_000) + b"\r\n--b--\r\n"
    repeated(attacker, 4, lambda: attacker.ask(whole(attacker, "POST /upload", body)))


@attack("bombs within the limits: 280 megapixels")
def legal_bombs(attacker: Attacker) -> None:
    body = part("image", "a.png") + bomb(16_700, 16_700) + b"\r\n--b--\r\n"
    repeated(attacker, 2, lambda: attacker.ask(whole(attacker, "POST /upload", body)))


@attack("uploads without end")
def endless_bodies(attacker: Attacker) -> None:
    head = attacker.head("POST /upload", BOUNDARY, CHUNKED) + b"\r\n"
    first = chunk(part("image", "a.png"))
    endless = itertools.repeat(chunk(b"x" * 65536))
    repeated(attacker, 4, lambda: attacker.ask(itertools.chain([head, first], endless)))


@attack("batches of 20000 files")
def giant_batches(attacker: Attacker) -> None:
    file = part("images", "a.png") + b"no image\r\n"

    def pieces() -> Iterator[bytes]:
        yield attacker.head("POST /upload/batch", BOUNDARY, CHUNKED) + b"\r\n"
        for _ in range(200):
            yield chunk(file * 100)

    repeated(attacker, 4, lambda: attacker.ask(pieces()))


@attack("forms of a million fields")
def many_fields(attacker: Attacker) -> None:
    def pieces() -> Iterator[bytes]:
        yield attacker.head("POST /upload", BOUNDARY, CHUNKED) + b"\r\n"
        for _ in range(1000):
            yield chunk(part("x", None) * 1000)

    repeated(attacker, 4, lambda: attacker.ask(pieces()))


@attack("JSON a million deep")
def deep_json(attacker: Attacker) -> None:
    body = b'{"ids":' + b"[" * MB
    request = whole(attacker, "POST /export/images.csv", body, "Content-Type: application/json")
    repeated(attacker, 4, lambda: attacker.ask(request))


@attack("a flood of wrong keys")
def wrong_keys(attacker: Attacker) -> None:
    def once() -> None:
        key = f"X-API-Key: aoi_{secrets.token_urlsafe(32)}"
        attacker.ask(f"GET /images HTTP/1.1\r\nHost: x\r\n{key}\r\n\r\n".encode())

    repeated(attacker, 8, once)


@attack("a flood of log-ins")
def log_ins(attacker: Attacker) -> None:
    body = b"name=anna&password=wrong&csrf_token=x"
    form = "Content-Type: application/x-www-form-urlencoded"
    repeated(attacker, 8, lambda: attacker.ask(whole(attacker, "POST /login", body, form)))


def part(name: str, filename: str | None) -> bytes:
    """Return the head of a part of a form."""
    file = f'; filename="{filename}"' if filename else ""
    return f'--b\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'.encode()


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def whole(attacker: Attacker, request: str, body: bytes, kind: str = BOUNDARY) -> bytes:
    return attacker.head(request, kind, f"Content-Length: {len(body)}") + b"\r\n" + body


@functools.cache
def bomb(width: int, height: int) -> bytes:
    """Return a valid PNG of one bit a pixel, all of them black."""
    rows = zlib.compressobj(9)
    data = b"".join(rows.compress(bytes(1 + (width + 7) // 8)) for _ in range(height))
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", data + rows.flush()), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content)) + kind + content
        + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in chunks
    )  # fmt: skip
