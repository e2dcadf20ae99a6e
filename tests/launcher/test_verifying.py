"""What each start finds wrong is mended, or told."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.launcher.conftest import Make
from tests.launcher.running import until
from tests.stub import StubService

# Minutes are for machines that are busy; a quiet one needs seconds.
pytestmark = [pytest.mark.launcher, pytest.mark.timeout(300)]


def test_a_start_mends_a_lost_result(make: Make, stub: StubService, tmp_path: Path) -> None:
    product = make(tmp_path, SEGFORMER_SERVICE_URL=stub.url)
    product.start()
    upload = product.upload()
    until(lambda: not product.processes("verify"))
    product.stop()
    [mask] = (product.data_dir / "results").rglob("*_mask.png")
    sent = mask.read_bytes()
    mask.unlink()
    product.start()
    until(mask.exists)
    assert mask.read_bytes() == sent
    until(lambda: product.state_of(upload)["status"] == "done")
    assert product.state_of(upload)["attempts"] == 2


def test_a_start_tells_of_a_lost_input(make: Make, stub: StubService, tmp_path: Path) -> None:
    product = make(tmp_path, SEGFORMER_SERVICE_URL=stub.url)
    product.start()
    product.upload()
    product.stop()
    [panel] = (product.data_dir / "uploads").rglob("*_panel.png")
    panel.unlink()
    product.start()
    until(lambda: "verify" in product.text())
    assert "Not all images and files are as they should be" in product.text()
    assert product.stop() == 0
    assert product.processes() == []


def test_a_stop_does_not_wait_for_the_check(make: Make, stub: StubService) -> None:
    product = make(SEGFORMER_SERVICE_URL=stub.url)
    product.start()
    until(lambda: product.processes("verify"))
    assert product.stop() == 0
    assert product.processes() == []
