"""Serve static files compressed, under addresses that change with their content.

`url_for("static", …)` gives `/static/v-<build>/…`, which browsers keep for good: scripts import
each other by relative addresses, so all of a page is of one build. `/static/…` works too and is
asked for again each time.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import brotli
from flask import Flask, Response, abort, request, send_file
from flask_compress import Compress
from werkzeug.security import safe_join

BUILD_LENGTH = 12
KEPT = f"public, max-age={365 * 24 * 3600}, immutable"
TEXTS = frozenset({".css", ".html", ".js", ".json", ".map", ".md", ".mjs", ".svg", ".txt"})
# In order of preference. Brotli's best takes seconds for a percent or two more.
ENCODERS: dict[str, Callable[[bytes], bytes]] = {
    "br": lambda data: brotli.compress(data, mode=brotli.MODE_TEXT, quality=9),
    "gzip": lambda data: gzip.compress(data, 9, mtime=0),
}
ANSWERS = {
    "COMPRESS_MIMETYPES": ["application/json"],
    "COMPRESS_ALGORITHM": ["zstd", "br", "gzip"],
    # Lists of regions shrink tenfold already so, in a few milliseconds.
    "COMPRESS_LEVEL": 4,
    "COMPRESS_BR_LEVEL": 4,
    "COMPRESS_MIN_SIZE": 2048,
    # Files and exports go out as they come.
    "COMPRESS_STREAMS": False,
}


def compress_answers(app: Flask) -> None:
    """Send long JSON answers compressed to clients that take it."""
    app.config.from_mapping(ANSWERS)
    Compress(app)


def serve_static_files(app: Flask) -> None:
    """Take the serving of the static folder over from Flask."""
    rule = f"{app.static_url_path}/v-<string(length={BUILD_LENGTH}):build>/<path:filename>"
    app.add_url_rule(rule, endpoint="static")

    @app.url_defaults
    def add_build(endpoint: str, values: dict[str, Any]) -> None:
        # While somebody works on the files a build's name would be out of date.
        if endpoint == "static" and not app.debug:
            values.setdefault("build", _build(app.static_folder or ""))

    def serve(filename: str, build: str | None = None) -> Response:
        folder = app.static_folder or ""
        path = safe_join(folder, filename)
        if path is None or not Path(path).is_file():
            abort(404)
        response = _file_response(Path(path))
        # A page of another build, open during an update, gets what there is now.
        response.headers["Cache-Control"] = KEPT if build == _build(folder) else "no-cache"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    app.view_functions["static"] = serve


def _file_response(path: Path) -> Response:
    response = send_file(path, conditional=True, etag=True)
    if path.suffix not in TEXTS:
        return response
    encoding = next((name for name in ENCODERS if request.accept_encodings[name] > 0), None)
    if encoding is not None:
        response.close()
        stat = path.stat()
        encoded = _encoded(path, stat.st_mtime_ns, stat.st_size, encoding)
        response = Response(encoded.data, mimetype=response.mimetype)
        response.headers["Content-Encoding"] = encoding
        response.set_etag(encoded.tag)
        response.make_conditional(request)
    response.vary.add("Accept-Encoding")
    return response


class _Encoded:
    """A file's compressed bytes and their ETag."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.tag = hashlib.sha256(data).hexdigest()[:32]


@lru_cache(maxsize=512)
def _encoded(path: Path, modified: int, size: int, encoding: str) -> _Encoded:
    return _Encoded(ENCODERS[encoding](path.read_bytes()))


@cache
def _build(folder: str) -> str:
    """Return a name for the static files as they are: made of their names and contents."""
    digest = hashlib.sha256()
    for path in sorted(Path(folder).rglob("*")):
        if path.is_file():
            data = path.read_bytes()
            digest.update(f"{path.relative_to(folder)}\0{len(data)}\0".encode())
            digest.update(data)
    return digest.hexdigest()[:BUILD_LENGTH]
