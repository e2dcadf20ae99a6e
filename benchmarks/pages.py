"""Measure the pages of a running product in headless Chromium, cache empty.

python -m benchmarks.pages URL [--runs 5] [--send 500] [--batch 1000] [--json PATH]

Sends images: use a product with a fast SegFormer, and of which the results may be thrown away.
"""

from __future__ import annotations

import argparse
import gzip
import json
import shutil
import statistics
import struct
import tempfile
import time
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import requests
from playwright.sync_api import Browser, Page, sync_playwright

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--enable-precise-memory-info"]
LCP_SECONDS, CODE_KB, TASK_MS, TAB_MB = 1.0, 300, 100, 300
# What the browser tells of itself; it is there before anything of the page.
OBSERVE = """
window.seen = { lcp: 0, tasks: [] };
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.seen.lcp = entry.startTime;
}).observe({ type: "largest-contentful-paint", buffered: true });
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.seen.tasks.push(Math.round(entry.duration));
}).observe({ type: "longtask", buffered: true });
"""
SETTLED_MS = 1500
WORST_WAIT_SECONDS = 900


def measure_page(browser: Browser, address: str) -> dict[str, float]:
    """Load a page with nothing cached; return its largest paint and the size of its code."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.add_init_script(OBSERVE)
    sizes: list[int] = []
    page.on(
        "response",
        lambda answer: (
            answer.request.resource_type in ("script", "stylesheet")
            and sizes.append(len(gzip.compress(answer.body(), 6)))
        ),
    )
    page.goto(address, wait_until="networkidle")
    page.wait_for_timeout(SETTLED_MS)
    seen = page.evaluate("window.seen")
    context.close()
    return {"lcp_s": round(seen["lcp"] / 1000, 3), "code_kb": round(sum(sizes) / 1000, 1)}


def addresses(url: str) -> dict[str, str]:
    """Return the pages by name, with the newest image and batch."""
    image = requests.get(f"{url}/images?limit=1", timeout=30).json()["images"]
    batch = requests.get(f"{url}/batches?limit=1", timeout=30).json()["batches"]
    found = {"inspect": "/", "batches": "/batch", "gallery": "/gallery"}
    if batch:
        found["batch"] = f"/batch/{batch[0]['batch_id']}"
    if image:
        found["viewer"] = f"/gallery/{image[0]['img_unique_id']}"
    return found | {"dashboard": "/dashboard", "system": "/system", "docs": "/docs"}


def measure_pages(browser: Browser, url: str, runs: int) -> dict[str, Any]:
    figures = {}
    for name, path in addresses(url).items():
        loads = [measure_page(browser, url + path) for _ in range(runs)]
        paints = sorted(load["lcp_s"] for load in loads)
        figures[name] = {
            "lcp_s_median": statistics.median(paints),
            "lcp_s_worst": paints[-1],
            "code_kb": loads[0]["code_kb"],
        }
        print(f"{name:10} {figures[name]}", flush=True)
    return figures


def write_pictures(folder: Path, n: int, side: int) -> list[Path]:
    """Write n PNG files of noise, each with bytes of its own."""
    noise = np.random.default_rng(1).integers(0, 256, (side, side), dtype=np.uint8)
    rows = b"".join(b"\0" + row.tobytes() for row in noise)
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    begin = b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header)
    end = _chunk(b"IDAT", zlib.compress(rows, 0)) + _chunk(b"IEND", b"")
    paths = []
    for i in range(n):
        path = folder / f"bench_{i:04}.png"
        path.write_bytes(begin + _chunk(b"tEXt", f"No\0{time.time_ns()}".encode()) + end)
        paths.append(path)
    return paths


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def renderers(browser: Browser) -> list[psutil.Process]:
    told = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    return [psutil.Process(each["id"]) for each in told if each["type"] == "renderer"]


def own_mb(browser: Browser) -> float:
    """Return the memory that the biggest tab has for itself."""
    sizes = [0.0]
    for process in renderers(browser):
        with suppress(psutil.Error):
            sizes.append(process.memory_full_info().uss / 1e6)
    return max(sizes)


def watch(browser: Browser, page: Page, done: str) -> float:
    """Wait until the page says it is done; return the most memory its tab had."""
    worst, deadline = 0.0, time.monotonic() + WORST_WAIT_SECONDS
    while time.monotonic() < deadline:
        worst = max(worst, own_mb(browser))
        if page.evaluate(done):
            return round(worst, 1)
        page.wait_for_timeout(250)
    raise SystemExit("the batch did not end")


SENT = "document.querySelector('[data-strip]')?.dataset.state === 'ended'"
ENDED = "document.querySelector('[data-batch-state]')?.dataset.state !== 'processing'"


def send_many(browser: Browser, url: str, n: int, side: int) -> dict[str, Any]:
    """Send n images from the page; return the tab's memory and its long tasks."""
    with tempfile.TemporaryDirectory() as name:
        paths = write_pictures(Path(name), n, side)
        page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
        page.add_init_script(OBSERVE)
        page.goto(f"{url}/batch")
        page.locator("[data-add-files]").set_input_files(paths)
        page.locator("[data-send]").click(timeout=120_000)
        page.wait_for_url("**/batch/2*", timeout=120_000)
        begin = time.monotonic()
        worst = watch(browser, page, SENT)
        figures = {
            "images": n,
            "mb_each": round(paths[0].stat().st_size / 1e6, 2),
            "seconds": round(time.monotonic() - begin, 1),
            "tab_mb_most": worst,
            "tab_mb_after": round(own_mb(browser), 1),
            "longest_task_ms": longest(page),
        }
        page.context.close()
    return figures


