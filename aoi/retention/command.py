"""The command `flask --app wsgi prune`."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import click
from flask import current_app
from flask.cli import with_appcontext

from aoi.administration import database_errors_told
from aoi.config import Settings
from aoi.exceptions import Conflict
from aoi.models import Status
from aoi.retention.images import Gone, Terms
from aoi.retention.run import Report, prune

AGE = re.compile(r"([1-9][0-9]{0,4})([dw])")
DAYS = {"d": 1, "w": 7}
TELL_SECONDS = 5.0


class Age(click.ParamType[timedelta]):
    """A number of days or weeks: `90d`, `12w`."""

    name = "age"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        match = AGE.fullmatch(str(value))
        if match is None:
            self.fail(f"{value} is not an age. Write 90d for days, or 12w for weeks.", param, ctx)
        return timedelta(days=int(match[1]) * DAYS[match[2]])


@click.command("prune")
@click.option("--older-than", type=Age(), help="Age such as 90d or 12w; default: RETENTION_DAYS.")
@click.option("--only-clean", is_flag=True, help="Only images without any defect.")
@click.option("--dry-run", is_flag=True, help="Tell what would go, and change nothing.")
@with_appcontext
def command(older_than: timedelta | None, only_clean: bool, dry_run: bool) -> None:
    """Delete old images with their rows and files, and tell how many bytes that frees.

    Failed and refused uploads of that age go too, unless --only-clean, as do batches left empty,
    stale idempotency keys, unused tiles and old logs. What waits or is being inspected stays.
    Safe while the agent runs. Ends with 1 if a file could not be removed.
    """
    settings: Settings = current_app.config["AOI"]
    if older_than is None and settings.retention_days is not None:
        older_than = timedelta(days=settings.retention_days)
    terms = Terms(datetime.now(UTC) - older_than, only_clean) if older_than else None
    if terms is None:
        click.echo("RETENTION_DAYS is not set and no --older-than given: every image is kept.")
    storage = current_app.extensions["aoi_storage"]
    with database_errors_told("What was deleted so far stays so; run this again for the rest."):
        try:
            report = prune(storage, terms, dry_run=dry_run, progress=_Progress())
        except Conflict as err:
            raise click.ClickException(err.message) from err
    click.echo("\n".join(lines(report)))
    sys.exit(1 if report.left else 0)


class _Progress:
    """Tells now and then how far it is."""

    def __init__(self) -> None:
        self._told = time.monotonic()

    def __call__(self, gone: Gone) -> None:
        if time.monotonic() - self._told >= TELL_SECONDS:
            self._told = time.monotonic()
            count, freed = gone.uploads.total(), size(gone.removed.freed_bytes)
            click.echo(f"{count:,} uploads deleted, {freed} freed")


def lines(report: Report) -> Iterator[str]:
    """Yield the report in plain English."""
    gone, tidied = report.gone, report.tidied
    deleted, freed = ("Would delete", "would free") if report.dry_run else ("Deleted", "freed")
    yield (
        f"{deleted} {gone.uploads[Status.DONE]:,} images, {gone.uploads[Status.FAILED]:,} failed "
        f"and {gone.uploads[Status.REJECTED]:,} refused uploads, {gone.batches:,} batches and "
        f"{tidied.keys:,} idempotency keys in {report.seconds:.1f} s."
    )
    yield (
        f"This {freed} {size(report.freed_bytes)}; of it {size(tidied.cache_bytes)} are caches "
        f"and {size(tidied.log_bytes)} logs."
    )
    if report.dry_run:
        yield "Nothing was changed. The size of unused tiles is not foreseen."
    if report.left:
        yield (
            f"Files of {len(report.left):,} deleted images could not be removed; error.log tells "
            "why. Mend that: the next run tries again."
        )


def size(count: float) -> str:
    """Return bytes as people read them."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:,.0f} {unit}" if unit == "bytes" else f"{count:,.1f} {unit}"
        count /= 1000
    return f"{count:,.1f} TB"
