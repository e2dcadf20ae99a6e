from __future__ import annotations

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from aoi.extensions import db
from aoi.jobs import defer_batch, defer_inspection, requeue_forgotten
from aoi.uploads import get_upload
from tests.sending import queued, rows


def test_queued_twice_is_queued_once(app: Flask, client: FlaskClient) -> None:
    unique_id = queued(client)
    with app.app_context():
        defer_inspection(get_upload(unique_id))
        db.session.commit()
    assert rows(app)["procrastinate_jobs"] == 1


def test_one_that_is_queued_already_does_not_keep_others_out(
    app: Flask, client: FlaskClient
) -> None:
    ids = [queued(client), queued(client)]
    with app.app_context():
        db.session.execute(
            text("DELETE FROM procrastinate_jobs WHERE queueing_lock = :id"), {"id": ids[0]}
        )
        defer_batch([get_upload(unique_id) for unique_id in ids])
        defer_batch([])
        db.session.commit()
    assert rows(app)["procrastinate_jobs"] == 2


def test_only_what_has_waited_long_without_a_job_is_queued_again(
    app: Flask, client: FlaskClient
) -> None:
    queued(client)
    with app.app_context():
        assert requeue_forgotten() == 0
        db.session.execute(text("DELETE FROM procrastinate_jobs"))
        db.session.commit()
        assert requeue_forgotten() == 0
        assert requeue_forgotten(idle_seconds=0) == 1
        assert requeue_forgotten(idle_seconds=0) == 0
