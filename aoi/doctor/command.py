"""The command `flask --app wsgi doctor`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from textwrap import fill

import click
import orjson

from aoi import __version__, embedded
from aoi.config import Settings
from aoi.doctor import database, folders, host, service
from aoi.doctor.finding import Finding, Level, look
from aoi.doctor.settings import read

WIDTH = 100
MARKS = {Level.OK: "ok   ", Level.LOOK: "LOOK ", Level.WRONG: "WRONG"}
Section = tuple[str, list[Finding]]


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="Print the page as JSON.")
def command(as_json: bool) -> None:
    """Tell what is right and wrong with this installation, and what to do.

    Works with the database down and with settings that do not parse. Ends with 1 if something is
    wrong, with 0 if there is nothing worse than a thing to look at.
    """
    sections = []
    if not as_json:
        click.echo(f"AOI inference agent {__version__}, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC")
    for title, findings in examine():
        sections.append((title, findings))
        if not as_json:
            click.echo("\n".join(_lines(title, findings)))
    if as_json:
        document = {title: [asdict(each) for each in findings] for title, findings in sections}
        click.echo(orjson.dumps(document, option=orjson.OPT_INDENT_2))
    levels = [each.level for _, findings in sections for each in findings]
    if not as_json:
        click.echo(f"\n{_summary(levels)}")
    sys.exit(1 if Level.WRONG in levels else 0)


def examine() -> Iterator[Section]:
    """Yield what was found, part by part, as it is found."""
    settings, findings = read()
    yield "Settings", findings
    if settings is None:
        return
    yield "Host", list(host.check_host(settings))
    yield f"Data ({settings.data_dir})", list(folders.check_data(settings))
    yield f"Logs ({settings.log_dir})", list(folders.check_logs(settings))
    yield "Database", list(_database(settings))
    yield "SegFormer", list(service.check_segformer(settings))
    yield "Web server", list(service.check_web(settings))


def _database(settings: Settings) -> Iterator[Finding]:
    url = settings.libpq_url if settings.database_url else embedded.running_url(settings.data_dir)
    if url is None:
        yield look("The embedded PostgreSQL does not run.", "python run.py starts it.")
        return
    yield from database.check_database(settings, url)


def _lines(title: str, findings: list[Finding]) -> Iterator[str]:
    yield f"\n{title}"
    for each in findings:
        indent = " " * 9
        yield fill(
            each.text, WIDTH, initial_indent=f"  {MARKS[each.level]}  ", subsequent_indent=indent
        )
        if each.advice:
            yield fill(f"-> {each.advice}", WIDTH, initial_indent=indent, subsequent_indent=indent)


def _summary(levels: list[Level]) -> str:
    bad, odd = levels.count(Level.WRONG), levels.count(Level.LOOK)
    if not bad and not odd:
        return "All is right."
    return f"Wrong: {bad}. To look at: {odd}. Right: {levels.count(Level.OK)}."
