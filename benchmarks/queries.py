"""Ask seeded databases of two sizes the same questions through gunicorn, side by side.

python -m benchmarks.queries [--images 10000 1000000] [--questions 200] [--keep FOLDER]
                             [--json PATH]

Each figure is the 95th percentile over random questions of a kind, in milliseconds, over HTTP on a
kept connection; `live` is the same of GET /health/live, which asks nothing of anybody. With
--keep the databases stay in FOLDER and are used again. The plans of the statements behind the
slowest kinds are written to build/plans.txt.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import tempfile
import time
from pathlib import Path

import requests

from aoi.config import ROOT
from aoi.embedded import EmbeddedPostgres
from benchmarks import writing
from benchmarks.plans import plans_of
from benchmarks.plant import Plant, Question, say

SIZES = (10_000, 1_000_000)
QUESTIONS = 200
TARGETS = {"heatmap of a month": 300, "pareto of a month": 300, "defects by two filters": 60,
           "images by part of a name": 60, "1000th page by cursor": 60}  # fmt: skip
TARGET = 20
PLANS = ROOT / "build" / "plans.txt"
SLOWEST = 3


def measure(plant: Plant, url: str, count: int) -> dict[str, list[float]]:
    """Return the milliseconds of each question, by kind."""
    session = requests.Session()
    kinds = plant.questions()
    for draw in list(kinds.values()) * 2:  # warm
        ask(session, url, draw())
    found = {
        kind: [ask(session, url, draw()) for _ in range(count)] for kind, draw in kinds.items()
    }
    found["1000th page by cursor"] = deep(session, url, count)
    return found


def ask(session: requests.Session, url: str, question: Question) -> float:
    started = time.perf_counter()
    answer = session.get(url + question[0], params=question[1], timeout=60)
    milliseconds = 1000 * (time.perf_counter() - started)
    answer.raise_for_status()
    return milliseconds


def deep(session: requests.Session, url: str, count: int) -> list[float]:
    """Follow the cursor to the thousandth page; return the times of the last pages."""
    found, cursor = [], None
    for _ in range(1000):
        started = time.perf_counter()
        query = {"limit": 10} | ({"cursor": cursor} if cursor else {})
        answer = session.get(f"{url}/query/defects", params=query, timeout=60).json()
        found.append(1000 * (time.perf_counter() - started))
        cursor = answer["next_cursor"]
        if cursor is None:
            break
    return found[-count:]


def p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


def table(found: dict[int, dict[str, list[float]]]) -> None:
    sizes = list(found)
    say(f"\n{'p95, ms':26}" + "".join(f"{size:>12,}" for size in sizes) + "   median  target")
    for kind in found[sizes[-1]]:
        figures = "".join(f"{p95(found[size][kind]):12.1f}" for size in sizes)
        median = statistics.median(found[sizes[-1]][kind])
        target = "" if kind == "live" else f"{TARGETS.get(kind, TARGET):8}"
        say(f"{kind:26}{figures}{median:9.1f}{target}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, nargs="+", default=SIZES)
    parser.add_argument("--questions", type=int, default=QUESTIONS)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    found: dict[int, dict[str, list[float]]] = {}
    written: dict[int, dict[str, float]] = {}
    with tempfile.TemporaryDirectory(prefix="aoi-bench-") as temporary:
        for images in options.images:
            folder = (options.keep or Path(temporary)) / str(images)
            with EmbeddedPostgres(folder) as server:
                plant = Plant(folder, images, random.Random(7))
                plant.fill(server.url)
                with plant.served() as url:
                    found[images] = measure(plant, url, options.questions)
                slowest = sorted(
                    plant.questions(), key=lambda kind: p95(found[images][kind]), reverse=True
                )[:SLOWEST]
                PLANS.parent.mkdir(exist_ok=True)
                PLANS.write_text(plans_of(plant, slowest))
                written[images] = writing.measure(plant.environment["DATABASE_URL"], folder)
    table(found)
    for images, figures in written.items():
        told = ", ".join(f"{name} {value:.1f}" for name, value in figures.items())
        say(f"an inspection's transaction at {images:,} images, ms: {told} (target 10)")
    say(f"plans of the slowest: {PLANS.relative_to(ROOT)}")
    if options.json:
        options.json.write_text(json.dumps({"questions_ms": found, "writing_ms": written}))


if __name__ == "__main__":
    main()
