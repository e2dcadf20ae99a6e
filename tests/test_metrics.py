"""The figures for Prometheus: of one process, of several, of the database and the disk."""

from __future__ import annotations

import dataclasses
import re
import subprocess
from pathlib import Path

import pytest
import requests
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from aoi import create_app
from aoi.config import ROOT, Settings
from aoi.launcher import network
from aoi.metrics.shared import shared_folder
from tests.gate import Gate
from tests.sending import inspected, queued, until
from tests.test_gunicorn import COMMAND, environment
from tests.workers import WorkerThread, worker_process

NAME = re.compile(r"aoi_[a-z_]+")


def samples(text: str) -> dict[str, float]:
    """Return the samples by name and labels, as `aoi_uploads{status="done"}`."""
    return {
        sample.name + str(sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def scraped(client: FlaskClient) -> dict[str, float]:
    return samples(client.get("/metrics").text)


def key(name: str, **labels: str) -> str:
    return name + str(sorted(labels.items()))


def test_an_inspection_is_told_by_state_and_by_part(
    client: FlaskClient, worker: WorkerThread
) -> None:
    before = scraped(client)
    inspected(client)
    # The worker counts only after whoever waits for the end is woken.
    own = key("aoi_inspection_duration_seconds_count", part="own")
    found = until(lambda: (now := scraped(client)).get(own, 0) > before.get(own, 0) and now)
    assert found[key("aoi_uploads", status="done")] == 1
    assert found[key("aoi_defects", class_name="PI_Particle")] > 0
    assert found[key("aoi_workers")] == 1
    for part in ("waiting", "segformer", "own"):
        name = key("aoi_inspection_duration_seconds_count", part=part)
        assert found[name] - before.get(name, 0) == 1
    name = key("aoi_http_requests_total", method="POST", endpoint="/upload", status="200")
    assert found[name] - before.get(name, 0) == 1


def test_what_waits_is_told_with_its_age(client: FlaskClient) -> None:
    queued(client)
    found = scraped(client)
    assert found[key("aoi_queue_length")] == found[key("aoi_uploads", status="queued")] == 1
    assert found[key("aoi_queue_oldest_age_seconds")] > 0
    assert found[key("aoi_workers")] == 0


def test_ids_and_unknown_addresses_are_no_labels(client: FlaskClient) -> None:
    client.get("/images/20260225_103045_7K3QH2ZD")
    client.get("/wp-login.php")
    client.open("/health/live", method="PROPFIND")
    text = client.get("/metrics").text
    assert "7K3QH2ZD" not in text and "wp-login" not in text and "PROPFIND" not in text
    assert 'endpoint="/images/<unique_id:img_unique_id>"' in text


def test_names_follow_the_conventions(client: FlaskClient) -> None:
    for family in text_string_to_metric_families(client.get("/metrics").text):
        assert NAME.fullmatch(family.name), family.name
        assert family.documentation
        if any(word in family.name for word in ("duration", "age", "timestamp", "outage")):
            assert family.name.endswith("_seconds")


def test_without_the_database_the_rest_is_told(gate: Gate, settings: Settings) -> None:
    app = create_app(dataclasses.replace(settings, database_url=gate.url))
    client = app.test_client()
    assert scraped(client)[key("aoi_database_up")] == 1
    gate.shut()
    found = scraped(client)
    assert found[key("aoi_database_up")] == 0
    assert found[key("aoi_disk_size_bytes")] >= found[key("aoi_disk_free_bytes")] > 0
    assert key("aoi_queue_length") not in found


def test_with_keys_it_needs_one(settings: Settings) -> None:
    app = create_app(dataclasses.replace(settings, api_keys=("of-prometheus",)))
    client = app.test_client()
    assert client.get("/metrics").status_code == 401
    bearer = {"Authorization": "Bearer of-prometheus"}
    assert client.get("/metrics", headers=bearer).status_code == 200


@pytest.mark.launcher
@pytest.mark.timeout(300)
def test_the_counts_of_all_processes_add_up(settings: Settings, tmp_path: Path) -> None:
    port = network.free_port()
    env = environment(
        tmp_path,
        DATABASE_URL=settings.database_url or "",
        SEGFORMER_SERVICE_URL=settings.segformer_service_url or "",
        PORT=str(port),
        WEB_WORKERS="2",
    )
    url = network.url_of("127.0.0.1", port)
    worker = worker_process(settings)
    web = subprocess.Popen(COMMAND, cwd=ROOT, env=env, stderr=subprocess.DEVNULL)
    try:
        until(lambda: network.health("127.0.0.1", port))
        for _ in range(20):
            # A connection of its own each, so that both processes get some.
            assert requests.get(f"{url}/batches", timeout=60).ok
        with (ROOT / "static/samples").joinpath("panel_particles.jpg").open("rb") as file:
            assert requests.post(f"{url}/upload", files={"image": file}, timeout=150).ok
        # The worker counts only after whoever waits for the end is woken.
        own = key("aoi_inspection_duration_seconds_count", part="own")

        def counted() -> dict[str, float] | None:
            told = samples(requests.get(f"{url}/metrics", timeout=60).text)
            return told if told.get(own) else None

        found = until(counted)
    finally:
        for process in (web, worker):
            process.terminate()
            process.wait(60)
    asked = key("aoi_http_requests_total", method="GET", endpoint="/batches", status="200")
    assert found[asked] == 20
    assert found[key("aoi_inspections_total", outcome="done")] == 1
    assert found[own] == 1
    assert not shared_folder(settings.data_dir).exists()
