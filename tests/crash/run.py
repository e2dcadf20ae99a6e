"""One run of the crash test, from the empty folder to the verdict."""

from __future__ import annotations

import json
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.crash.audit import Audit
from tests.crash.client import Client, GaveUp
from tests.crash.folder import orphans
from tests.crash.inspections import Inspections, examine
from tests.crash.kills import Killer
from tests.crash.ledger import Ledger
from tests.crash.load import Load
from tests.crash.plan import Limits
from tests.crash.weather import Weather
from tests.product import Product
from tests.stub import StubService
from tests.stub.journal import read_journal

TRIES = 3
SETTINGS = {
    "WEB_WORKERS": 2,
    "SEGFORMER_TIMEOUT": 2,
    "SEGFORMER_MAX_RETRIES": TRIES,
    "SEGFORMER_BACKOFF": 0.05,
    "UPLOAD_WAIT": 20,
    "RATE_LIMIT": "off",
}
# Small answers, so that thousands of images take minutes.
ANSWER_MB, REGIONS = 0.05, 6
STEP_SECONDS = 120.0  # without this much of the load between two kills something hangs
LONGEST_PAUSE = 1.5
MOST_WAITING = 60  # images queued when the next kill comes


@dataclass
class Report:
    """What came of a run."""

    limits: Limits
    seconds: float = 0.0
    ledger: Ledger = field(default_factory=Ledger)
    kills: Counter[str] = field(default_factory=Counter)
    launcher_gave_up: int = 0
    troubles: Counter[str] = field(default_factory=Counter)
    inspections: Inspections = field(default_factory=Inspections)
    counts: Counter[str] = field(default_factory=Counter)
    lost: int = 0
    twice: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    mended: Counter[str] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)


class Run:
    """A crash test within `folder`, for at most `seconds`."""

    def __init__(self, folder: Path, limits: Limits, seconds: float) -> None:
        self.report = Report(limits)
        self._limits = limits
        self._folder = folder
        self._deadline = time.monotonic() + seconds

    def run(self) -> Report:
        started = time.monotonic()
        journal = self._folder / "journal"
        stub = StubService(answer_mb=ANSWER_MB, regions=REGIONS, journal=journal)
        with stub:
            product = Product(self._folder, SEGFORMER_SERVICE_URL=stub.url, **SETTINGS)
            left: list[str] = []
            try:
                product.start()
                self._go_through(product, stub, journal)
            finally:
                left = product.stop()
            self.report.findings += [f"still running after the stop: {line}" for line in left]
        self.report.seconds = time.monotonic() - started
        return self.report

    def _go_through(self, product: Product, stub: StubService, journal: Path) -> None:
        report = self.report
        product.wait_until_ready()
        killer = Killer(product, self._limits.seed)
        weather = Weather(stub, self._limits.seed)
        weather.start()
        try:
            self._storm(product, killer)
        finally:
            weather.clear()
            report.kills, report.launcher_gave_up = killer.counts, killer.gave_up
            report.troubles = weather.counts
        say("The storm is over; waiting for the product, then for its queue ...")
        product.wait_until_ready()
        audit = Audit(Client(product.url, report.ledger, self._deadline), report.ledger, stub)
        try:
            audit.resolve()
            audit.settle()
            audit.retry_failed()
            say("Comparing everything with what was sent ...")
            audit.check()
        except GaveUp as err:
            audit.find(f"no end was reached in time: {err}")
        report.counts, report.failures = audit.counts, audit.failures
        report.lost, report.twice = len(audit.lost), len(audit.twice)
        kills = "".join(f"{moment:.3f} {kind}\n" for moment, kind in killer.moments)
        (self._folder / "kills").write_text(kills)
        report.findings += report.ledger.surprises + audit.findings
        report.inspections = examine(read_journal(journal), audit.uploads, killer.moments, TRIES)
        report.findings += report.inspections.findings
        self._verify(product)
        report.findings += orphans(product.data_dir, audit.uploads)

    def _storm(self, product: Product, killer: Killer) -> None:
        """Let load and kills go in step, so that each kill meets work in hand."""
        limits = self._limits
        load = Load(product.url, limits, self.report.ledger, self._deadline)
        load.start()
        for number in range(limits.kills):
            load.allow(limits.uploads * (number + 2) // (limits.kills + 1))
            due = limits.uploads * (number + 1) // (limits.kills + 1)
            self._await_load(load, killer, due, number)
            killer.wait(LONGEST_PAUSE)
            killer.strike()
            if (number + 1) % 10 == 0:
                say(f"{number + 1} kills, {self.report.ledger.sent} images sent")
        load.allow(limits.uploads)
        while load.busy and time.monotonic() < self._deadline:
            killer.wait(0.5)
        if load.failure is not None:
            self.report.findings.append(f"a client gave up: {load.failure!r}")

    def _await_load(self, load: Load, killer: Killer, due: int, number: int) -> None:
        until = time.monotonic() + STEP_SECONDS
        while load.failure is None:
            taken_in = load.wait_for(due, 0.5)
            if taken_in:
                waiting = killer.product.waiting()
                if waiting is not None and waiting <= MOST_WAITING:
                    return
            killer.watch()
            if taken_in:
                time.sleep(0.2)
            if time.monotonic() > until:
                self.report.findings.append(
                    f"{STEP_SECONDS:g} s after kill {number} only {self.report.ledger.sent} images "
                    f"of {due} were taken in, or too many still wait: {killer.product.waiting()}"
                )
                return

    def _verify(self, product: Product) -> None:
        """Have the product tidy up after the kills, and then find nothing wrong any more."""
        mended = product.command("verify", "--repair", "--many", "--grace", "0", "--json")
        with suppress(ValueError):
            for each in json.loads(mended.stdout)["findings"]:
                self.report.mended[each["kind"]] = each["mended"]
        for done in (mended, product.command("verify", "--grace", "0")):
            if done.returncode != 0:
                self.report.findings.append(
                    f"verify ends with {done.returncode}: {(done.stdout + done.stderr)[-800:]}"
                )


def say(text: str) -> None:
    with suppress(OSError):
        print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)
