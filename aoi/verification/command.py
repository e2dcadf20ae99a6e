"""The command `flask --app wsgi verify`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from textwrap import fill

import click
import orjson
from flask import current_app
from flask.cli import with_appcontext

from aoi.administration import database_errors_told
from aoi.verification.findings import MEANINGS, Finding, Kind, Report
from aoi.verification.run import verify

WIDTH = 100


@click.command("verify")
@click.option("--quick", is_flag=True, help="Look at names and sizes only; read no file.")
@click.option("--repair", is_flag=True, help="Mend what can be mended without guessing.")
@click.option("--many", is_flag=True, help="With --repair: however much of it there is.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.option(
    "--grace",
    type=click.FloatRange(min=0),
    default=900.0,
    show_default=True,
    help="Seconds that a file must have been left alone; 96 times as long for received ones.",
)
@with_appcontext
def command(quick: bool, repair: bool, many: bool, as_json: bool, grace: float) -> None:
    """Compare the database with the files of the data folder.

    Ends with 0 if all is right or was mended, with 1 otherwise. Safe while the agent runs.
    """
    storage = current_app.extensions["aoi_storage"]
    with database_errors_told("Then run this again: what was mended so far stays so."):
        report = verify(storage, full=not quick, repair=repair, grace_seconds=grace, many=many)
    if as_json:
        click.echo(orjson.dumps(report.document(), option=orjson.OPT_INDENT_2))
    else:
        click.echo("\n".join(lines(report)))
    sys.exit(0 if report.all_right else 1)


def lines(report: Report) -> Iterator[str]:
    """Yield the report in plain English."""
    for kind in Kind:
        if kind in report.tallies:
            yield from _lines_of(kind, report)
            yield ""
    read = f", {report.bytes_read / 1e6:,.0f} MB read" if report.full else ""
    yield (
        f"Looked at {report.uploads:,} uploads and {report.files:,} files "
        f"in {report.seconds:.1f} s ({report.form} form{read})."
    )
    if not report.tallies:
        yield "All is right."
    elif report.all_right:
        yield "All that was wrong is mended."
    elif not report.repair:
        yield "Nothing was changed. With --repair, what can be mended is."
    else:
        yield "Some of it is left to you; see above."


def _lines_of(kind: Kind, report: Report) -> Iterator[str]:
    meaning, tally = MEANINGS[kind], report.tallies[kind]
    mended = f", {tally.mended:,} mended" if report.repair else ""
    yield f"{meaning.title}: {tally.found:,}{mended}"
    for finding in tally.first:
        yield f"  {finding.subject}: {finding.detail}"
        if finding.left:
            yield from _indented(finding.left)
    if tally.found > len(tally.first):
        yield f"  … and {tally.found - len(tally.first):,} more"
    if not report.repair:
        yield from _indented(_what_to_do(kind, tally.first[0]))


def _what_to_do(kind: Kind, example: Finding) -> str:
    meaning = MEANINGS[kind]
    if meaning.repair is None:
        return meaning.advice.format(img_unique_id=example.subject)
    return f"With --repair: {meaning.repair}"


def _indented(text: str) -> Iterator[str]:
    yield fill(text, WIDTH, initial_indent="    ", subsequent_indent="    ")
