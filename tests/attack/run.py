"""Run attacks against the real product, each in a process of its own, beside a normal client."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

from tests.attack.costs import Costs, cpu_seconds
from tests.attack.normal import Normal
from tests.attack.process import attack
from tests.product import Product
from tests.stub import StubService

# The attacker has a key too: who has none is refused sooner.
KEY, ATTACKERS_KEY = "a key of the line", "a key that was stolen"
CONTEXT = multiprocessing.get_context("spawn")


@dataclass
class Outcome:
    """What an attack got, how the normal client fared meanwhile, and what each part worked."""

    name: str
    tally: Counter[str]
    client: Normal
    costs: Costs


@contextmanager
def attacked_product(folder: Path, **settings: object) -> Iterator[Product]:
    """Start the product with a key for the client and one for the attacker."""
    with (
        StubService(latency=0.1) as stub,
        Product(
            folder,
            SEGFORMER_SERVICE_URL=stub.url,
            API_KEYS=f"{KEY},{ATTACKERS_KEY}",
            SECRET_KEY="of the attack",
            **settings,
        ) as product,
    ):
        yield product


def work(product: Product, enough: Callable[[int], bool]) -> Normal:
    """Let the normal client work until it is enough; return it with what it saw."""
    client = Normal(product.url, KEY)
    rounds = 0
    while not enough(rounds):
        client.round()
        rounds += 1
    return client


def run_attack(product: Product, name: str, seconds: float, aside: bool = False) -> Outcome:
    """Attack for so many seconds, while the normal client goes on with its rounds."""
    before = cpu_seconds(product)
    results: Any = CONTEXT.Queue()
    started = CONTEXT.Event()
    process = CONTEXT.Process(
        target=attack,
        args=(name, product.port, ATTACKERS_KEY, seconds, aside, started, results),
        daemon=True,
    )
    process.start()
    started.wait(60)
    until = monotonic() + seconds
    client = work(product, lambda rounds: monotonic() > until and rounds >= 1)
    tally, own = results.get(timeout=120)
    process.join(60)
    spent = {part: after - before[part] for part, after in cpu_seconds(product).items()}
    return Outcome(name, tally, client, {"attacker": own, **spent})
