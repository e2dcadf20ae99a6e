"""Run the crash test and print what came of it; exit 1 if anything is wrong."""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.crash.plan import Limits
from tests.crash.run import Report, Run, say
from tests.crash.weather import MODES

MOST_FINDINGS = 40


def main(arguments: list[str] | None = None) -> int:
    options = _parse(arguments)
    seed = random.SystemRandom().randrange(10**6) if options.seed is None else options.seed
    limits = Limits(options.kills, options.uploads, seed, options.clients)
    say(f"Seed {seed}: {limits.kills} kills over {limits.uploads} uploads")
    folder = Path(tempfile.mkdtemp(prefix="aoi-crash-"))
    report = Run(folder, limits, options.minutes * 60).run()
    print(text_of(report), flush=True)
    if report.findings or options.keep:
        print(f"Data, logs and journal are in {folder}")
    else:
        shutil.rmtree(folder)
    return 1 if report.findings else 0


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--uploads", type=int, default=5000, help="images, in all")
    parser.add_argument("--seed", type=int, help="default: a new one, which is printed")
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--minutes", type=float, default=60, help="at most; else it has failed")
    parser.add_argument("--keep", action="store_true", help="keep data and logs in any case")
    return parser.parse_args(arguments)


def text_of(report: Report) -> str:
    ledger, counts, inspections = report.ledger, report.counts, report.inspections
    alone = sum(not sent.deleted for sent in ledger.singles)
    never = [mode for mode in MODES if mode not in inspections.faults]
    lines = [
        "",
        f"Crash test, seed {report.limits.seed}: {report.seconds:.0f} s",
        f"  uploads      {len(ledger.pictures)} images: {alone} alone, "
        f"{counts['batches']} batches; {counts['rejected']} bad files rejected; "
        f"{ledger.deleted} images more deleted again",
        f"  kills        {report.kills.total()}: {_list(report.kills)}",
        f"               launcher ended by itself: {report.launcher_gave_up}",
        f"  faults       {inspections.faults.total()}: {_list(inspections.faults)}",
        f"               never came: {', '.join(never[:12]) or 'none'}"
        + (f" and {len(never) - 12} more" if len(never) > 12 else ""),
        f"               of the whole service: {_list(report.troubles)}",
        f"  answers      {_list(ledger.answers)}",
        f"  sent again   {ledger.resends.total()}: {_list(ledger.resends)}",
        f"               asked only at the end, by key: {counts['resolved by key']}",
        f"  failed       {report.failures.total()}, retried by {counts['retries']} calls",
        *(f"               {number:5d} {kind}" for kind, number in report.failures.most_common()),
        f"  inspections  {inspections.calls} calls, {inspections.answered} answered whole; "
        f"again after a kill: {inspections.repeated}",
        f"  compared     {counts['files compared']} files, byte for byte",
        f"  verify       has tidied up {_list(report.mended)}",
        f"  at the end   {counts['done']} done, {report.lost} lost, {report.twice} twice",
    ]
    findings = report.findings[:MOST_FINDINGS]
    lines += [f"  WRONG        {finding}" for finding in findings]
    if len(report.findings) > len(findings):
        lines.append(f"  WRONG        and {len(report.findings) - len(findings)} more")
    lines.append("Failed." if findings else "Passed: nothing lost, nothing twice.")
    return "\n".join(lines)


def _list(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.most_common()) or "none"


if __name__ == "__main__":
    sys.exit(main())
