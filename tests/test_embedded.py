"""The embedded PostgreSQL: starting, stopping, and starting again after every kind of death."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import psycopg2
import pytest

from aoi import cluster
from aoi.cluster import EmbeddedError
from aoi.config import ROOT
from aoi.embedded import DataDirInUse, EmbeddedPostgres, running_url

OWNER = """
import sys, time
from pathlib import Path
from aoi.embedded import EmbeddedPostgres
print(EmbeddedPostgres(Path(sys.argv[1])).start(), flush=True)
time.sleep(600)
"""


def ask(url: str, statement: str) -> Any:
    with closing(psycopg2.connect(url)) as link:
        link.autocommit = True
        with link.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchone()[0] if cursor.description else None  # type: ignore[index]


def until(condition: Callable[[], bool], seconds: float = 120) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


@contextmanager
def owner(data_dir: Path) -> Iterator[subprocess.Popen[str]]:
    """Start the server from another process, which is killed at the end."""
    command = [sys.executable, "-c", OWNER, str(data_dir)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("postgresql://")
        try:
            yield process
        finally:
            process.kill()


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a cluster in it, stopped between the tests."""
    path = tmp_path_factory.mktemp("embedded")
    with EmbeddedPostgres(path):
        pass
    return path


def test_an_empty_folder_becomes_a_durable_server(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path / "new" / "data")
    try:
        url = server.start()
        assert ask(url, "SELECT current_database()") == "aoi"
        assert ask(url, "SHOW fsync") == "on"
        assert int(ask(url, "SHOW max_connections")) >= 120
    finally:
        server.stop()


def test_it_listens_only_on_a_socket_of_its_own_user(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir) as server:
        assert ask(server.url, "SHOW listen_addresses") == ""
        mode = (data_dir / "postgres" / ".s.PGSQL.5432").stat().st_mode
        assert stat.S_IMODE(mode) == 0o700


def test_names_are_compared_without_case_in_every_alphabet(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir) as server:
        assert ask(server.url, "SELECT 'ПЛАТА_Ä.PNG' ILIKE 'плата_ä.png'")


def test_settings_can_be_given(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir, {"max_connections": "321"}) as server:
        assert ask(server.url, "SHOW max_connections") == "321"


def test_a_stop_leaves_no_process(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir) as server:
        assert cluster.survivors(server.folder)
    assert cluster.survivors(server.folder) == []


def test_rows_outlive_a_stop(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir) as server:
        ask(server.url, "CREATE TABLE kept AS SELECT 42 AS answer")
    with EmbeddedPostgres(data_dir) as server:
        assert ask(server.url, "SELECT answer FROM kept") == 42


def test_the_running_servers_url_is_found_by_its_folder(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir) as server:
        assert running_url(data_dir) == server.url
    assert running_url(data_dir) is None


def test_no_url_is_told_of_a_folder_without_a_server(tmp_path: Path) -> None:
    assert running_url(tmp_path / "nothing") is None


def test_no_url_is_told_of_a_server_that_is_gone(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir):
        lock = (data_dir / "postgres" / "postmaster.pid").read_text()
    (data_dir / "postgres" / "postmaster.pid").write_text(lock)
    assert running_url(data_dir) is None


def test_a_second_owner_is_refused_and_told_of_the_first(data_dir: Path) -> None:
    with (
        EmbeddedPostgres(data_dir),
        pytest.raises(DataDirInUse, match=f"process {os.getpid()}"),
    ):
        EmbeddedPostgres(data_dir).start()


def test_a_killed_owner_takes_the_server_with_it(data_dir: Path) -> None:
    with owner(data_dir) as process:
        process.kill()
        assert until(lambda: not cluster.survivors(data_dir / "postgres"))


def test_it_starts_after_its_owner_was_killed(data_dir: Path) -> None:
    with owner(data_dir) as process:
        process.kill()
        process.wait()
        with EmbeddedPostgres(data_dir) as server:
            assert ask(server.url, "SELECT 1") == 1


