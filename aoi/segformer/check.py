"""The command that holds a SegFormer service against the contract."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext

from aoi.config import Settings
from aoi.segformer.checks.finding import Finding, Findings, Level
from aoi.segformer.checks.inspection import check_inspection
from aoi.segformer.checks.picture import draw
from aoi.segformer.checks.questions import check_health, check_model, check_status
from aoi.segformer.checks.refusals import check_refusals
from aoi.segformer.checks.service import Service


def check_service(
    url: str, image: bytes | None = None, filename: str = "check.png", timeout: float = 30
) -> Iterator[Finding]:
    """Ask and send all that the contract speaks of; yield what is found as it is found.

    `image` is one that the service must be able to inspect; without it one is drawn.
    """
    service = Service(url, timeout)
    data = draw() if image is None else image
    try:
        for findings in _all(service, data, filename):
            yield from findings.made
    finally:
        service.close()


def _all(service: Service, image: bytes, filename: str) -> Iterator[Findings]:
    yield check_health(service)
    yield check_model(service)
    yield check_status(service)
    yield check_inspection(service, image, filename)
    yield from check_refusals(service, image)


@click.command("check-service")
@click.argument("url", required=False)
@click.option(
    "--image",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="An image to have inspected; without it one is drawn.",
)
@click.option("--timeout", type=click.FloatRange(min=0.1), help="Seconds for each call.")
@with_appcontext
def check_service_command(url: str | None, image: Path | None, timeout: float | None) -> None:
    """Hold the SegFormer service at URL against its contract, and say what differs.

    Without URL it is the service of SEGFORMER_SERVICE_URL. Ends with 1 if anything differs.
    """
    settings: Settings = current_app.config["AOI"]
    address = url or settings.segformer_service_url
    if not address:
        raise click.ClickException(
            "No service to check: give its address, as in "
            "`flask --app wsgi check-service http://192.168.1.20:5000`, or set "
            "SEGFORMER_SERVICE_URL."
        )
    if not address.startswith(("http://", "https://")):
        raise click.ClickException("The address must begin with http:// or https://.")
    found = []
    for finding in check_service(
        address,
        image.read_bytes() if image else None,
        image.name if image else "check.png",
        timeout or settings.segformer_timeout,
    ):
        click.echo(str(finding))
        found.append(finding)
    _conclude(address, found)


def _conclude(address: str, found: list[Finding]) -> None:
    differing = sum(finding.level is Level.DIFFERS for finding in found)
    odd = sum(finding.level is Level.ODD for finding in found)
    also = f", {odd} odd" if odd else ""
    click.echo("")
    if differing:
        points = "1 point" if differing == 1 else f"{differing} points"
        click.echo(f"{address} differs from the contract in {points}{also}.")
        raise SystemExit(1)
    click.echo(f"{address} keeps the contract{also}.")
