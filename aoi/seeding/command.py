"""The command `flask --app wsgi seed`."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime

import click
import numpy as np
from flask import current_app
from flask.cli import with_appcontext

from aoi.administration import database_errors_told
from aoi.config import Settings
from aoi.exceptions import Conflict
from aoi.seeding import load
from aoi.seeding.load import Progress
from aoi.seeding.pictures import add_pictures
from aoi.seeding.plan import Chunk, Plan, chunks

TELL_SECONDS = 2.0
IMAGES_A_BATCH = 100


@click.command("seed")
@click.option("--images", type=click.IntRange(min=1), required=True, help="Images to make.")
@click.option("--days", type=click.IntRange(1, 3650), default=365, show_default=True,
              help="Days, up to now, that they are spread over.")  # fmt: skip
@click.option("--batches", type=click.IntRange(min=0), help="Batches; default: one in 100 images.")
@click.option("--seed", type=int, help="The same number draws the same panels.")
@click.option(
    "--with-files",
    type=click.IntRange(min=0),
    default=12,
    show_default=True,
    help="Newest of them that get pictures.",
)
@click.option("--add", is_flag=True, help="Add to a database that already holds images.")
@with_appcontext
def command(
    images: int, days: int, batches: int | None, seed: int | None, with_files: int, add: bool
) -> None:
    """Fill the database with the results of a plant, for trying things out and for measuring.

    Only the newest images get pictures; all others are rows without files, of which `verify` tells
    that they are missing. Use a database and a DATA_DIR of their own. The tables are locked until
    all is in, unless --add is given; interrupted, nothing has changed.
    """
    if batches is None:
        batches = images // IMAGES_A_BATCH
    plan = Plan(images, days, batches, datetime.now(UTC))
    newest: deque[str] = deque(maxlen=with_files)
    drawn = _noted(chunks(plan, np.random.default_rng(seed)), newest)
    started = time.monotonic()
    advice = "What was added so far stays." if add else "Nothing was changed."
    with database_errors_told(advice):
        try:
            last = _told(load.add(drawn) if add else load.fill(drawn))
        except Conflict as err:
            raise click.ClickException(err.message) from err
    with database_errors_told("The rows are in; VACUUM (ANALYZE) the database before measuring."):
        click.echo("clearing up (VACUUM, ANALYZE)")
        load.clean_up()
    seconds = time.monotonic() - started
    _draw(newest)
    click.echo(
        f"Seeded {last.images:,} images and {last.regions:,} regions in {seconds:.0f} s: "
        f"{last.rows:,} rows, {last.rows / seconds:,.0f} rows/s in all."
    )


def _noted(drawn: Iterator[Chunk], newest: deque[str]) -> Iterator[Chunk]:
    """Pass the chunks on, and keep the ids of the last images."""
    for chunk in drawn:
        newest.extend(chunk.ids)
        yield chunk


def _draw(ids: deque[str]) -> None:
    settings: Settings = current_app.config["AOI"]
    storage = current_app.extensions["aoi_storage"]
    with database_errors_told("The rows are in; only pictures are missing."):
        added = add_pictures(storage, ids, settings.max_image_pixels)
    click.echo(f"{added} images have pictures")


def _told(progresses: Iterator[Progress]) -> Progress:
    """Print how it goes, now and then; return the last that was told of copying."""
    last, told_at = Progress("copied"), 0.0
    for progress in progresses:
        if progress.doing != "copied":
            click.echo(progress.doing)
            continue
        last = progress
        if time.monotonic() - told_at >= TELL_SECONDS:
            told_at = time.monotonic()
            click.echo(
                f"{last.images:,} images, {last.regions:,} regions, "
                f"{last.rows / (last.seconds or 1):,.0f} rows/s"
            )
    return last