def test_committed_rows_outlive_a_kill_of_everything(data_dir: Path) -> None:
    with owner(data_dir) as process:
        ask(running_url(data_dir) or "", "CREATE TABLE committed AS SELECT 7 AS answer")
        process.kill()
        for each in cluster.survivors(data_dir / "postgres"):
            with suppress(psutil.NoSuchProcess):  # its server took it along
                each.kill()
        with EmbeddedPostgres(data_dir) as server:
            assert ask(server.url, "SELECT answer FROM committed") == 7


def test_a_server_that_outlived_its_owner_is_replaced(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir):
        pass  # so that no lock file of an earlier test keeps the server below from starting
    user = cluster.system_user()
    folder = data_dir / "postgres"
    options = ["-c", "listen_addresses=", "-c", f"unix_socket_directories={folder}"]
    survivor = subprocess.Popen(
        [cluster.BINARIES / "postgres", "-D", folder, *options],
        cwd="/",
        user=user,
        group=user,
        extra_groups=[] if user else None,
        stderr=subprocess.DEVNULL,
    )
    with survivor:
        try:
            assert until(lambda: running_url(data_dir) is not None)
            with EmbeddedPostgres(data_dir) as server:
                assert ask(server.url, "SELECT 1") == 1
                assert survivor.wait(60) == 0
        finally:
            survivor.kill()


def test_a_lock_file_that_names_another_live_process_is_no_obstacle(data_dir: Path) -> None:
    folder = data_dir / "postgres"
    with EmbeddedPostgres(data_dir):
        lines = (folder / "postmaster.pid").read_text().splitlines()
    stale = folder / "postmaster.pid"
    stale.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    with EmbeddedPostgres(data_dir) as server:
        assert ask(server.url, "SELECT 1") == 1


def test_a_dead_server_is_noticed_and_comes_back_at_the_same_url(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir) as server:
        before = server.url
        lines = (data_dir / "postgres" / "postmaster.pid").read_text().splitlines()
        psutil.Process(int(lines[0])).send_signal(signal.SIGKILL)
        assert until(server.died)
        assert server.boot() == before
        assert ask(before, "SELECT 1") == 1


def test_a_first_start_cut_short_is_done_again(tmp_path: Path) -> None:
    (tmp_path / "postgres.new").mkdir()
    (tmp_path / "postgres.new" / "PG_VERSION").write_text("18\n")
    with EmbeddedPostgres(tmp_path) as server:
        assert ask(server.url, "SELECT 1") == 1


@pytest.mark.parametrize("name", ["with space, comma & ü", "x" * 120])
def test_a_folder_that_no_socket_can_live_in_works(tmp_path: Path, name: str) -> None:
    with EmbeddedPostgres(tmp_path / name) as server:
        assert ask(server.url, "SELECT 1") == 1
        assert running_url(tmp_path / name) == server.url


def test_files_of_others_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "letters.txt").touch()
    with pytest.raises(EmbeddedError, match="is no PostgreSQL data folder"):
        EmbeddedPostgres(tmp_path).start()


def test_a_cluster_of_another_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "PG_VERSION").write_text("16\n")
    with pytest.raises(EmbeddedError, match="made by PostgreSQL 16"):
        EmbeddedPostgres(tmp_path).start()


def test_a_server_that_cannot_start_says_why(data_dir: Path) -> None:
    with pytest.raises(EmbeddedError, match=r"max_connections.*postgres\.log"):
        EmbeddedPostgres(data_dir, {"max_connections": "many"}).start()


def test_a_failed_start_frees_the_folder(data_dir: Path) -> None:
    with pytest.raises(EmbeddedError):
        EmbeddedPostgres(data_dir, {"max_connections": "many"}).start()
    with EmbeddedPostgres(data_dir) as server:
        assert ask(server.url, "SELECT 1") == 1


def test_a_wait_can_be_given_up(data_dir: Path) -> None:
    server = EmbeddedPostgres(data_dir)
    with pytest.raises(EmbeddedError):
        server.boot(give_up=lambda: True)
    server.stop()
    assert cluster.survivors(server.folder) == []
