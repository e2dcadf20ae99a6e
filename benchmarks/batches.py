"""Measure batches through the real product against a stub of SegFormer.

python -m benchmarks.batches [--only hundred thousand one-call fairness] [--json PATH]
"""

from __future__ import annotations

import argparse
import io
import json
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import requests
from PIL import Image

from aoi.embedded import running_url
from benchmarks import bound
from benchmarks.footprint import Footprint
from benchmarks.pictures import draw
from benchmarks.sending import Sent, send
from tests.product import Product
from tests.stub import StubService

LATENCY, SLOTS = 0.1, 4
ANSWER_MB = 14.0  # as the plant's service answers to 1792 x 1792
SMALL_ANSWER_MB = 4.0  # where a thousand are kept
SLOW = 1.0  # seconds an image, as the plant's service takes
IMAGES, HUNDRED, CALL = 1000, 100, 50
LONG, SHORT, ALONE = 500, 5, 5
QUESTIONS = 200
Figures = dict[str, Any]


def hundred(folder: Path) -> Figures:
    """100 images: from the last byte sent to `done`, beside a raw bound of the same run."""
    images = [draw("jpeg", seed) for seed in range(4)]
    one = folder / "panel.jpg"
    one.write_bytes(images[0])
    with started(folder, ANSWER_MB, LATENCY) as (product, stub):
        send(product.url, "/upload/batch?wait=600", "images", named(images, 8))
        runs = []
        for _ in range(3):
            stub.reset()
            sent = send(product.url, "/upload/batch?wait=600", "images", named(images, HUNDRED))
            expect(sent, 200)
            runs.append(sent.answered - sent.last_byte)
        in_flight = stub.stats()["max_in_flight"]
        url = running_url(product.data_dir)
        assert url is not None
        orders = bound.Bound(
            stub.url, url, str(folder / "bound"), str(one), HUNDRED // SLOTS, False
        )
        raw = bound.run(orders, SLOTS).wall
    say(f"\n{HUNDRED} images of {len(images[0]) / 1e6:.2f} MB, service {LATENCY} s, {SLOTS} slots")
    say(f"  last byte to done   {', '.join(f'{run:.2f}' for run in runs)} s (target 4.5)")
    say(f"  raw bound {raw:.2f} s, ideal {HUNDRED / SLOTS * LATENCY:.2f} s; {in_flight} in flight")
    return {"seconds": runs, "bound": raw, "max_in_flight": in_flight}


def thousand(folder: Path) -> Figures:
    """1,000 images of 2 MB in calls of 50, then how fast the batch tells of itself."""
    return take_in(folder, CALL)


def one_call(folder: Path) -> Figures:
    """1,000 images of 2 MB in one call."""
    return take_in(folder, IMAGES)