def update_many(browser: Browser, url: str, n: int) -> dict[str, Any]:
    """Follow a batch of n images until it has ended; return the page's longest tasks."""
    with tempfile.TemporaryDirectory() as name:
        paths = write_pictures(Path(name), n, 64)
        files = [("images", (path.name, path.read_bytes(), "image/png")) for path in paths]
    batch = requests.post(f"{url}/upload/batch", files=files, timeout=300).json()
    page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.add_init_script(OBSERVE)
    browser.start_tracing(page=page, categories=["toplevel"])
    page.goto(f"{url}/batch/{batch['batch_id']}")
    page.wait_for_selector("[data-list-rows] [role=row]", state="attached")
    for _ in range(20):  # somebody looks through the list meanwhile
        page.mouse.wheel(0, 1200)
        page.wait_for_timeout(150)
    watch(browser, page, ENDED)
    figures = {"images": n, "longest_task_ms": longest(page)}
    figures["longest_task_cpu_ms"] = longest_cpu(browser.stop_tracing())
    page.context.close()
    return figures


def longest(page: Page) -> int:
    return int(max(page.evaluate("window.seen.tasks"), default=0))


def longest_cpu(trace: bytes) -> float:
    """Return what the longest task of a page's main thread computed, whoever else was busy."""
    events = json.loads(trace)["traceEvents"]
    named = {(e["pid"], e["tid"]): e["args"]["name"] for e in events if e["name"] == "thread_name"}
    tasks = [
        event["tdur"] / 1000
        for event in events
        if event["name"].endswith("RunTask")
        and named.get((event["pid"], event["tid"])) == "CrRendererMain"
        and "tdur" in event
    ]
    return round(max(tasks, default=0.0), 1)


def misses(figures: dict[str, Any]) -> list[str]:
    """Tell which targets were missed."""
    told = []
    for name, page in figures["pages"].items():
        if page["lcp_s_median"] > LCP_SECONDS:
            told.append(f"{name}: largest paint {page['lcp_s_median']} s, aim {LCP_SECONDS} s")
        if page["code_kb"] > CODE_KB and name != "docs":
            told.append(f"{name}: {page['code_kb']} kB of code, aim {CODE_KB} kB")
    if figures["updating"]["longest_task_ms"] > TASK_MS:
        told.append(f"updating: {figures['updating']}, aim {TASK_MS} ms a task")
    if figures["sending"]["tab_mb_most"] > TAB_MB:
        told.append(f"sending: {figures['sending']}, aim {TAB_MB} MB")
    return told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--send", type=int, default=500, help="images to send from the page")
    parser.add_argument("--side", type=int, default=1448, help="their side: 1448 px are 2.1 MB")
    parser.add_argument("--batch", type=int, default=1000, help="images of the batch to follow")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    url = options.url.rstrip("/")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=ARGUMENTS
        )
        figures: dict[str, Any] = {"pages": measure_pages(browser, url, options.runs)}
        figures["updating"] = update_many(browser, url, options.batch)
        print(f"updating   {figures['updating']}", flush=True)
        figures["sending"] = send_many(browser, url, options.send, options.side)
        print(f"sending    {figures['sending']}", flush=True)
        browser.close()
    for miss in misses(figures):
        print(f"MISSED     {miss}")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
