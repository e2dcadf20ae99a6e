"""A start that cannot succeed ends with one clear sentence and leaves nothing."""

from __future__ import annotations

import socket

import pytest

from tests.launcher.conftest import Make
from tests.launcher.running import Running

# Minutes are for machines that are busy; a quiet one needs seconds.
pytestmark = [pytest.mark.launcher, pytest.mark.timeout(300)]

UNREACHABLE = "postgresql://agent:secret@127.0.0.1:1/aoi"


def refusal(running: Running) -> str:
    """Run it to its end; return the last line it wrote."""
    running.begin()
    assert running.process is not None
    assert running.process.wait(120) == 1
    assert running.processes() == []
    assert "Traceback" not in running.text()
    return running.text().splitlines()[-1]


def test_a_port_in_use_is_named(make: Make) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        assert refusal(make(PORT=port)).startswith(f"PORT {port} of 127.0.0.1 is already in use.")


def test_a_host_of_another_machine_is_named(make: Make) -> None:
    assert "HOST 192.0.2.1 is no address" in refusal(make(HOST="192.0.2.1", API_KEYS="key"))


def test_a_bad_setting_is_named(make: Make) -> None:
    assert "WEB_WORKERS" in refusal(make(WEB_WORKERS="none"))


def test_an_unreachable_database_is_told_without_its_password(make: Make) -> None:
    running = make(DATABASE_URL=UNREACHABLE)
    assert "The database cannot be reached" in refusal(running)
    assert "secret" not in running.text()


def test_a_data_folder_that_cannot_be_made_is_named(make: Make) -> None:
    assert "/proc/aoi" in refusal(make(DATA_DIR="/proc/aoi"))


def test_a_second_start_on_the_same_folder_is_refused(make: Make, product: Running) -> None:
    second = make(DATA_DIR=str(product.data_dir))
    assert f"{product.data_dir} is in use" in refusal(second)
