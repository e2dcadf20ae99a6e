"""Each attack for a moment: the server lives, and answers a normal client rightly."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.attack.attacks import ATTACKS
from tests.attack.run import attacked_product, run_attack
from tests.product import Product
from tests.sending import until

# Minutes are for machines that are busy; a quiet one needs a minute.
pytestmark = [pytest.mark.launcher, pytest.mark.timeout(900)]

SECONDS = 1.0


def test_no_attack_takes_the_server_down(tmp_path: Path, subtests: pytest.Subtests) -> None:
    with attacked_product(tmp_path, SLOW_CLIENT_SECONDS=3, WEB_WORKERS=2) as product:
        # The first of them answers before the second has started.
        before = until(lambda: len(pids := web_workers(product)) == 2 and pids)
        for name in ATTACKS:
            with subtests.test(name):
                outcome = run_attack(product, name, SECONDS)
                assert not outcome.client.wrong, outcome
                assert not {"500", "502", "504"} & outcome.tally.keys(), outcome
        assert web_workers(product) == before


def web_workers(product: Product) -> set[int]:
    return {process.pid for process in product.roles()["web worker"]}
