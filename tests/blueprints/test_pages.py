"""The pages' HTML and headers; what their scripts do is tested in tests/browser."""

from __future__ import annotations

import dataclasses
import re
from http import HTTPStatus
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from aoi.blueprints import pages

ID = "20260225_103045_7K3QH2ZD"
PAGES = [
    "/",
    "/batch",
    f"/batch/{ID}",
    "/gallery",
    f"/gallery/{ID}",
    "/dashboard",
    "/system",
    "/docs",
]
HTML = {"Accept": "text/html,application/xhtml+xml"}
TEMPLATES = Path(pages.__file__).parents[2] / "templates"


@pytest.mark.parametrize("path", [*PAGES, "/nothing-here"])
def test_pages_allow_only_this_server_s_own_files(client: FlaskClient, path: str) -> None:
    headers = client.get(path, headers=HTML).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize("path", [*PAGES, "/nothing-here"])
def test_pages_have_no_inline_script_or_style(client: FlaskClient, path: str) -> None:
    html = client.get(path, headers=HTML).text
    # A block of JSON is data: the policy lets nothing of it run.
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*(\ssrc=|/json))", html)


@pytest.mark.parametrize("path", PAGES)
def test_all_that_a_page_loads_is_there(client: FlaskClient, path: str) -> None:
    html = client.get(path).text
    loaded = set(re.findall(r'(?:src|href)="(/static/[^"#]+)', html))
    assert loaded
    for name in loaded:
        with client.get(name) as response:  # closes the file
            assert response.status_code == 200, name


def test_the_inspect_page_tells_the_limits_to_its_scripts(app: Flask) -> None:
    limits = dataclasses.replace(app.config["AOI"], max_file_size_mb=7.5, max_image_megapixels=40)
    app.config["AOI"] = limits
    html = app.test_client().get("/").text
    assert f'data-max-bytes="{limits.max_file_bytes}"' in html
    assert "up to 7.5 MB and 40 megapixels" in html


def test_the_inspect_page_offers_the_samples_there_are(
    app: Flask, client: FlaskClient, tmp_path: Path
) -> None:
    app.static_folder = str(tmp_path)
    assert "No image at hand?" not in client.get("/").text
    (tmp_path / "samples").mkdir()
    for name in ("b.jpg", "a.PNG", "LICENSE"):
        (tmp_path / "samples" / name).touch()
    html = client.get("/").text
    offered = re.findall(
        r'class="sample" type="button" data-sample="/static/[^/]+/samples/([^"]+)', html
    )
    assert offered == ["a.PNG", "b.jpg"]


def test_an_error_page_escapes_what_it_is_told(app: Flask) -> None:
    with app.test_request_context("/nothing-here"):
        response = pages.render_error(500, "<script>alert(1)</script>")
    assert response.status_code == 500
    html = response.get_data(as_text=True)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


def test_a_page_that_is_not_there_leads_to_others(app: Flask) -> None:
    with app.test_request_context("/nothing-here"):
        response = pages.render_error(404, "said to programs")
    assert response.status_code == 404
    html = response.get_data(as_text=True)
    assert "Inspect an image" in html and "said to programs" not in html


@pytest.mark.parametrize("status", [404, 413, 429, 500, 503, 504])
def test_an_error_page_has_words_of_its_own(app: Flask, status: int) -> None:
    told = {}
    for language in ("en", "zh-TW"):
        with app.test_request_context("/", headers={"Accept-Language": language}):
            html = pages.render_error(status, "").get_data(as_text=True)
        told[language] = re.findall(r"<h1>(.+)</h1>\s*<p>(.+)</p>", html)
    assert len(told["en"]) == len(told["zh-TW"]) == 1
    assert told["en"][0][0] != HTTPStatus(status).phrase
    assert not told["zh-TW"][0][0].isascii()


def test_templates_and_scripts_name_no_other_host() -> None:
    static = TEMPLATES.parent / "static"
    files = [*TEMPLATES.glob("*.html"), *static.glob("css/*.css"), *static.glob("js/**/*.js")]
    found = {
        file.name: hosts
        for file in files
        if (hosts := re.findall(r"https?://(?!www\.w3\.org/)[^\s\"'`)]+", file.read_text("utf-8")))
    }
    assert found == {}
