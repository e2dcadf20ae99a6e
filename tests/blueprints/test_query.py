from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.pictures import png, sha256
from tests.records import NOON, add_image
from tests.sending import fetched, files, inspected, nothing_kept, queued, rows, until
from tests.stub import StubService
from tests.workers import WorkerThread

UNKNOWN = "20260225_103045_7K3QH2ZD"


def ids(client: FlaskClient, query: str = "", **filters: Any) -> list[str]:
    answer = client.get(f"/images{query}", query_string=filters or None)
    assert answer.status_code == 200 and answer.json, answer.json
    return [image["img_unique_id"] for image in answer.json["images"]]


def areas(client: FlaskClient, **filters: Any) -> list[int]:
    answer = client.get("/query/defects", query_string=filters)
    assert answer.status_code == 200 and answer.json, answer.json
    return [region["area_pixels"] for region in answer.json["defects"]]


class TestOneImage:
    """What an inspection brought, as the service told it."""

    def test_all_is_told_of_an_image(
        self, client: FlaskClient, worker: WorkerThread, stub: StubService
    ) -> None:
        data = png()
        sent = inspected(client, data, "板.png")
        unique_id = sent["img_unique_id"]
        image = client.get(f"/images/{unique_id}").json
        base = f"results/{unique_id[:8]}/{unique_id}/{unique_id}"
        assert image is not None
        assert image.pop("created_at") >= image["timestamp"] == sent["timestamp"]
        assert image == {
            "img_unique_id": unique_id,
            "timestamp": sent["timestamp"],
            "image_height": 48,
            "image_width": 64,
            "processing_time_seconds": round(
                stub.expected(sha256(data), 64, 48).processing_time, 4
            ),
            "total_defects": sent["total_defects"],
            "defect_classes": sent["defect_classes"],
            "original_filename": "板.png",
            "batch_id": None,
            "input_image_path": f"uploads/{unique_id[:8]}/{unique_id}_板.png",
            "thumbnail_url": f"http://localhost/download/image/{unique_id}/thumbnail?inline=1",
            "result_image_1_path": f"{base}_combined.png",
            "result_image_2_path": f"{base}_mask.png",
            "result_image_3_path": f"{base}_overlay.png",
            "model_version": "SegFormer stub.pth",
            "images": sent["images"],
            "json_url": sent["json_url"],
        }
        assert set(files_named(image)) <= set(files(client.application))
        listed = client.get("/images").json
        assert listed and listed["images"] == [{k: image[k] for k in listed["images"][0]}]

    def test_classes_and_regions_are_digit_for_digit_the_service_s(
        self, client: FlaskClient, worker: WorkerThread, stub: StubService
    ) -> None:
        data = png()
        unique_id = inspected(client, data)["img_unique_id"]
        expected = json.loads(stub.expected(sha256(data), 64, 48).analysis_json)["classes"]
        classes = client.get(f"/images/{unique_id}/classes").json
        assert classes == {
            "img_unique_id": unique_id,
            "total_classes": 4,
            "classes": [
                {
                    "class_unique_id": f"{unique_id}_{each['class_id']}",
                    "class_id": each["class_id"],
                    "class_name": key.partition("_")[2],
                    "total_regions": each["total_regions"],
                    "total_area_pixels": each["total_area_pixels"],
                }
                for key, each in expected.items()
            ],
        }
        answer = client.get(f"/images/{unique_id}/regions").json
        assert answer and answer["img_unique_id"] == unique_id
        assert answer["total_regions"] == sum(e["total_regions"] for e in expected.values())
        found = {f"{c['class_id']}_{c['class_name']}": c for c in answer["classes"]}
        assert set(found) == {key for key, each in expected.items() if each["regions"]}
        for key, each in found.items():
            told = [{"region_unique_id": None, **region} for region in expected[key]["regions"]]
            for number, region in enumerate(each["regions"], 1):
                assert region["region_unique_id"] == f"{unique_id}_{each['class_id']}_{number}"
                region["region_unique_id"] = None
            assert each["regions"] == told

    def test_regions_of_one_class(self, app: Flask, client: FlaskClient) -> None:
        unique_id = add_image(app, PI_Particle=[1, 2], PR_Peeling=[3])
        answer = client.get(f"/images/{unique_id}/regions?class_name=PI_Particle").json
        assert answer and [c["class_name"] for c in answer["classes"]] == ["PI_Particle"]
        assert answer["total_regions"] == 2
        nothing = client.get(f"/images/{unique_id}/regions?class_name=Env_Particle").json
        assert nothing and (nothing["classes"], nothing["total_regions"]) == ([], 0)

    def test_an_image_not_yet_inspected_is_none(self, client: FlaskClient) -> None:
        unique_id = queued(client)
        answer = client.get(f"/images/{unique_id}")
        assert answer.status_code == 404 and answer.json
        assert "GET /uploads/" in answer.json["message"]
        assert ids(client) == []

    def test_unknown_ids(self, client: FlaskClient, subtests: pytest.Subtests) -> None:
        for unique_id in (UNKNOWN, "0", "%00", "..%2f", "a'--", "%F0%9F%92%A9"):
            for path in ("", "/classes", "/regions"):
                with subtests.test(unique_id=unique_id, path=path):
                    answer = client.get(f"/images/{unique_id}{path}")
                    assert answer.status_code == 404 and answer.json
                    assert answer.json["code"] == 404 and answer.json["message"]

    def test_deleting_leaves_neither_row_nor_file(
        self, app: Flask, client: FlaskClient, worker: WorkerThread
    ) -> None:
        unique_id = inspected(client)["img_unique_id"]
        until(lambda: rows(app)["procrastinate_jobs"] == 0)
        answer = client.delete(f"/images/{unique_id}")
        assert (answer.status_code, answer.data) == (204, b"")
        assert nothing_kept(app)
        assert client.delete(f"/images/{unique_id}").status_code == 404
        assert client.get(f"/uploads/{unique_id}").status_code == 404
        assert client.get(f"/download/image/{unique_id}/input").status_code == 404

    def test_deleting_one_leaves_the_others(
        self, client: FlaskClient, worker: WorkerThread
    ) -> None:
        kept, gone = (inspected(client) for _ in range(2))
        assert client.delete(f"/images/{gone['img_unique_id']}").status_code == 204
        assert ids(client) == [kept["img_unique_id"]]
        assert len(fetched(client, kept["images"]["mask"])) > 0