def take_in(folder: Path, call: int) -> Figures:
    image = two_megabytes()
    with started(folder, SMALL_ANSWER_MB, SLOW) as (product, stub):
        send(product.url, "/upload/batch?wait=60", "images", named([image], 8))
        query, batch_id = "", ""
        with Footprint(product) as footprint:
            began = time.perf_counter()
            for _ in range(IMAGES // call):
                sent = send(product.url, f"/upload/batch{query}", "images", named([image], call))
                expect(sent, 202)
                batch_id = sent.body["batch_id"]
                query = f"?batch_id={batch_id}"
            rate = IMAGES / (time.perf_counter() - began)
        say(f"\n{IMAGES} images of {len(image) / 1e6:.2f} MB in calls of {call}")
        say(f"  accepted {rate:.1f} a second (target 40)")
        for name, memory in footprint.figures().items():
            say(
                f"  {name:<9} {memory['before']:6.0f} MB before, {memory['most']:6.0f} at most, "
                f"{memory['after']:6.0f} after"
            )
        figures: Figures = {"per_second": rate, "memory_mb": footprint.figures()}
        figures["processing_ms"] = ask(product, batch_id, "processing")
        stub.set_latency(0)
        wait_until_done(product, batch_id)
        figures["idle_ms"] = ask(product, batch_id, "done")
    return figures


def ask(product: Product, batch_id: str, state: str) -> dict[str, float]:
    """Time GET of a batch; tells p50 and p95 in milliseconds."""
    seconds = []
    with session() as link:
        for _ in range(QUESTIONS):
            began = time.perf_counter()
            body = link.get(f"{product.url}/batches/{batch_id}", timeout=30).content
            seconds.append(time.perf_counter() - began)
    told = json.loads(body)["status"]
    cuts = statistics.quantiles(seconds, n=100, method="inclusive")
    figures = {"p50": 1000 * cuts[49], "p95": 1000 * cuts[94]}
    say(
        f"  GET /batches/{{id}}, {told} ({state}): p50 {figures['p50']:.1f} ms, "
        f"p95 {figures['p95']:.1f} ms (target 30), {len(body) / 1e3:.0f} kB"
    )
    return figures


def fairness(folder: Path) -> Figures:
    """A batch of 500, and right after it one of five and some images alone."""
    image = draw("jpeg")
    with started(folder, SMALL_ANSWER_MB, LATENCY) as (product, _):
        send(product.url, "/upload/batch?wait=60", "images", named([image], 8))
        long = send(product.url, "/upload/batch", "images", named([image], LONG))
        expect(long, 202)
        result: Figures = {}

        def send_short() -> None:
            sent = send(product.url, "/upload/batch?wait=600", "images", named([image], SHORT))
            expect(sent, 200)
            result["short"] = sent.answered - sent.last_byte

        thread = threading.Thread(target=send_short)
        thread.start()
        result["alone"] = []
        for _ in range(ALONE):
            sent = send(product.url, "/upload", "image", named([image], 1))
            expect(sent, 200)
            result["alone"].append(sent.answered - sent.began)
        thread.join()
        wait_until_done(product, long.body["batch_id"])
        result["long"] = time.perf_counter() - long.last_byte
    say(f"\nA batch of {LONG}, then one of {SHORT} and {ALONE} images alone; service {LATENCY} s")
    say(f"  the {SHORT} were done after {result['short']:.2f} s")
    say(f"  those alone after {', '.join(f'{each:.2f}' for each in result['alone'])} s")
    say(f"  the {LONG} after {result['long']:.1f} s (ideal {LONG / SLOTS * LATENCY:.1f})")
    return result


@contextmanager
def started(
    folder: Path, answer_mb: float, latency: float
) -> Iterator[tuple[Product, StubService]]:
    """Run the product and a stub in `folder`."""
    with (
        StubService(latency, answer_mb) as stub,
        Product(folder, SEGFORMER_SERVICE_URL=stub.url, SEGFORMER_CONCURRENCY=SLOTS) as product,
    ):
        yield product, stub


def named(images: Sequence[bytes], count: int) -> list[tuple[str, bytes]]:
    return [(f"panel-{number}.jpg", images[number % len(images)]) for number in range(count)]


def two_megabytes() -> bytes:
    """Return a JPEG of 1792 x 1792 and about that size: the plant's picture, but noisier."""
    pixels = np.asarray(Image.open(io.BytesIO(draw("jpeg"))), np.float32)
    noisy = pixels + np.random.default_rng(1).normal(0, 9, pixels.shape)
    file = io.BytesIO()
    Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(file, "JPEG", quality=97)
    return file.getvalue()


def expect(sent: Sent, status: int) -> None:
    if sent.status != status:
        raise SystemExit(f"The answer is {sent.status}, not {status}: {sent.body}")


def wait_until_done(product: Product, batch_id: str) -> None:
    with session() as link:
        while link.get(f"{product.url}/batches/{batch_id}").json()["status"] != "done":
            time.sleep(0.2)


def session() -> requests.Session:
    link = requests.Session()
    link.trust_env = False
    return link


def say(text: str) -> None:
    print(text, flush=True)


PARTS: dict[str, Callable[[Path], Figures]] = {
    "hundred": hundred,
    "thousand": thousand,
    "one-call": one_call,
    "fairness": fairness,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.batches", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--json", type=Path, help="a file to write the figures to")
    options = parser.parse_args()
    figures: Figures = {"load_before": os.getloadavg()[0]}
    say(f"{os.cpu_count()} CPUs, load {figures['load_before']:.1f} before the run")
    for name in options.only:
        with tempfile.TemporaryDirectory(prefix="aoi-bench-") as folder:
            figures[name] = PARTS[name](Path(folder))
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
