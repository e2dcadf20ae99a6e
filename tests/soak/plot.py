"""The samples as a picture."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot

from tests.soak.growth import warm_up
from tests.soak.samples import Series


def plot(series: Mapping[str, Series], path: Path, title: str) -> None:
    figure, (memory, files) = pyplot.subplots(2, 1, figsize=(11, 8), sharex=True)
    for name, each in series.items():
        minutes = [second / 60 for second in each.seconds]
        (line,) = memory.plot(minutes, each.private_mb, label=name)
        memory.plot(minutes, each.resident_mb, color=line.get_color(), alpha=0.35, linewidth=0.8)
        files.plot(minutes, each.files, color=line.get_color(), label=name)
    end = max((each.seconds[-1] for each in series.values() if each.seconds), default=0)
    for axes in (memory, files):
        axes.axvspan(0, warm_up(end) / 60, color="0.93")
        axes.grid(alpha=0.3)
        axes.set_ylim(bottom=0)
    memory.set_title(title)
    memory.set_ylabel("memory in MB: private (pale: resident)")
    memory.legend(loc="upper right", fontsize="small")
    files.set_ylabel("open files")
    files.set_xlabel("minutes (grey: warm-up, not judged)")
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
