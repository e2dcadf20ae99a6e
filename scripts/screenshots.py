"""Write docs/screenshots: `make screenshots`, `python -m scripts.screenshots [ADDRESS] [NAME …]`.

Without an address it starts an agent of its own and fills it; with names only those are taken.
"""

from __future__ import annotations

import io
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

import numpy as np
import requests
from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from tests.product import Product

ROOT = Path(__file__).resolve().parent.parent
SAMPLES = ROOT / "static" / "samples"
TARGET = ROOT / "docs" / "screenshots"
SEED = ("seed", "--images", "6000", "--days", "45", "--seed", "7", "--with-files", "60")
# In this order, so that the last is the newest.
ORDER = ("panel_clean.jpg", "panel_peeling.jpg", "panel_particles.jpg", "panel_mixed.jpg")
REGION = "[data-region-rows] tr[data-key]"

DESKTOP = ViewportSize(width=1440, height=900)
WIDE = ViewportSize(width=1920, height=1200)
PHONE = ViewportSize(width=390, height=844)


@dataclass(frozen=True)
class Variant:
    name: str
    size: ViewportSize
    scheme: str
    language: str


VARIANTS = (
    Variant("", DESKTOP, "light", "en"),
    Variant("-wide-dark-zh", WIDE, "dark", "zh-TW"),
    Variant("-phone", PHONE, "light", "en"),
    Variant("-phone-dark-zh", PHONE, "dark", "zh-TW"),
)


def nothing(page: Page) -> None:
    """Take the page as it comes."""


def select_region(page: Page) -> None:
    page.wait_for_selector("[data-stage] canvas")
    page.locator(REGION).nth(2).click()
    page.mouse.move(4, 4)


@dataclass(frozen=True)
class Shot:
    """A page: its address (`{image}` and `{batch}` are the newest), what tells that it is there."""

    name: str
    path: str
    ready: str
    act: Callable[[Page], None] = nothing
    variants: tuple[Variant, ...] = VARIANTS


SHOTS = (
    Shot("inspect", "/", ".recent-item img"),
    Shot("result", "/#{image}", REGION),
    Shot("batches", "/batch", "[data-batch-rows] tr"),
    Shot("batch", "/batch/{batch}", "[data-list-rows] img"),
    Shot("gallery", "/gallery", "main img:visible"),
    Shot("viewer", "/gallery/{image}", REGION, select_region),
    Shot("dashboard", "/dashboard", "[data-most] li"),
    Shot("system", "/system", ".part-state .icon"),
    Shot("docs", "/docs", ".opblock", variants=VARIANTS[:1]),
    Shot("error", "/nothing-here", "[data-error]", variants=VARIANTS[:3:2]),
)


@contextmanager
def agent() -> Iterator[str]:
    """Start an agent with a few weeks of results; yield its address."""
    with TemporaryDirectory(prefix="aoi-screenshots-") as folder:
        # One at a time: a small machine's bundled service is not to time out.
        with Product(Path(folder), SEGFORMER_CONCURRENCY=1, SEGFORMER_TIMEOUT=300) as product:
            done = product.command(*SEED)
            if done.returncode:
                raise SystemExit(done.stderr)
            yield product.url


def fill(url: str) -> dict[str, str]:
    """Send the samples, and a batch of them; return the ids that the addresses name."""
    files = [("images", (SAMPLES / name).open("rb")) for name in ORDER * 2]
    batch = post(f"{url}/upload/batch?wait=600", files)
    for name in ORDER:
        image = post(f"{url}/upload", [("image", (SAMPLES / name).open("rb"))])
    return {"batch": batch["batch_id"], "image": image["img_unique_id"]}


def post(url: str, files: list[tuple[str, BinaryIO]]) -> dict[str, str]:
    answer = requests.post(url, files=files, timeout=700)
    if not answer.ok:
        raise SystemExit(f"{url}: {answer.text}")
    return dict(answer.json())


def take(browser: Browser, address: str, shot: Shot, variant: Variant) -> None:
    phone = variant.size is PHONE
    context = browser.new_context(
        viewport=variant.size,
        color_scheme=variant.scheme,  # type: ignore[arg-type]
        locale=variant.language,
        timezone_id="Asia/Taipei",
        device_scale_factor=2 if phone else 1,
        is_mobile=phone,
        has_touch=phone,
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector(shot.ready)
    shot.act(page)
    page.wait_for_timeout(2000)  # pictures decoded, flights landed
    save(page.screenshot(), f"{shot.name}{variant.name}")
    context.close()


def save(png: bytes, name: str) -> None:
    """Write it with 256 colours, each pixel the nearest of them: Pillow's own choice is coarser."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    chosen = np.array(palette(picture), dtype=np.int32).reshape(-1, 3)
    pixels = np.asarray(picture).reshape(-1, 3)
    colours, places = np.unique(pixels, axis=0, return_inverse=True)
    nearest = np.empty(len(colours), dtype=np.uint8)
    for start in range(0, len(colours), 10_000):
        part = colours[start : start + 10_000, None].astype(np.int32)
        nearest[start : start + 10_000] = ((part - chosen) ** 2).sum(axis=2).argmin(axis=1)
    drawn = Image.fromarray(nearest[places].reshape(picture.height, picture.width), "P")
    drawn.putpalette(chosen.flatten().tolist())
    drawn.save(TARGET / f"{name}.png", optimize=True)


def palette(picture: Image.Image) -> list[int]:
    """Choose 256 colours: the most frequent as they are, many for the small, colourful marks."""
    pixels = np.asarray(picture).reshape(-1, 3)
    colours, counts = np.unique(pixels, axis=0, return_counts=True)
    frequent = colours[np.argsort(-counts)[:32]].flatten().tolist()
    colourful = np.ptp(pixels, axis=1) > 24
    parts = [
        Image.fromarray(part[None]).quantize(112).getpalette() or []
        for part in (pixels[colourful], pixels[~colourful])
        if part.size
    ]
    return [*frequent, *(value for part in parts for value in part)][: 256 * 3]


def main(url: str, names: list[str]) -> None:
    ids = fill(url)
    TARGET.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        for shot in SHOTS:
            if names and shot.name not in names:
                continue
            address = url + shot.path.format(**ids)
            for variant in shot.variants:
                take(browser, address, shot, variant)
                print(f"{shot.name}{variant.name}", flush=True)
        browser.close()


if __name__ == "__main__":
    addresses = [word.rstrip("/") for word in sys.argv[1:] if word.startswith("http")]
    wanted = [word for word in sys.argv[1:] if not word.startswith("http")]
    if addresses:
        main(addresses[0], wanted)
    else:
        with agent() as address:
            main(address, wanted)
