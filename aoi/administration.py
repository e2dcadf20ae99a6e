"""What an administrator is told when the database or the disk gives out."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

import click
import psycopg
import psycopg2
from procrastinate.exceptions import ConnectorException
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from aoi.storage import NO_SPACE

log = logging.getLogger(__name__)

LACKS_TABLES = "The database lacks tables or columns: run `flask --app wsgi db upgrade`."
# By PostgreSQL's own codes, the same from every driver.
SAID: dict[str | None, str] = {
    "42P01": LACKS_TABLES,
    "42703": LACKS_TABLES,
    "53100": "The database's disk is full: free some space there.",
    "55P03": "The database is in use: stop the agent first.",
}
HINT = "Is the server running"


@contextmanager
def database_errors_told(advice: str) -> Iterator[None]:
    """Turn what fails below a command into one line that says what to do, ended by `advice`."""
    try:
        yield
    except (SQLAlchemyError, psycopg2.Error, OSError) as err:
        log.debug("the command could not finish", exc_info=err)
        raise click.ClickException(f"{said(err)} {advice}") from err


def tell(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Say in one line what ended a command, if the database did; a `sys.excepthook`."""
    given_out = (DBAPIError, PoolTimeout, psycopg2.Error, psycopg.Error, ConnectorException)
    if not isinstance(error, given_out):
        sys.__excepthook__(kind, error, trace)
        return
    log.debug("the command could not finish", exc_info=error)
    click.echo(f"Error: {said(error)}", err=True)


def said(error: BaseException) -> str:
    """Return what is wrong with the database or the disk, and what to do about it."""
    if isinstance(error, ConnectorException) and error.__cause__ is not None:
        error = error.__cause__
    if isinstance(error, DBAPIError) and error.orig is not None:
        error = error.orig
    if isinstance(error, TimeoutError) and error.errno is None:
        return "The database does not answer. Look at its log, or correct DATABASE_URL."
    if isinstance(error, OSError):
        if error.errno in NO_SPACE:
            return "The disk is full: free some space."
        return f"{error.filename or 'The system'}: {error.strerror or error}."
    code = _code(error)
    if code in SAID:
        return SAID[code]
    if isinstance(error, psycopg2.OperationalError | psycopg.OperationalError) and code is None:
        return (
            f"The database cannot be reached: {reason(error)}. Start it, or correct DATABASE_URL."
        )
    return f"The database gave out: {reason(error)}."


def reason(error: BaseException) -> str:
    """Return what libpq or the server said, in one line: of a statement the first one only."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    told = lines[:1] if _code(error) else [line for line in lines if not line.startswith(HINT)]
    return "; ".join(told).rstrip(".") or type(error).__name__


def _code(error: BaseException) -> str | None:
    return getattr(error, "pgcode", None) or getattr(error, "sqlstate", None)
