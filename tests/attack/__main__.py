"""Attack the product in each way, and print how a normal client fares meanwhile."""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

from tests.attack.attacks import ATTACKS
from tests.attack.normal import Normal
from tests.attack.run import Outcome, attacked_product, run_attack, work
from tests.product import Product

HEAD = """\
Median / 95th percentile of a normal client's calls, and how much more that is than around the
attack; CPU seconds of the attacker / web processes / decoders / worker / database.

| attack | it got | look | send | wrong answers | CPU s |
|---|---|---|---|---|---|"""

# Of the client alone, before and after each attack: what its figures are held against.
QUIET_ROUNDS = 15


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.attack", description=__doc__)
    parser.add_argument("--seconds", type=float, default=20, help="that each attack goes on")
    parser.add_argument("--only", help="attacks whose name has this in it")
    parser.add_argument(
        "--aside",
        action="store_true",
        help="attackers take only the processor time that nobody else wants, as from elsewhere",
    )
    options = parser.parse_args(arguments)
    names = [name for name in ATTACKS if options.only is None or options.only in name]
    with (
        tempfile.TemporaryDirectory(prefix="aoi-attack-") as folder,
        attacked_product(Path(folder)) as product,
    ):
        return attack_with(product, names, options.seconds, options.aside)


def attack_with(product: Product, names: list[str], seconds: float, aside: bool) -> int:
    """Attack in each way and print the table; return 1 if anything was answered wrongly."""
    before = product.roles()["web worker"]
    work(product, lambda rounds: rounds >= 5)  # what the first calls load is not counted
    print(HEAD)
    failed = False
    quiet = work(product, lambda rounds: rounds >= QUIET_ROUNDS)
    for name in names:
        outcome = run_attack(product, name, seconds, aside)
        after = work(product, lambda rounds: rounds >= QUIET_ROUNDS)
        print(row(outcome, quiet + after), flush=True)
        failed |= bool(outcome.client.wrong or after.wrong)
        quiet = after
    replaced = {p.pid for p in before} - {p.pid for p in product.roles()["web worker"]}
    print(f"\nWeb processes that had to be replaced: {len(replaced)}")
    return 1 if failed or replaced else 0


def row(outcome: Outcome, quiet: Normal) -> str:
    got = ", ".join(f"{count} x {what}" for what, count in outcome.tally.most_common(4))
    client = outcome.client
    look, send = (told(client, name, quiet) for name in ("look", "send"))
    costs = " / ".join(f"{seconds:.1f}" for seconds in outcome.costs.values())
    return f"| {outcome.name} | {got} | {look} | {send} | {wrong(client)} | {costs} |"


def told(client: Normal, name: str, quiet: Normal) -> str:
    """Return the median and the 95th percentile in ms, and how much more that is than in quiet."""
    mid, high = figures(client, name)
    mid_before, high_before = figures(quiet, name)
    return f"{mid:.0f} / {high:.0f} ms ({mid / mid_before:.1f} / {high / high_before:.1f} x)"


def figures(client: Normal, name: str) -> tuple[float, float]:
    found = sorted(client.seconds.get(name, [])) or [float("nan")]
    return 1000 * statistics.median(found), 1000 * found[int(0.95 * (len(found) - 1))]


def wrong(client: Normal) -> str:
    return ", ".join(f"{count} x {what}" for what, count in client.wrong.items()) or "none"


if __name__ == "__main__":
    sys.exit(main())
