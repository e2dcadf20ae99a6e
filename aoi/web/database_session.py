"""Give the database's session back at the end of a request, whatever has become of it."""

from __future__ import annotations

import logging

from flask import Flask
from sqlalchemy.exc import DBAPIError

from aoi.extensions import db

log = logging.getLogger(__name__)


def end_sessions(app: Flask) -> None:
    """Let no connection that broke unnoticed spoil an answer that is made already.

    Flask-SQLAlchemy ends the session too, but raises where the connection has died: the answer
    would then be gunicorn's, not ours. What is registered last runs first.
    """

    @app.teardown_appcontext
    def end_session(_: BaseException | None) -> None:
        try:
            db.session.remove()
        except DBAPIError as err:
            log.warning("a connection to the database had died: %s", err.orig)
            db.session().invalidate()
            db.session.remove()
