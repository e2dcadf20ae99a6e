"""The Flask extensions, made without an application."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_migrate import Migrate
from flask_smorest import Api
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase


class Base(DeclarativeBase):
    """The base of all models; constraints get their names by convention."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})
migrate = Migrate()
api = Api()

if TYPE_CHECKING:
    # Flask-SQLAlchemy builds `db.Model` at run time, where mypy cannot see it.
    Model = Base
else:
    Model = db.Model


def read_one_moment() -> None:
    """Let all statements of the session's transaction see the same moment.

    It holds for a transaction that is about to begin.
    """
    db.session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
