"""A real Chromium on the real product; whatever a page does wrong on the way fails its test."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from tests import pictures
from tests.product import Product
from tests.stub import StubService

CHROMIUM_ARGUMENTS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
DESKTOP = ViewportSize(width=1440, height=900)
# Slow machines are no fault of a page.
expect.set_options(timeout=90_000)
PHONE = ViewportSize(width=390, height=844)
# An answer with an error status is no fault of the page; what the page says of it is tested.
EXPECTED_IN_CONSOLE = re.compile(r"^Failed to load resource: ")


@dataclass
class LiveServer:
    """The product, started by run.py as a user would, inspecting with the stub."""

    url: str
    stub: StubService


@contextmanager
def inspecting_product(folder: Path, **settings: object) -> Iterator[tuple[Product, StubService]]:
    """Start a product of one web process whose SegFormer is a stub."""
    with StubService(regions=24) as stub:
        product = Product(
            folder,
            SEGFORMER_SERVICE_URL=stub.url,
            SECRET_KEY="test",
            WEB_WORKERS=1,
            **settings,
        )
        with product:
            yield product, stub


@pytest.fixture(scope="session")
def live_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    folder = tmp_path_factory.mktemp("product")
    settings = {"SEGFORMER_TIMEOUT": 200, "SEGFORMER_BACKOFF": 0}
    with inspecting_product(folder, **settings) as (product, stub):
        yield LiveServer(product.url, stub)


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()


OpenPage = Callable[..., Page]


@pytest.fixture
def open_page(chromium: Browser, live_server: LiveServer) -> Iterator[OpenPage]:
    """Open a page of the product; foreign requests, script errors, CSP reports fail the test."""
    live_server.stub.reset()
    live_server.stub.set_latency(0)
    contexts, wrong = [], []

    def open_(
        path: str = "/",
        *,
        size: ViewportSize = DESKTOP,
        scheme: str = "light",
        language: str = "en",
    ) -> Page:
        phone = size["width"] < 768
        context = chromium.new_context(
            viewport=size,
            color_scheme=scheme,  # type: ignore[arg-type]
            is_mobile=phone,
            has_touch=phone,
            reduced_motion="reduce",
            locale=language,
            timezone_id="Asia/Taipei",
        )
        context.set_default_timeout(90_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(f"script error: {error}"))
        page.on(
            "console",
            lambda message: (
                message.type == "error"
                and not EXPECTED_IN_CONSOLE.match(message.text)
                and wrong.append(f"console: {message.text}")
            ),
        )
        page.on("request", lambda request: _is_foreign(request.url) and wrong.append(request.url))
        page.goto(live_server.url + path)
        return page

    def _is_foreign(url: str) -> bool:
        return not url.startswith(("blob:", "data:")) and (
            urlsplit(url).netloc != urlsplit(live_server.url).netloc
        )

    yield open_
    for context in contexts:
        context.close()
    assert wrong == []


@pytest.fixture
def page(open_page: OpenPage) -> Page:
    return open_page()


@dataclass
class Picture:
    """A file as the browser takes it; no two of a test have the same bytes."""

    name: str
    mimeType: str
    buffer: bytes

    @property
    def payload(self) -> dict[str, str | bytes]:
        return {"name": self.name, "mimeType": self.mimeType, "buffer": self.buffer}


@pytest.fixture
def picture() -> Callable[..., Picture]:
    def make(name: str = "panel.png", width: int = 320, height: int = 240) -> Picture:
        kind = {"jpg": "JPEG", "tif": "TIFF"}.get(name.rpartition(".")[2], "PNG")
        content = pictures.encoded(pictures.picture("L", width, height), kind)
        return Picture(name, f"image/{kind.lower()}", content)

    return make
