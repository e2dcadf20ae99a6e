"""Whatever happens to results, every total and list says what PostgreSQL itself says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import EMPTY, run_sql
from tests.search.plant import ASKED_OF_IMAGES, ASKED_OF_REGIONS, CLASSES, Plant, moment
from tests.stub import StubService

AREAS = st.dictionaries(
    st.sampled_from(CLASSES), st.lists(st.integers(1, 90), max_size=3), max_size=3
)
STEPS = st.one_of(
    st.tuples(st.just("record"), st.integers(-3, 3), st.sampled_from(["A.png", "b_Ä.tif"]), AREAS),
    st.sampled_from([("inspect",), ("fail_and_retry",), ("inspect_batch",), ("delete_batch",)]),
    st.tuples(st.just("delete"), st.integers(0, 9)),
    st.tuples(st.just("prune"), st.integers(-3, 3)),
    st.sampled_from([("rewrite",), ("restart",), ("ask",)]),
)
IMAGES_ASKED = st.fixed_dictionaries(
    {
        "start_date": st.none() | st.integers(-3, 3).map(moment),
        "end_date": st.none(),
        "class_name": st.none() | st.sampled_from(CLASSES),
        "batch_id": st.none(),
        "min_defects": st.none() | st.integers(0, 4),
        "max_defects": st.none() | st.integers(4, 9),
        "filename": st.none() | st.sampled_from(["a.PNG", "ä", "batch_", "zzz"]),
    }
)
REGIONS_ASKED = st.fixed_dictionaries(
    {
        "start_date": st.none() | st.integers(-3, 3).map(moment),
        "end_date": st.none(),
        "class_name": st.none() | st.sampled_from(CLASSES),
        "batch_id": st.none(),
        "min_area": st.none() | st.integers(1, 90),
        "max_circularity": st.none() | st.floats(0, 1),
    }
)
ORDERS = {
    "-timestamp": (lambda row: (row[1], row[0]), True),
    "timestamp": (lambda row: (row[1], row[0]), False),
    "-total_defects": (lambda row: (row[2], row[1], row[0]), True),
    "total_defects": (lambda row: (row[2], row[1], row[0]), False),
}


@pytest.fixture
def plant(app: Flask, client: FlaskClient, stub: StubService) -> Iterator[Plant]:
    yield Plant(app, client, stub)


@settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=st.lists(STEPS, min_size=3, max_size=12), images=IMAGES_ASKED, regions=REGIONS_ASKED)
def test_all_that_is_told_is_what_the_tables_hold(
    plant: Plant,
    database_url: str,
    steps: list[tuple[Any, ...]],
    images: dict[str, Any],
    regions: dict[str, Any],
) -> None:
    run_sql(database_url, EMPTY)
    plant.batches.clear()
    for name, *arguments in steps:
        if name == "ask":
            assert_totals(plant)
        else:
            getattr(plant, name)(*arguments)
    assert_totals(plant)
    for order in ORDERS:
        assert_images(plant, {**images, "order": order})
    for batch_id in plant.batches:
        assert_images(plant, {**images, "batch_id": batch_id, "order": "-timestamp"})
        assert_regions(plant, {**regions, "batch_id": batch_id})
    assert_regions(plant, regions)
    assert plant.recounted() == []


def assert_totals(plant: Plant) -> None:
    told = plant.client.get("/stats").json
    [(images, regions)] = plant.sql(
        "SELECT (SELECT count(*) FROM images), (SELECT count(*) FROM regions)"
    )
    by_status = plant.sql("SELECT status, count(*) FROM uploads GROUP BY 1")
    assert told
    assert (told["total_images"], told["total_defects"]) == (images, regions)
    assert {k: v for k, v in told["uploads_by_status"].items() if v} == {k: v for k, v in by_status}
    assert plant.client.get("/images").json["total"] == images  # type: ignore[index]
    assert plant.client.get("/query/defects").json["total"] == regions  # type: ignore[index]
    assert plant.client.get("/uploads").json["total"] == sum(n for _, n in by_status)  # type: ignore[index]
    days = plant.client.get("/stats/daily").json["days"]  # type: ignore[index]
    assert sum(day["defects"] for day in days if day["images"]) == regions or not days
    heat = plant.client.get("/stats/heatmap?bins=8").json
    assert heat and heat["total"] == regions
    assert sum(sum(map(sum, rows)) for rows in heat["counts"].values()) == regions


def assert_images(plant: Plant, arguments: dict[str, Any]) -> None:
    asked = {k: v for k, v in arguments.items() if k != "order"}
    key, reverse = ORDERS[arguments["order"]]
    expected = sorted(plant.sql(ASKED_OF_IMAGES, **asked), key=key, reverse=reverse)
    total, items = plant.walk("/images", "images", **arguments)
    assert total == len(expected)
    assert [item["img_unique_id"] for item in items] == [row[0] for row in expected]


def assert_regions(plant: Plant, arguments: dict[str, Any]) -> None:
    rows = plant.sql(ASKED_OF_REGIONS, **arguments)
    expected = sorted(rows, key=lambda row: (row[3], row[4]))
    expected.sort(key=lambda row: (row[1], row[2]), reverse=True)
    total, items = plant.walk("/query/defects", "defects", **arguments)
    assert total == len(expected)
    assert [item["region_unique_id"] for item in items] == [row[0] for row in expected]