def files_named(image: dict[str, Any]) -> list[str]:
    return [value for key, value in image.items() if key.endswith("_path")]


class TestPages:
    """Lists, by page and by cursor."""

    @pytest.fixture
    def images(self, app: Flask) -> list[str]:
        """Seven images, newest first; two of them of the same moment."""
        moments = [NOON + timedelta(minutes=n // 2) for n in range(7)]
        made = [(moment, add_image(app, moment)) for moment in moments]
        return [unique_id for _, unique_id in sorted(made, reverse=True)]

    def test_by_page(self, client: FlaskClient, images: list[str]) -> None:
        pages = [client.get(f"/images?limit=3&page={page}").json or {} for page in (1, 2, 3, 4)]
        assert [[i["img_unique_id"] for i in page["images"]] for page in pages] == [
            images[:3], images[3:6], images[6:], [],
        ]  # fmt: skip
        assert [(p["total"], p["page"], p["limit"]) for p in pages[:2]] == [(7, 1, 3), (7, 2, 3)]
        assert [page["next_cursor"] is None for page in pages] == [False, False, True, True]

    @pytest.mark.parametrize("order", ["-timestamp", "timestamp"])
    def test_by_cursor_all_come_once(
        self, order: str, client: FlaskClient, images: list[str]
    ) -> None:
        seen: list[str] = []
        cursor: str | None = ""
        while cursor is not None:
            page = client.get("/images", query_string=dict(limit=2, order=order, cursor=cursor))
            assert page.json is not None
            seen += [image["img_unique_id"] for image in page.json["images"]]
            cursor = page.json["next_cursor"]
        assert seen == (images if order == "-timestamp" else images[::-1])

    def test_a_cursor_is_stable_while_others_upload_and_delete(
        self, app: Flask, client: FlaskClient, images: list[str]
    ) -> None:
        first = client.get("/images?limit=3").json
        assert first
        add_image(app, NOON + timedelta(days=1))
        client.delete(f"/images/{images[2]}")
        assert ids(client, limit=3, cursor=first["next_cursor"], page=9) == images[3:6]

    def test_a_cursor_holds_for_its_own_query_only(
        self, client: FlaskClient, images: list[str]
    ) -> None:
        cursor = (client.get("/images?limit=1&filename=pan").json or {})["next_cursor"]
        for path in (
            "/images?limit=1",
            "/images?limit=1&filename=panel",
            "/images?limit=1&filename=pan&order=timestamp",
            "/uploads?limit=1",
            "/query/defects?limit=1",
        ):
            answer = client.get(f"{path}&cursor={cursor}")
            assert answer.status_code == 422 and answer.json, path
            assert "other filters" in answer.json["message"]
            assert answer.json["errors"] == {"query": {"cursor": [answer.json["message"]]}}
        assert ids(client, limit=4, filename="pan", cursor=cursor) == images[1:5]

    def test_what_is_no_cursor(self, client: FlaskClient, subtests: pytest.Subtests) -> None:
        for cursor in ("x", "W10.abc", "é", "%00", "a" * 5000):
            with subtests.test(cursor=cursor[:10]):
                answer = client.get(f"/images?cursor={cursor}")
                assert answer.status_code == 422 and answer.json
                assert "Begin again" in answer.json["message"]
                assert list(answer.json["errors"]["query"]) == ["cursor"]

    BAD_VALUES = (
        "page=0", "page=x", "limit=0", "limit=101", "limit=-1", "page=99999999999", "page=1.5",
        "order=name", "min_defects=-1", "min_defects=3&max_defects=2", "filename=%00",
        "class_name=%00", "start_date=yesterday", "end_date=2026-13-01",
    )  # fmt: skip

    def test_bad_values_are_named(self, client: FlaskClient, subtests: pytest.Subtests) -> None:
        for query in self.BAD_VALUES:
            with subtests.test(query=query):
                answer = client.get(f"/images?{query}")
                assert answer.status_code == 422 and answer.json
                assert list(answer.json["errors"]) == ["query"]
                assert query.partition("=")[0] in answer.json["errors"]["query"]

    def test_the_largest_page_is_empty(self, client: FlaskClient) -> None:
        assert ids(client, page=2**31 - 1, limit=100) == []

    def test_what_nobody_knows_is_ignored(self, client: FlaskClient, images: list[str]) -> None:
        assert ids(client, limit=1, colour="red") == images[:1]


class TestDates:
    """Bounds of time."""

    # What is asked, and whether an image of noon on the 25th is found.
    NOON_IS_FOUND = (
        ("start_date=2026-02-25", True),
        ("start_date=2026-02-26", False),
        ("end_date=2026-02-25", True),
        ("end_date=20260225", True),
        ("end_date=2026-02-24", False),
        ("start_date=2026-02-25&end_date=2026-02-25", True),
        ("start_date=2026-02-25T12:00:00&end_date=2026-02-25T12:00:00", True),
        ("start_date=2026-02-25T12:00:00Z", True),
        ("start_date=2026-02-25T12:00:00.001Z", False),
        ("start_date=2026-02-25T20:00:00%2B08:00", True),
        ("start_date=2026-02-25T20:00:01%2B08:00", False),
        ("start_date=2026-02-25T20:00:00+08:00", True),
        ("start_date=2026-02-25T20:00:01+0800", False),
        ("start_date=2026-02-25 12:00", True),
        ("end_date=2026-02-25T11:59:59.999", False),
        ("end_date=2026-02-25T14:00:00%2B02:00", True),
        ("start_date=0001-01-01&end_date=9999-12-31", True),
    )

    def test_bounds_are_inclusive_and_in_utc(
        self, app: Flask, client: FlaskClient, subtests: pytest.Subtests
    ) -> None:
        unique_id = add_image(app, NOON, PI_Particle=[1])
        for query, found in self.NOON_IS_FOUND:
            with subtests.test(query=query):
                assert ids(client, f"?{query}") == ([unique_id] if found else [])
                defects = client.get(f"/query/defects?{query}").json
                assert defects and defects["total"] == int(found)

    def test_a_time_from_an_answer_finds_its_image(self, app: Flask, client: FlaskClient) -> None:
        unique_id = add_image(app, NOON + timedelta(microseconds=123_456))
        shown = (client.get(f"/images/{unique_id}").json or {})["timestamp"]
        assert shown == "2026-02-25T12:00:00.123Z"
        assert ids(client, start_date=shown, end_date=shown) == [unique_id]

    REVERSED = (
        "start_date=2026-02-25&end_date=2026-02-24",
        "start_date=2026-02-25T12:00:01&end_date=2026-02-25T12:00:00",
        "start_date=2026-02-25T13:00:00&end_date=2026-02-25T20:59:59%2B08:00",
    )

    def test_reversed_bounds_are_refused(
        self, client: FlaskClient, subtests: pytest.Subtests
    ) -> None:
        told = {"start_date": ["Must not be after end_date."]}
        for query in self.REVERSED:
            for path in ("/images", "/query/defects"):
                with subtests.test(query=query, path=path):
                    answer = client.get(f"{path}?{query}")
                    assert answer.status_code == 422 and answer.json
                    assert answer.json["errors"]["query"] == told


class TestImageFilters:
    @pytest.fixture
    def images(self, app: Flask) -> dict[str, str]:
        day = timedelta(days=1)
        return {
            "clean": add_image(app, NOON, "Clean_100%.png"),
            "few": add_image(app, NOON + day, "few.PNG", PI_Particle=[5], PR_Peeling=[7]),
            "many": add_image(app, NOON + 2 * day, "many.png", PI_Particle=[1] * 9),
        }

    FILTERS: tuple[tuple[dict[str, Any], list[str]], ...] = (
        ({}, ["many", "few", "clean"]),
        ({"order": "timestamp"}, ["clean", "few", "many"]),
        ({"class_name": "PR_Peeling"}, ["few"]),
        ({"class_name": ["PR_Peeling", "PI_Particle"]}, ["many", "few"]),
        ({"class_name": "Env_Particle"}, []),
        ({"class_name": "pr_peeling"}, []),
        ({"min_defects": 1}, ["many", "few"]),
        ({"max_defects": 2}, ["few", "clean"]),
        ({"min_defects": 2, "max_defects": 2}, ["few"]),
        ({"filename": "FEW"}, ["few"]),
        ({"filename": "100%"}, ["clean"]),
        ({"filename": "_"}, ["clean"]),
        ({"filename": "'; DROP TABLE images; --"}, []),
        ({"batch_id": UNKNOWN}, []),
        ({"class_name": "PI_Particle", "max_defects": 5, "filename": "few"}, ["few"]),
    )

    def test_filters_narrow_and_combine(
        self, client: FlaskClient, images: dict[str, str], subtests: pytest.Subtests
    ) -> None:
        for filters, found in self.FILTERS:
            with subtests.test(**filters):
                assert ids(client, **filters) == [images[name] for name in found]
                answer = client.get("/images", query_string=filters).json
                assert answer and answer["total"] == len(found)


class TestDefects:
    @pytest.fixture
    def images(self, app: Flask) -> list[str]:
        first = add_image(app, NOON, PI_Particle=[10, 20], PR_Peeling=[30])
        return [first, add_image(app, NOON + timedelta(hours=1), PR_Peeling=[40])]

    FILTERS: tuple[tuple[dict[str, Any], set[int]], ...] = (
        ({}, {10, 20, 30, 40}),
        ({"class_name": "PR_Peeling"}, {30, 40}),
        ({"min_area": 20}, {20, 30, 40}),
        ({"max_area": 20}, {10, 20}),
        ({"min_area": 20, "max_area": 30}, {20, 30}),
        ({"min_circularity": 0.3}, {30, 40}),
        ({"max_circularity": 0.1}, {10}),
        ({"min_aspect_ratio": 3, "max_aspect_ratio": 4}, {20, 30}),
        ({"end_date": "2026-02-25T12:30:00"}, {10, 20, 30}),
        ({"class_name": "x' OR 1=1"}, set()),
        ({"batch_id": UNKNOWN}, set()),
        ({"img_unique_id": UNKNOWN}, set()),
    )

    def test_filters_narrow_and_combine(
        self, client: FlaskClient, images: list[str], subtests: pytest.Subtests
    ) -> None:
        for filters, found in self.FILTERS:
            with subtests.test(**filters):
                assert set(areas(client, **filters)) == found

    def test_a_defect_tells_its_image_and_class(
        self, client: FlaskClient, images: list[str]
    ) -> None:
        answer = client.get(f"/query/defects?img_unique_id={images[1]}").json
        assert answer and answer["total"] == 1
        assert answer["defects"] == [
            {
                "region_unique_id": f"{images[1]}_2_1",
                "region_id": 1,
                "class_id": 2,
                "class_name": "PR_Peeling",
                "img_unique_id": images[1],
                "timestamp": "2026-02-25T13:00:00.000Z",
                "centroid": {"x": 1.5, "y": 2.5},
                "bounding_box": {"x": 1, "y": 2, "width": 3, "height": 4},
                "area_pixels": 40,
                "perimeter": 4.0,
                "major_axis": 4.0,
                "minor_axis": 4.0,
                "circularity": 0.4,
                "aspect_ratio": 5.0,
            }
        ]

    def test_the_newest_image_comes_first_page_by_page(
        self, client: FlaskClient, images: list[str]
    ) -> None:
        first = client.get("/query/defects?limit=1").json
        assert first and first["defects"][0]["img_unique_id"] == images[1]
        rest = client.get(f"/query/defects?limit=100&cursor={first['next_cursor']}").json
        assert rest and {d["img_unique_id"] for d in rest["defects"]} == {images[0]}
        assert len(rest["defects"]) == 3 and rest["next_cursor"] is None

    BAD_VALUES = (
        "min_area=-1", "min_area=x", "min_area=5&max_area=4", "min_circularity=nan",
        "min_circularity=1&max_circularity=0.5", "min_aspect_ratio=2&max_aspect_ratio=1",
        "max_area=99999999999", "max_circularity=inf",
    )  # fmt: skip

    def test_bad_values_are_named(self, client: FlaskClient, subtests: pytest.Subtests) -> None:
        for query in self.BAD_VALUES:
            with subtests.test(query=query):
                answer = client.get(f"/query/defects?{query}")
                assert answer.status_code == 422 and answer.json
                assert query.partition("=")[0] in answer.json["errors"]["query"]


class TestStatistics:
    def test_an_empty_agent_has_no_mean(self, client: FlaskClient) -> None:
        answer = client.get("/stats").json
        assert answer and answer["storage"].pop("total_bytes") > 0
        assert answer["total_images"] == answer["total_defects"] == answer["recent_uploads"] == 0
        assert answer["average_processing_time_seconds"] is None
        assert answer["defects_by_class"] == {}

    def test_all_is_counted(self, app: Flask, client: FlaskClient) -> None:
        add_image(app, PI_Particle=[1, 2], PR_Peeling=[3])
        add_image(app, PI_Particle=[4])
        queued(client)
        answer = client.get("/stats").json
        assert answer
        storage = answer.pop("storage")
        assert set(storage) == {"total_bytes", "free_bytes", "used_percent"}
        assert answer == {
            "total_images": 2,
            "total_defects": 4,
            "defects_by_class": {
                "PI_Particle": 3, "PR_Peeling": 1, "Copper_Nodule": 0, "Env_Particle": 0,
            },
            "recent_uploads": 1,
            "uploads_by_status": {
                "queued": 1, "processing": 0, "done": 2, "failed": 0, "rejected": 0,
            },
            "average_processing_time_seconds": 0.5,
        }  # fmt: skip

    def test_too_long_a_range_of_days_is_named(self, client: FlaskClient) -> None:
        answer = client.get("/stats/daily?start_date=1900-01-01&end_date=2026-01-01")
        assert answer.status_code == 422 and answer.json
        assert list(answer.json["errors"]["query"]) == ["start_date"]

    ENDS_OF_TIME = (
        ("start_date=9999-12-30&end_date=9999-12-31", ["9999-12-30", "9999-12-31"]),
        ("start_date=9999-12-31T12:00:00Z&end_date=9999-12-31", ["9999-12-31"]),
        ("start_date=0001-01-01&end_date=0001-01-01", ["0001-01-01"]),
        ("start_date=0001-01-01&end_date=0001-01-01T00:00:00Z", ["0001-01-01"]),
        ("start_date=9999-12-31T23:59:59.999Z", []),
        ("end_date=0001-01-01T00:00:00Z", []),
    )

    def test_the_calendar_ends_without_a_fault(
        self, app: Flask, client: FlaskClient, subtests: pytest.Subtests
    ) -> None:
        add_image(app, PI_Particle=[1])
        for query, days in self.ENDS_OF_TIME:
            with subtests.test(query=query):
                answer = client.get(f"/stats/daily?{query}")
                assert answer.json and [day["date"] for day in answer.json["days"]] == days
                nothing = {"total_regions": 0, "classes": []}
                assert client.get(f"/stats/pareto?{query}").json == nothing


def test_a_wrong_method_is_told_in_json(client: FlaskClient, subtests: pytest.Subtests) -> None:
    for method, path in (
        ("POST", "/images"), ("PUT", f"/images/{UNKNOWN}"), ("DELETE", "/stats"),
        ("POST", "/query/defects"), ("PATCH", "/uploads"), ("POST", "/health"),
    ):  # fmt: skip
        with subtests.test(method=method, path=path):
            answer = client.open(path, method=method)
            assert answer.status_code == 405 and answer.json
            assert (answer.json["code"], answer.json["status"]) == (405, "Method Not Allowed")
