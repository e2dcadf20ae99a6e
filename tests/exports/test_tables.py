from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pandas as pd
from flask import Flask
from flask.testing import FlaskClient

from tests.records import NOON, add_image

BOM = b"\xef\xbb\xbf"
UNKNOWN = "20260225_103045_7K3QH2ZD"


def table(client: FlaskClient, address: str) -> list[dict[str, str]]:
    answer = client.get(address)
    assert answer.status_code == 200 and answer.data.startswith(BOM)
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))


def flat(record: dict[str, Any]) -> dict[str, str]:
    """Return a record of the API as a line of a table has it."""
    line = {}
    for name, value in record.items():
        parts = value.items() if isinstance(value, dict) else [("", value)]
        line |= {f"{name}_{part}".rstrip("_"): str(each) for part, each in parts}
    return line


class TestImages:
    def test_the_columns_are_the_fields_of_the_list(self, app: Flask, client: FlaskClient) -> None:
        add_image(app, name="板, 1.png", PR_Peeling=[500])
        listed = client.get("/images").json
        (line,) = table(client, "/export/images.csv")
        assert listed
        expected = listed["images"][0] | {"batch_id": "", "defect_classes": '{"PR_Peeling": 1}'}
        assert {name: line[name] for name in expected} == {
            name: str(value) for name, value in expected.items()
        }

    def test_a_name_that_is_a_formula_is_text(self, app: Flask, client: FlaskClient) -> None:
        add_image(app, name="=cmd|' /C calc'!A0.png")
        (line,) = table(client, "/export/images.csv")
        assert line["original_filename"] == "'=cmd|' /C calc'!A0.png"

    def test_filters_are_those_of_the_list(self, app: Flask, client: FlaskClient) -> None:
        add_image(app)
        one = add_image(app, NOON + timedelta(days=1), PR_Peeling=[5])
        for query in ("class_name=PR_Peeling", "start_date=2026-02-26", "min_defects=1"):
            lines = table(client, f"/export/images.csv?{query}")
            assert [line["img_unique_id"] for line in lines] == [one], query


class TestDefects:
    def test_the_columns_are_the_fields_of_the_list(self, app: Flask, client: FlaskClient) -> None:
        add_image(app, NOON, PI_Particle=[5, 700], PR_Peeling=[900])
        add_image(app, NOON + timedelta(days=1), Env_Particle=[600])
        listed = client.get("/query/defects?min_area=500").json
        assert listed and listed["total"] == 3
        lines = table(client, "/export/defects.csv?min_area=500")
        assert lines == [flat(defect) for defect in listed["defects"]]

    def test_parquet_is_the_same_table_with_types(self, app: Flask, client: FlaskClient) -> None:
        add_image(app, NOON, PI_Particle=[5, 700], PR_Peeling=[900])
        frame = pd.read_parquet(io.BytesIO(client.get("/export/defects.parquet").data))
        text = client.get("/export/defects.csv").data
        expected = pd.read_csv(io.BytesIO(text), parse_dates=["timestamp"])
        assert len(frame) == 3 and str(frame["timestamp"].dt.tz) == "UTC"
        pd.testing.assert_frame_equal(frame, expected, check_dtype=False)

    def test_an_empty_one_has_its_columns(self, client: FlaskClient) -> None:
        header = client.get("/export/defects.csv").data.decode("utf-8-sig").strip().split(",")
        frame = pd.read_parquet(io.BytesIO(client.get("/export/defects.parquet").data))
        assert list(frame.columns) == header and frame.empty


class TestChosen:
    def test_only_the_named_images_are_in_it(self, app: Flask, client: FlaskClient) -> None:
        ids = [add_image(app, NOON + timedelta(hours=n), PI_Particle=[1]) for n in range(3)]
        lines = table(client, f"/export/images.csv?ids={ids[0]},{ids[2]},{ids[0]}")
        assert [line["img_unique_id"] for line in lines] == [ids[2], ids[0]]
        lines = table(client, f"/export/defects.csv?ids={ids[1]}")
        assert [line["img_unique_id"] for line in lines] == [ids[1]]

    def test_a_long_list_goes_by_post(self, app: Flask, client: FlaskClient) -> None:
        ids = [add_image(app, NOON + timedelta(hours=n), PI_Particle=[n]) for n in range(3)]
        answer = client.post("/export/defects.csv", json={"ids": ids, "min_area": 1})
        assert answer.status_code == 200 and answer.data.count(b"\r\n") == 3

    def test_an_unknown_id_is_named(self, app: Flask, client: FlaskClient) -> None:
        known = add_image(app)
        for name in ("images.csv", "defects.parquet", "coco.json", "images.zip", "dataset.zip"):
            answer = client.get(f"/export/{name}?ids={known},{UNKNOWN}")
            assert answer.status_code == 404 and answer.json
            assert UNKNOWN in answer.json["message"] and known not in answer.json["message"]

    def test_what_cannot_be_meant_is_refused(self, client: FlaskClient) -> None:
        for query in ("ids=", "ids=a", "min_defects=2&max_defects=1", "start_date=x"):
            assert client.get(f"/export/images.csv?{query}").status_code == 422, query
        for body, code in (('{"idz": []}', 422), ('{"ids": []}', 422), ("{", 400)):
            answer = client.post("/export/images.csv", data=body, content_type="application/json")
            assert answer.status_code == code, body
        assert client.post("/export/images.csv", data="{}").status_code == 415
