"""The commands `flask --app wsgi backup` and `restore`."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext

from aoi import embedded
from aoi.backup.checking import check
from aoi.backup.making import Backup, back_up
from aoi.backup.restoring import restore as restore_backup
from aoi.config import ConfigError, Settings
from aoi.embedded import EmbeddedPostgres
from aoi.exceptions import AoiError
from aoi.logs import configure_logging

log = logging.getLogger(__name__)

SHOWN = 10
FOLDER = click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))


@click.command("backup")
@FOLDER
@click.option("--keep", type=click.IntRange(min=1), help="Leave only so many backups in DIR.")
@click.option("--check", "only_check", is_flag=True, help="Read what is in DIR; back nothing up.")
@with_appcontext
def backup(folder: Path, keep: int | None, only_check: bool) -> None:
    """Back database and files up to DIR, while the agent runs or while it is stopped.

    Only files that are new since the last backup there are copied. Ends with 1 if files that
    rows name are missing or damaged; the backup stands all the same.
    """
    settings: Settings = current_app.config["AOI"]
    configure_logging(settings)
    with _told():
        if only_check:
            _check(folder)
            return
        with _database(settings) as url:
            made = back_up(settings, url, folder, keep)
    log.info("backed up to %s", made.folder, extra={"images": made.tally.images})
    click.echo("\n".join(_lines(made)))
    if made.tally.missing or made.tally.damaged:
        sys.exit(1)


@click.command("restore")
@FOLDER
@click.option("--at", "name", help="The backup to restore, as 20260225_103045; else the newest.")
@click.option("--replace", is_flag=True, help="Delete what is in the database and overwrite files.")
@with_appcontext
def restore(folder: Path, name: str | None, replace: bool) -> None:
    """Restore a backup from DIR into the database and data folder of the settings.

    Both must be empty, and the agent stopped on every host.
    """
    settings: Settings = current_app.config["AOI"]
    configure_logging(settings)
    with _told(), _database(settings) as url:
        done = restore_backup(settings, url, folder, name, replace)
    log.warning("restored the backup %s", done.name)
    click.echo(
        f"Restored {done.name}: {done.rows:,} rows, {done.files:,} files, "
        f"{done.bytes / 1e6:,.1f} MB in {done.seconds:.1f} s."
    )
    if not done.is_newest:
        click.echo("It was not the newest one: what came after it is not there.")
    if done.needs_upgrade:
        click.echo("It is of an older release: run `flask --app wsgi db upgrade` before the start.")


def _check(folder: Path) -> None:
    found = check(folder)
    for line in found.wrong[:SHOWN]:
        click.echo(line)
    if len(found.wrong) > SHOWN:
        click.echo(f"... and {len(found.wrong) - SHOWN:,} more")
    click.echo(
        f"Read {found.backups} backups with {found.files:,} files, {found.bytes / 1e6:,.1f} MB: "
        + ("not all is right." if found.wrong else "all is right.")
    )
    sys.exit(1 if found.wrong else 0)


def _lines(made: Backup) -> Iterator[str]:
    tally = made.tally
    for what, count, paths in (
        ("missing", tally.missing_files, tally.missing),
        ("damaged", tally.damaged_files, tally.damaged),
    ):
        for path in paths[:SHOWN]:
            yield f"{path} is {what} in the data folder."
        if count:
            yield f"{count:,} files are {what}: `flask --app wsgi verify` says what to do."
    yield (
        f"Backed up {tally.images:,} images to {made.folder}: {tally.files:,} files, "
        f"{tally.bytes / 1e6:,.1f} MB, of which {tally.new_files:,} files, "
        f"{tally.new_bytes / 1e6:,.1f} MB are new; {made.rows:,} rows, "
        f"{made.dump_bytes / 1e6:,.1f} MB; in {made.seconds:.1f} s."
    )
    if made.forgotten:
        yield f"Older backups removed: {made.forgotten}."


@contextmanager
def _told() -> Iterator[None]:
    """Turn what went wrong into a line for the administrator."""
    try:
        yield
    except (AoiError, ConfigError) as err:
        raise click.ClickException(str(err)) from err


@contextmanager
def _database(settings: Settings) -> Iterator[str]:
    """Give the address of the database; an embedded one that is stopped runs meanwhile."""
    if settings.database_url:
        yield settings.libpq_url
    elif url := embedded.running_url(settings.data_dir):
        yield url
    else:
        with EmbeddedPostgres(settings.data_dir) as server:
            yield server.url
