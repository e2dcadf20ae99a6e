from __future__ import annotations

import gzip
import posixpath
import re
from collections.abc import Callable
from pathlib import Path

import brotli
import pytest
from flask import Flask, Response, url_for
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from aoi.config import ROOT
from aoi.web import static_files
from aoi.web.static_files import compress_answers, serve_static_files

# Of `import … from "x"`, `export … from "x"` and `import "x"`, the x.
IMPORTED = re.compile(r"""^(?:import|export)\b[^"';=(]*["']([^"']+)["']""", re.M)
FRAME = ROOT / "static" / "css" / "frame.css"
DECODERS: dict[str, Callable[[bytes], bytes]] = {"br": brotli.decompress, "gzip": gzip.decompress}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "js").mkdir()
    (tmp_path / "js" / "a.js").write_text("export const a = 1;\n" * 100)
    (tmp_path / "photo.jpg").write_bytes(bytes(1000))
    return tmp_path


@pytest.fixture
def small(folder: Path) -> Flask:
    """An application of nothing but static files and an answer."""
    app = Flask("small", static_folder=str(folder), static_url_path="/static")
    serve_static_files(app)
    compress_answers(app)

    @app.get("/regions")
    def regions() -> Response:
        return Response('{"n": [' + "1, " * 5000 + "1]}", mimetype="application/json")

    @app.get("/few")
    def few() -> Response:
        return Response('{"n": 1}', mimetype="application/json")

    @app.get("/export")
    def export() -> Response:
        return Response(iter([b"1, " * 5000]), mimetype="application/json")

    @app.get("/picture")
    def picture() -> Response:
        return Response(bytes(5000), mimetype="image/png")

    return app


def address(app: Flask, name: str) -> str:
    with app.test_request_context():
        return url_for("static", filename=name)


def get(client: FlaskClient, path: str, accept: str = "", **headers: str) -> TestResponse:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    with client.get(path, headers={"Accept-Encoding": accept, **given}) as answer:
        answer.get_data()
        return answer


def control(answer: TestResponse) -> set[str]:
    return {part.strip() for part in answer.headers["Cache-Control"].split(",")}


class TestAddresses:
    def test_an_address_changes_with_any_content(self, small: Flask, folder: Path) -> None:
        before = address(small, "photo.jpg")
        assert re.fullmatch(r"/static/v-[0-9a-f]{12}/photo\.jpg", before)
        (folder / "js" / "a.js").write_text("export const a = 2;\n")
        static_files._build.cache_clear()
        assert address(small, "photo.jpg") != before

    def test_of_this_build_it_is_kept_for_good(self, small: Flask) -> None:
        client = small.test_client()
        for name, accept in [("js/a.js", ""), ("js/a.js", "gzip"), ("photo.jpg", "gzip")]:
            answer = get(client, address(small, name), accept)
            assert control(answer) == {"public", "max-age=31536000", "immutable"}

    def test_any_other_is_asked_for_again(self, small: Flask) -> None:
        client = small.test_client()
        for path in ("/static/js/a.js", "/static/v-0123456789ab/js/a.js"):
            answer = get(client, path, "gzip")
            assert (answer.status_code, control(answer)) == (200, {"no-cache"})

    def test_while_debugging_it_is_plain(self, small: Flask) -> None:
        small.debug = True
        assert address(small, "photo.jpg") == "/static/photo.jpg"

    def test_none_leads_out_of_the_folder(self, small: Flask, folder: Path) -> None:
        client = small.test_client()
        build = posixpath.dirname(address(small, "photo.jpg"))
        for path in ("../secret", "%2e%2e/secret", "js", "js/", "nothing.js", "%00"):
            for start in ("/static", build):
                assert client.get(f"{start}/{path}").status_code == 404, path

    def test_all_that_scripts_import_is_there_under_the_same_build(self) -> None:
        for script in (ROOT / "static" / "js").rglob("*.js"):
            for name in IMPORTED.findall(script.read_text()):
                assert name.startswith("."), f"{script.name} imports {name}"
                assert (script.parent / name).is_file(), f"{script.name} imports {name}"


class TestCompression:
    @pytest.mark.parametrize(
        ("accept", "encoding"),
        [("gzip, deflate, br, zstd", "br"), ("gzip, deflate", "gzip"), ("br;q=0, gzip", "gzip")],
    )
    def test_texts_are_compressed_as_the_browser_takes_it(
        self, accept: str, encoding: str, client: FlaskClient
    ) -> None:
        answer = get(client, "/static/css/frame.css", accept)
        assert answer.headers["Content-Encoding"] == encoding
        assert answer.headers["Content-Type"] == "text/css; charset=utf-8"
        assert answer.headers["Vary"] == "Accept-Encoding"
        assert DECODERS[encoding](answer.data) == FRAME.read_bytes()
        assert int(answer.headers["Content-Length"]) == len(answer.data)
        with client.head("/static/css/frame.css", headers={"Accept-Encoding": accept}) as head:
            assert head.data == b""
            assert head.headers["Content-Length"] == answer.headers["Content-Length"]

    def test_others_get_them_plain(self, client: FlaskClient) -> None:
        for accept in ("", "identity", "gzip;q=0, br;q=0"):
            answer = get(client, "/static/css/frame.css", accept)
            assert "Content-Encoding" not in answer.headers
            assert answer.headers["Vary"] == "Accept-Encoding"
            assert answer.data == FRAME.read_bytes()

    def test_each_encoding_has_its_own_tag(self, small: Flask) -> None:
        client = small.test_client()
        tags = set()
        for accept in ("", "gzip", "br"):
            tag = get(client, "/static/js/a.js", accept).headers["ETag"]
            again = get(client, "/static/js/a.js", accept, If_None_Match=tag)
            assert (again.status_code, again.data) == (304, b"")
            assert again.headers["ETag"] == tag
            tags.add(tag)
        assert len(tags) == 3

    def test_a_text_is_compressed_once(self, small: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
        seen: list[int] = []

        def encode(data: bytes) -> bytes:
            seen.append(len(data))
            return b"short"

        monkeypatch.setitem(static_files.ENCODERS, "br", encode)
        client = small.test_client()
        assert [get(client, "/static/js/a.js", "br").data for _ in range(3)] == [b"short"] * 3
        assert len(seen) == 1

    def test_pictures_are_not(self, small: Flask) -> None:
        answer = get(small.test_client(), "/static/photo.jpg", "gzip, br", Range="bytes=0-9")
        assert (answer.status_code, answer.data) == (206, bytes(10))
        assert "Content-Encoding" not in answer.headers


class TestAnswers:
    def test_long_ones_are_compressed(self, small: Flask) -> None:
        client = small.test_client()
        plain = get(client, "/regions")
        answer = get(client, "/regions", "gzip")
        assert answer.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(answer.data) == plain.data
        assert "Content-Encoding" not in plain.headers
        assert plain.headers["Vary"] == answer.headers["Vary"] == "Accept-Encoding"

    def test_nothing_else_is(self, small: Flask) -> None:
        for path in ("/few", "/export", "/picture"):
            assert "Content-Encoding" not in get(small.test_client(), path, "gzip, br").headers
