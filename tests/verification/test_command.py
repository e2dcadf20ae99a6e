from __future__ import annotations

import json
import logging

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner

from aoi.extensions import db
from tests.verification.conftest import Plant


@pytest.fixture
def cli(app: Flask) -> FlaskCliRunner:
    return app.test_cli_runner()


def test_ends_with_0_when_all_is_right(plant: Plant, cli: FlaskCliRunner) -> None:
    plant.done()
    result = cli.invoke(args=["verify"])
    assert result.exit_code == 0
    assert "Looked at 1 uploads and 6 files" in result.stdout
    assert "All is right." in result.stdout


def test_tells_what_to_do_and_ends_with_1(plant: Plant, cli: FlaskCliRunner) -> None:
    unique_id = plant.done()
    plant.result(unique_id).unlink()
    result = cli.invoke(args=["verify", "--quick"])
    assert result.exit_code == 1
    assert "Result files that are not there or empty: 1" in result.stdout
    assert f"{unique_id}_mask.png is not there." in result.stdout
    assert "With --repair: The image is inspected again." in result.stdout


def test_ends_with_0_when_all_is_mended(plant: Plant, cli: FlaskCliRunner) -> None:
    plant.storage.thumbnail_path(plant.done()).unlink()
    result = cli.invoke(args=["verify", "--quick", "--repair"])
    assert result.exit_code == 0
    assert "1, 1 mended" in result.stdout
    assert "All that was wrong is mended." in result.stdout


def test_names_the_lost_input_and_the_way_out(plant: Plant, cli: FlaskCliRunner) -> None:
    unique_id = plant.done()
    plant.input(unique_id).unlink()
    for options in ([], ["--repair"]):
        result = cli.invoke(args=["verify", "--quick", *options])
        assert result.exit_code == 1
        assert f"DELETE /uploads/{unique_id}" in " ".join(result.stdout.split())


def test_tells_the_first_twenty_of_each(plant: Plant, cli: FlaskCliRunner) -> None:
    for number in range(23):
        plant.put(f"uploads/20260225/{number}.png")
    result = cli.invoke(args=["verify", "--quick", "--grace", "0"])
    assert "Input files that no row names: 23" in result.stdout
    assert result.stdout.count("uploads/20260225/") == 20
    assert "and 3 more" in result.stdout


def test_json_is_for_machines(plant: Plant, cli: FlaskCliRunner) -> None:
    unique_id = plant.done()
    plant.result(unique_id).unlink()
    result = cli.invoke(args=["verify", "--json"])
    document = json.loads(result.stdout)
    assert result.exit_code == 1
    assert (document["all_right"], document["form"], document["repair"]) == (False, "full", False)
    [finding] = document["findings"]
    assert (finding["kind"], finding["found"], finding["mended"]) == ("result_missing", 1, 0)
    assert finding["first"][0]["subject"] == unique_id


def test_findings_are_logged_as_one_warning(plant: Plant, caplog: pytest.LogCaptureFixture) -> None:
    plant.result(plant.done()).unlink()
    with caplog.at_level(logging.INFO, "aoi.verification"):
        plant.check()
    [record] = [each for each in caplog.records if each.name == "aoi.verification"]
    assert record.levelno == logging.WARNING
    assert "1 things were wrong" in record.getMessage()
    assert record.__dict__["verification"]["findings"][0]["kind"] == "result_missing"


def test_no_connection_is_kept(plant: Plant) -> None:
    plant.done()
    plant.put("uploads/20260225/a.png")
    plant.check(repair=True)
    assert db.engine.pool.checkedout() == 0  # type: ignore[attr-defined]
