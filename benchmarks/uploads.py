"""Measure uploads through the real product against a stub of SegFormer, beside a raw bound.

python -m benchmarks.uploads [--quick] [--memory 1000] [--image PATH] [--json PATH]
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aoi.embedded import running_url
from benchmarks import bound, load, pictures
from benchmarks.product import Product
from tests.stub import StubService

ANSWER_MB = 14.0
LATENCY = 0.1
WARM_UP = 20


class Bench:
    """One run: a product, a stub, and the figures so far."""

    def __init__(self, product: Product, stub: StubService, folder: Path, uploads: int) -> None:
        self.product, self.stub, self.folder, self.uploads = product, stub, folder, uploads
        address = urlsplit(product.url)
        self._host, self._port = str(address.hostname), int(address.port or 80)
        self.figures: dict[str, Any] = {}

    def overhead(self, kind: str, image: Path) -> None:
        """One client: how much longer than the service itself an upload takes."""
        self.stub.set_latency(LATENCY)
        before = self.product.cpu_seconds()
        outcome = self._load(image, 1, self.uploads)
        after = self.product.cpu_seconds()
        cpu = {name: 1000 * (after[name] - before[name]) / self.uploads for name in after}
        raw = self._bound(image, self.uploads, sync_results=False)
        synced = self._bound(image, self.uploads, sync_results=True)
        mine, base, durable = (_quantiles(one.seconds) for one in (outcome, raw, synced))
        figures = {
            "image_bytes": image.stat().st_size,
            "overhead_ms": mine,
            "bound_ms": base,
            "bound_all_synced_ms": durable,
            "ratio_p50": mine["p50"] / base["p50"],
            "ratio_p50_all_synced": mine["p50"] / durable["p50"],
            "cpu_ms_per_upload": cpu,
        }
        self.figures[f"one_client_{kind}"] = figures
        _say(f"\nOne client, {kind} of {image.stat().st_size / 1e6:.2f} MB, service {LATENCY} s")
        _say(f"  overhead                      p50 {mine['p50']:6.1f} ms   p95 {mine['p95']:6.1f}")
        _say(f"  raw bound                     p50 {base['p50']:6.1f} ms   p95 {base['p95']:6.1f}")
        _say(
            f"  raw bound, results synced too p50 {durable['p50']:6.1f} ms   "
            f"p95 {durable['p95']:6.1f}"
        )
        _say(
            f"  ratio at p50: {figures['ratio_p50']:.2f} "
            f"(results synced too: {figures['ratio_p50_all_synced']:.2f})"
        )
        ours = cpu["web"] + cpu["worker"]
        _say(
            f"  CPU an upload: {ours:.1f} ms (web {cpu['web']:.1f}, worker {cpu['worker']:.1f}); "
            f"PostgreSQL {cpu['postgres']:.1f} ms more"
        )

    def throughput(self, image: Path, clients: int) -> None:
        """So many clients at once and a service that takes no time: uploads a second."""
        self.stub.set_latency(0)
        count = max(self.uploads, 3 * clients)
        self.stub.reset()
        outcome = self._load(image, clients, count)
        most = self.stub.stats()["max_in_flight"]
        raw = self._bound(image, max(count // 4, 10), sync_results=False, processes=4)
        rate, bound_rate = count / outcome.wall, len(raw.seconds) / raw.wall
        times = _quantiles(outcome.seconds, own=0)
        self.figures[f"clients_{clients}"] = {
            "uploads_per_second": rate,
            "bound_per_second_4_processes": bound_rate,
            "answer_ms": times,
            "max_in_flight": most,
            "errors": len(outcome.errors),
        }
        _say(
            f"{clients:>3} clients, service 0 s: {rate:5.1f} uploads/s "
            f"(raw bound in 4 processes: {bound_rate:5.1f}), answer p50 {times['p50']:.0f} ms, "
            f"p95 {times['p95']:.0f} ms, at most {most} in flight"
        )

    def memory(self, image: Path, count: int) -> None:
        """Whether web and worker grow over many uploads."""
        self.stub.set_latency(0)
        self._load(image, 4, 50)
        before = self.product.megabytes()
        steps = [before]
        for _ in range(4):
            self._load(image, 4, count // 4)
            steps.append(self.product.megabytes())
        self.figures["memory_mb"] = steps
        _say(f"\nMemory over {count} uploads, 4 at a time (MB, shared pages once)")
        for name in before:
            _say(f"  {name:<7}" + "".join(f"{step[name]:8.0f}" for step in steps))

    def warm_up(self, image: Path) -> None:
        self.stub.set_latency(0)
        self._load(image, 4, WARM_UP)

    def _load(self, image: Path, clients: int, uploads: int) -> load.Outcome:
        outcome = load.run(load.Load(self._host, self._port, str(image), clients, uploads))
        for error in outcome.errors[:5]:
            _say(f"  ERROR: {error}")
        return outcome

    def _bound(
        self, image: Path, uploads: int, sync_results: bool, processes: int = 1
    ) -> load.Outcome:
        url = running_url(self.folder / "data")
        assert url is not None
        folder = tempfile.mkdtemp(dir=self.folder)
        orders = bound.Bound(self.stub.url, url, folder, str(image), uploads, sync_results)
        return bound.run(orders, processes)


def _quantiles(seconds: list[float], own: float = LATENCY) -> dict[str, float]:
    """Return p50 and p95 in milliseconds, less the service's own time."""
    cuts = statistics.quantiles(seconds, n=100, method="inclusive")
    return {"p50": 1000 * (cuts[49] - own), "p95": 1000 * (cuts[94] - own)}


def _say(text: str) -> None:
    print(text, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.uploads", description=__doc__)
    parser.add_argument("--uploads", type=int, default=100, help="in each measurement")
    parser.add_argument("--quick", action="store_true", help="fewer uploads, one kind of image")
    parser.add_argument("--memory", type=int, default=0, metavar="N", help="uploads to watch")
    parser.add_argument("--image", type=Path, help="an image of your own")
    parser.add_argument("--json", type=Path, help="a file to write the figures to")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="aoi-bench-") as name:
        figures = _measure(options, Path(name))
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1))


def _measure(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    images = _images(options, folder)
    uploads = 30 if options.quick else options.uploads
    load_before = os.getloadavg()[0]
    _say(f"{os.cpu_count()} CPUs, load {load_before:.1f} before the run")
    with (
        StubService(answer_mb=ANSWER_MB) as stub,
        Product(folder, stub.url) as product,
    ):
        bench = Bench(product, stub, folder, uploads)
        first = next(iter(images.values()))
        bench.warm_up(first)
        for kind, image in images.items():
            bench.overhead(kind, image)
        _say("")
        for clients in (1, 10, 50):
            bench.throughput(first, clients)
        if options.memory:
            bench.memory(first, options.memory)
    bench.figures["load_before"] = load_before
    return bench.figures


def _images(options: argparse.Namespace, folder: Path) -> dict[str, Path]:
    if options.image:
        return {options.image.suffix.lstrip("."): options.image}
    images = {}
    for kind in ["jpeg"] if options.quick else pictures.KINDS:
        path = folder / f"panel.{kind}"
        path.write_bytes(pictures.draw(kind))
        images[kind] = path
    return images


if __name__ == "__main__":
    main()
