"""The flask commands of the administrator."""

from __future__ import annotations

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from aoi import rollups
from aoi.access.commands import keys, people
from aoi.backup.command import backup, restore
from aoi.doctor.command import command as doctor
from aoi.metrics.shared import share, unshare
from aoi.retention.command import command as prune
from aoi.seeding.command import command as seed
from aoi.segformer.check import check_service_command
from aoi.verification.command import command as verify
from aoi.worker import run_worker


@click.command("worker")
@with_appcontext
def worker() -> None:
    """Inspect queued images until stopped; what is in hand is finished first."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    if not app.config["AOI"].segformer_service_url:
        raise click.ClickException(
            "SEGFORMER_SERVICE_URL is not set: a worker needs the address of the SegFormer service."
        )
    data_dir = app.config["AOI"].data_dir
    share(data_dir, "worker")
    run_worker(app)
    unshare(data_dir, "worker")


@click.command("rebuild-stats")
@with_appcontext
def rebuild_stats() -> None:
    """Count the statistics anew from the results, and tell whether they differed."""
    differed = rollups.recount()
    if not differed:
        click.echo("The statistics were right.")
        return
    days = ", ".join(day.isoformat() for day in differed[:10])
    more = f" and {len(differed) - 10} more" if len(differed) > 10 else ""
    click.echo(f"The statistics differed on {days}{more}. They are right now.")


def register_commands(app: Flask) -> None:
    for command in (
        keys,
        people,
        worker,
        verify,
        rebuild_stats,
        prune,
        seed,
        check_service_command,
        backup,
        restore,
        doctor,
    ):
        app.cli.add_command(command)
