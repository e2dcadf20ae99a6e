from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from aoi import rollups
from aoi.exceptions import IndexBuilding
from aoi.extensions import db
from aoi.search import files, index
from aoi.search.filters import Filters
from aoi.search.index import Index
from tests.records import add_image
from tests.search.plant import Plant
from tests.stub import StubService


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let five images count as many."""
    monkeypatch.setattr(index, "LEAST_RECENT", 4)


@pytest.fixture
def filled(app: Flask) -> list[str]:
    return [add_image(app, name=f"{n}.png", PI_Particle=[n + 1]) for n in range(5)]


def another(app: Flask) -> Index:
    """An index as another process has it."""
    with app.app_context():
        return Index(folder(app), db.engine)


def folder(app: Flask) -> Path:
    root: Path = app.config["AOI"].data_dir
    return root / "cache" / "index"


def ids(found: Index) -> list[str]:
    images = found.view().images(Filters())
    return sorted(key.unique_id for key in images.keys(0, images.total))


def written(app: Flask) -> list[Path]:
    return sorted(folder(app).iterdir()) if folder(app).is_dir() else []


def test_a_few_images_need_no_files(app: Flask, filled: list[str]) -> None:
    assert ids(another(app)) == sorted(filled)
    assert not written(app)


def test_many_are_built_into_files_that_the_next_process_opens(
    app: Flask, few: None, filled: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ids(another(app)) == sorted(filled)
    assert len(written(app)) == 1
    monkeypatch.setattr(index.loading, "load_all", None)
    late = add_image(app)
    assert ids(another(app)) == sorted([*filled, late])


def test_files_that_are_cut_short_are_made_anew(app: Flask, few: None, filled: list[str]) -> None:
    ids(another(app))
    column = written(app)[0] / "times"
    column.write_bytes(column.read_bytes()[:-8])
    assert ids(another(app)) == sorted(filled)


def test_files_of_before_a_recount_are_not_trusted(
    app: Flask, few: None, filled: list[str]
) -> None:
    running = another(app)
    ids(running)
    with app.app_context():
        db.session.execute(db.text("ALTER TABLE uploads DISABLE TRIGGER USER"))
        db.session.execute(db.text("DELETE FROM images"))
        db.session.execute(db.text("ALTER TABLE uploads ENABLE TRIGGER USER"))
        db.session.commit()
        assert rollups.recount()
    assert ids(running) == ids(another(app)) == []


def test_a_process_behind_the_log_opens_the_newest_files(
    app: Flask, few: None, filled: list[str]
) -> None:
    behind, ahead = another(app), another(app)
    ids(behind)
    late = [add_image(app) for _ in range(6)]
    ids(ahead)
    assert ahead._work is not None  # it has begun to write
    ahead._work.join()
    with app.app_context():
        assert not db.session.scalar(db.text("SELECT count(*) FROM result_changes"))
    assert ids(behind) == ids(ahead) == sorted([*filled, *late])


def test_the_log_of_what_came_and_went_is_cleared(
    app: Flask, client: FlaskClient, few: None
) -> None:
    running = another(app)
    for _ in range(3):
        client.delete(f"/images/{add_image(app)}")
    kept = add_image(app)
    assert ids(running) == [kept]
    assert running._work is not None  # few images, but many changes
    running._work.join()
    with app.app_context():
        assert not db.session.scalar(db.text("SELECT count(*) FROM result_changes"))
    assert ids(running) == ids(another(app)) == [kept]


def test_while_it_is_built_others_are_asked_to_wait(
    app: Flask, client: FlaskClient, few: None, filled: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(files, "write", fail)
    answer = client.get("/images")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    with pytest.raises(IndexBuilding):
        another(app).view()


def test_lost_files_do_no_harm_to_who_has_them_open(
    app: Flask, few: None, filled: list[str]
) -> None:
    running = another(app)
    ids(running)
    shutil.rmtree(folder(app))
    assert ids(running) == sorted(filled)


def test_more_classes_than_bits_are_told_apart(app: Flask, filled: list[str]) -> None:
    with app.app_context():
        db.session.execute(
            db.text(
                "INSERT INTO daily_classes SELECT '2020-01-01', n, 'K' || n, 1, 0, 0, 0 "
                "FROM generate_series(100, 190) AS n"
            )
        )
        db.session.execute(
            db.text(
                "UPDATE classes SET class_id = 190, class_name = 'K190' "
                "WHERE img_unique_id = :id AND class_name = 'PI_Particle'"
            ),
            {"id": filled[0]},
        )
        db.session.commit()
    view = another(app).view()
    for names, expected in ((("K190",), 1), (("K189",), 0), (("PI_Particle", "K190"), 5)):
        assert view.images(Filters(class_names=names)).total == expected


def test_statistics_that_differ_are_told_and_mended(
    app: Flask, client: FlaskClient, stub: StubService
) -> None:
    plant = Plant(app, client, stub)
    plant.record(0, "a.png", {"PI_Particle": [5]})
    plant.sql_change("UPDATE daily_totals SET defects = 99")
    runner = app.test_cli_runner()
    assert "differed on 2026-02-25" in runner.invoke(args=["rebuild-stats"]).output
    assert "were right" in runner.invoke(args=["rebuild-stats"]).output
    assert client.get("/stats/daily").json["days"][0]["defects"] == 1  # type: ignore[index]
