"""Whatever a plant does to its results, and the same asked of PostgreSQL itself."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime, timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from aoi import inspection, rollups
from aoi.extensions import db
from aoi.retention.images import Terms, take_away
from aoi.search.index import Index
from tests.pictures import png
from tests.records import NOON, add_image
from tests.sending import queued
from tests.stub import StubService

CLASSES = ("PI_Particle", "PR_Peeling", "Copper_Nodule", "Env_Particle")
ASKED_OF_IMAGES = """
SELECT images.img_unique_id, images.timestamp, uploads.total_defects
  FROM images JOIN uploads USING (img_unique_id)
 WHERE (:start_date::timestamptz IS NULL OR images.timestamp >= :start_date::timestamptz)
   AND (:end_date::timestamptz IS NULL OR images.timestamp < :end_date::timestamptz)
   AND (:class_name::text IS NULL OR EXISTS (
        SELECT FROM classes WHERE classes.img_unique_id = images.img_unique_id
           AND total_regions > 0 AND class_name = :class_name))
   AND (:batch_id::text IS NULL OR uploads.batch_id = :batch_id)
   AND (:min_defects::integer IS NULL OR uploads.total_defects >= :min_defects)
   AND (:max_defects::integer IS NULL OR uploads.total_defects <= :max_defects)
   AND (:filename::text IS NULL
        OR position(lower(:filename) IN lower(uploads.original_filename)) > 0)
"""
ASKED_OF_REGIONS = """
SELECT regions.region_unique_id, images.timestamp, regions.img_unique_id, classes.class_id,
       regions.region_id
  FROM regions JOIN classes USING (class_unique_id)
  JOIN images ON images.img_unique_id = regions.img_unique_id
  JOIN uploads ON uploads.img_unique_id = regions.img_unique_id
 WHERE (:start_date::timestamptz IS NULL OR images.timestamp >= :start_date::timestamptz)
   AND (:end_date::timestamptz IS NULL OR images.timestamp < :end_date::timestamptz)
   AND (:class_name::text IS NULL OR class_name = :class_name)
   AND (:batch_id::text IS NULL OR uploads.batch_id = :batch_id)
   AND (:min_area::integer IS NULL OR area_pixels >= :min_area)
   AND (:max_circularity::float IS NULL OR circularity <= :max_circularity)
"""


class Plant:
    """An agent with its stub, and what was made with it so far."""

    def __init__(self, app: Flask, client: FlaskClient, stub: StubService) -> None:
        self.app, self.client, self.stub = app, client, stub
        self.batches: list[str] = []

    def record(self, day: int, name: str, areas: dict[str, list[int]]) -> None:
        """Have an image of another day, as a copied database brings it."""
        add_image(self.app, NOON + timedelta(days=day), name, **areas)

    def inspect(self) -> None:
        self._run(queued(self.client, png()))

    def fail_and_retry(self) -> None:
        self.stub.set_fault("500", count=1)
        unique_id = queued(self.client, png())
        self._run(unique_id)
        assert self.client.get(f"/uploads/{unique_id}").json["status"] == "failed"  # type: ignore[index]
        assert self.client.post(f"/uploads/{unique_id}/retry").status_code == 202
        self._run(unique_id)

    def inspect_batch(self) -> None:
        images = [(io.BytesIO(png()), f"batch_{n}.png") for n in range(2)]
        answer = self.client.post("/upload/batch", data={"images": images}).json
        assert answer
        self.batches.append(answer["batch_id"])
        for result in answer["results"]:
            self._run(result["img_unique_id"])

    def delete(self, number: int) -> None:
        """Delete one of the images, if there is any."""
        if ids := self.sql("SELECT img_unique_id FROM images ORDER BY 1"):
            unique_id = ids[number % len(ids)][0]
            assert self.client.delete(f"/images/{unique_id}").status_code == 204

    def delete_batch(self) -> None:
        if self.batches:
            assert self.client.delete(f"/batches/{self.batches.pop()}").status_code == 204

    def prune(self, day: int) -> None:
        with self.app.app_context():
            terms = Terms(NOON + timedelta(days=day))
            for _ in take_away(terms, self.app.extensions["aoi_storage"]):
                pass
            db.session.remove()

    def rewrite(self) -> None:
        """Have the index written to its files."""
        index: Index = self.app.extensions["aoi_index"]
        index.view()
        index._rewrite()

    def restart(self) -> None:
        """Begin with what the files hold, as another process does."""
        index: Index = self.app.extensions["aoi_index"]
        self.app.extensions["aoi_index"] = Index(index._folder, index._engine)

    def _run(self, unique_id: str) -> None:
        with self.app.app_context():
            inspection.run(unique_id, True)
            db.session.remove()

    def sql(self, statement: str, **values: Any) -> list[Any]:
        with self.app.app_context():
            statement = statement.replace("::", "\\:\\:")
            found = list(db.session.execute(text(statement), values).all())
            db.session.remove()
        return found

    def sql_change(self, statement: str) -> None:
        with self.app.app_context():
            db.session.execute(text(statement))
            db.session.commit()
            db.session.remove()

    def recounted(self) -> list[date]:
        """Return the days on which the roll-ups differ from a recount."""
        with self.app.app_context():
            differed = rollups.recount()
            db.session.remove()
        return differed

    def walk(self, path: str, name: str, **arguments: Any) -> tuple[int, list[dict[str, Any]]]:
        """Return the total and all items of a list, by cursor; check that pages say the same."""
        query = {key: value for key, value in arguments.items() if value is not None}
        items: list[dict[str, Any]] = []
        cursor, number = None, 0
        while True:
            number += 1
            more = {} if cursor is None else {"cursor": cursor}
            answer = self.client.get(path, query_string={**query, **more, "limit": 3}).json
            assert answer
            paged = self.client.get(path, query_string={**query, "page": number, "limit": 3}).json
            assert paged and paged[name] == answer[name]
            assert paged["total"] == answer["total"]
            items += answer[name]
            cursor = answer["next_cursor"]
            if cursor is None:
                return answer["total"], items


def moment(day: int) -> datetime:
    return datetime.combine(NOON.date() + timedelta(days=day), datetime.min.time(), UTC)
