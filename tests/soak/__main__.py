"""Work steadily, sample each part of the product, and tell what grows; exit 1 if anything does."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.pictures import draw
from tests.crash.weather import Weather
from tests.product import Product
from tests.soak.growth import judge
from tests.soak.load import Load
from tests.soak.plot import plot
from tests.soak.samples import Sampler, Series
from tests.stub import StubService

EVERY_SECONDS = 5.0
SETTINGS = {
    "SEGFORMER_TIMEOUT": 3,
    "SEGFORMER_BACKOFF": 0.1,
    "UPLOAD_WAIT": 30,
    "RATE_LIMIT": "off",
}
# What a part may rise after the warm-up and still be called flat.
MEMORY_SHARE, MEMORY_MB = 0.04, 4.0
FILES_SHARE, FILES = 0.05, 3.0


def main(arguments: list[str] | None = None) -> int:
    options = _parse(arguments)
    with (
        tempfile.TemporaryDirectory(prefix="aoi-soak-") as folder,
        StubService(latency=0.1, answer_mb=options.answer_mb) as stub,
        Product(Path(folder), SEGFORMER_SERVICE_URL=stub.url, **SETTINGS) as product,
    ):
        sampler, load = soak(product, stub, options)
    title = f"{options.minutes:g} min, {options.rate:g} images/s, answers of {options.answer_mb} MB"
    plot(sampler.series, options.plot, title)
    options.plot.with_suffix(".json").write_text(
        json.dumps({name: vars(series) for name, series in sampler.series.items()})
    )
    print("\n".join(f"  {number:6d} {what}" for what, number in sorted(load.counts.items())))
    grown = [line for name, series in sampler.series.items() for line in _told(name, series)]
    grown += [f"{name} was replaced by a new process" for name in sampler.replaced]
    print(f"Picture: {options.plot}")
    print("\n".join(f"GROWS: {line}" for line in grown) or "No growth.")
    return 1 if grown else 0


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--rate", type=float, default=3, help="images a second, about")
    parser.add_argument("--answer-mb", type=float, default=4, help="size of SegFormer's answers")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--plot", type=Path, default=Path("build/soak.png"))
    return parser.parse_args(arguments)


def soak(product: Product, stub: StubService, options: argparse.Namespace) -> tuple[Sampler, Load]:
    sampler = Sampler(product)
    load = Load(product.url, [draw("jpeg", seed) for seed in range(4)], options.rate, options.seed)
    weather = Weather(stub, options.seed)
    weather.start()
    load.start()
    started = time.monotonic()
    try:
        while (passed := time.monotonic() - started) < options.minutes * 60:
            sampler.sample(passed)
            time.sleep(max(0.0, EVERY_SECONDS - (time.monotonic() - started - passed)))
    finally:
        load.stop()
        weather.clear()
    return sampler, load


def _told(name: str, series: Series) -> list[str]:
    """Print a part's figures; return a sentence for each that grows."""
    grown = []
    for what, unit, values, share, amount in (
        ("memory", "MB", series.private_mb, MEMORY_SHARE, MEMORY_MB),
        ("open files", "", series.files, FILES_SHARE, FILES),
    ):
        found = judge(series.seconds, values)
        if found is None:
            print(f"  {name}: too few samples to judge its {what}")
            continue
        line = (
            f"{name}: {what} {found.median:.1f} {unit}".rstrip()
            + f", {found.rise:+.1f} after the warm-up ({found.per_hour:+.1f} an hour)"
        )
        print(f"  {line}")
        if found.exceeds(share, amount):
            grown.append(line)
    return grown


if __name__ == "__main__":
    sys.exit(main())
