"""Make the pyramid of one picture: `python -m aoi.tiles.build`, a process that ends with it.

So libvips, its threads and its memory never come into the web processes, and a picture that
breaks the decoder breaks nothing else.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import resource
import signal
import sys
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from aoi.durable import sync
from aoi.slots import Slots
from aoi.tiles.deepzoom import EXACT, FORMATS
from aoi.tiles.places import DRAFTS, LOCKS, Place, only_one, publish, trim
from aoi.tiles.pyramid import PALETTE, copy_upper_levels

# Room for a progressive JPEG of 300 megapixels, which is decoded as a whole; others take 0.2 GB.
MEMORY_BYTES = 4 * 1024**3
CPU_SECONDS = 600
# Pyramids made at once on this host; those that nobody waits for leave one place free.
AT_ONCE = 2
# At most 2048 px: what fills a screen.
COARSE_LEVEL = 11
PATIENT_NICENESS = 10
_PR_SET_PDEATHSIG = 1
JPEG = "[Q=90,keep=none]"
PNG = "[compression=4,keep=none]"


def main(arguments: list[str]) -> int:
    """Make the pyramid that the arguments name, unless another process just did."""
    parser = argparse.ArgumentParser()
    parser.add_argument("root", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("kind", choices=sorted(FORMATS))
    parser.add_argument("source", type=Path)
    parser.add_argument("--limit", type=int, required=True)
    parser.add_argument("--patient", action="store_true")
    given = parser.parse_args(arguments)
    _bound(given.patient)
    slots = Slots(given.root / LOCKS / "slots", AT_ONCE - given.patient)
    place = Place.of(given.folder, given.kind, given.source)
    with only_one(given.root, str(place.full)), slots.hold():
        if not place.full.exists():
            make(place, given.root)
    trim(given.root, given.limit, keep=place.full)
    return 0


def make(place: Place, root: Path) -> None:
    """Make a pyramid, and a coarse one that outlasts it; but for masks that comes first."""
    from aoi.tiles import pixels  # it loads libvips

    if FORMATS[place.kind] is EXACT:
        image, palette = pixels.as_indices(place.source, pixels.open_picture(place.source))
        # Of four pixels the highest index stays: no colour is made up, no small defect lost.
        shrink = "max" if palette or image.bands == 1 else "nearest"
        _write(image, place, place.full, root, PNG, shrink, palette)
    else:
        if (coarse := pixels.open_coarse(place.source)) is not None:
            _write(coarse, place, place.coarse, root, JPEG)
        _write(pixels.open_picture(place.source), place, place.full, root, JPEG)
    _publish(place, place.coarse, root, partial(copy_upper_levels, place.full, COARSE_LEVEL))


def _write(
    image: Any,
    place: Place,
    target: Path,
    root: Path,
    options: str,
    shrink: str = "mean",
    palette: bytes | None = None,
) -> None:
    form = FORMATS[place.kind]

    def write(draft: Path) -> None:
        image.dzsave(
            str(draft),
            container="zip",
            compression=0,
            imagename="p",
            suffix=f".{form.extension}{options}",
            tile_size=form.size,
            overlap=form.overlap,
            region_shrink=shrink,
        )
        if palette is not None:
            with zipfile.ZipFile(draft, "a") as archive:
                archive.writestr(PALETTE, palette)

    _publish(place, target, root, write)


def _publish(place: Place, target: Path, root: Path, write: Callable[[Path], None]) -> None:
    """Put under its name what `write` makes, once it is whole and on the disk."""
    draft = root / DRAFTS / f"{place.folder.name}-{target.name}.{os.getpid()}"
    draft.parent.mkdir(parents=True, exist_ok=True)
    try:
        write(draft)
        sync(draft)
        publish(draft, target)
    finally:
        draft.unlink(missing_ok=True)
    if not place.is_current():
        # Deleted, or inspected again, in the meantime: its tiles go with it.
        target.unlink(missing_ok=True)
        raise FileNotFoundError("the picture was taken away or replaced")


def _bound(patient: bool) -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    os.environ.setdefault("VIPS_CONCURRENCY", "2")
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    if patient:
        os.nice(PATIENT_NICENESS)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
