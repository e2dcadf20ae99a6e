from __future__ import annotations

from flask import Flask
from flask_migrate import check, downgrade, upgrade
from sqlalchemy import inspect

from aoi.extensions import db


def tables() -> set[str]:
    found = set(inspect(db.engine).get_table_names())
    db.engine.dispose()
    return found


def test_down_to_nothing_and_up_again(app: Flask) -> None:
    with app.app_context():
        before = tables()
        downgrade(revision="base")
        assert tables() == {"alembic_version"}
        upgrade()
        assert tables() == before


def test_models_and_migrations_agree(app: Flask) -> None:
    with app.app_context():
        check()
