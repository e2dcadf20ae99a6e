"""What dies while the product runs comes back."""

from __future__ import annotations

import pytest

from tests.launcher.running import Running, until

# Minutes are for machines that are busy; a quiet one needs seconds.
pytestmark = [pytest.mark.launcher, pytest.mark.timeout(300)]


def test_the_embedded_database_does_not_listen_on_the_network(product: Running) -> None:
    server = min(product.processes("postgres -D"), key=lambda process: process.create_time())
    assert [link for link in server.net_connections() if link.family.name != "AF_UNIX"] == []


@pytest.mark.parametrize("words", ["--app wsgi worker", "gunicorn", "postgres -D"])
def test_a_killed_part_is_started_again(product: Running, words: str) -> None:
    before = {process.pid for process in product.processes(words)}
    product.kill_child(words)
    until(lambda: {process.pid for process in product.processes(words)} - before)
    until(lambda: _answers(product))
    assert product.upload()["status"] == "done"


def _answers(product: Running) -> bool:
    try:
        return product.get("/health")["status"] == "ok"
    except (OSError, ValueError):
        return False
