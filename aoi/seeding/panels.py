"""What comes in: panels with their names, sizes, batches, and how their inspection ended."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aoi.seeding.shifts import Moments, ids_at

Texts = NDArray[np.bytes_]
Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Dice = np.random.Generator

MOST_OF_A_BATCH = 1000
# Width and height in pixels, and how many panels have them.
SHAPES = np.array([(1792, 1792), (2048, 1536), (4096, 4096), (1024, 1024)])
SHAPE_SHARES = (0.88, 0.06, 0.02, 0.04)
EXTENSIONS, EXTENSION_SHARES = np.array([b"png", b"jpg", b"tif", b"bmp"]), (0.7, 0.18, 0.08, 0.04)
PRODUCTS = np.array([b"PANEL", b"FO12-RDL1", b"FO12-RDL2", b"FO16-UBM", b"PLP515", b"REWORK"])
PRODUCT_SHARES = (0.6, 0.12, 0.12, 0.08, 0.06, 0.02)
LINES = 6
# Between two files of a batch, as they are received.
APART = np.timedelta64(20_000, "us")


@dataclass(frozen=True)
class Panels:
    """Uploads of a stretch of time, in its order.

    `batch` numbers the batches of the stretch and is -1 for none; `position` counts in it.
    """

    ids: Texts
    came: Moments
    ended: Moments
    seconds: Floats
    batch: Integers
    position: Integers
    done: Flags
    refused: Flags
    width: Integers
    height: Integers
    stems: Texts
    extensions: Texts

    @property
    def names(self) -> Texts:
        return joined(self.stems, b".", self.extensions)

    @property
    def input_paths(self) -> Texts:
        return joined(b"uploads/", self.days, b"/", self.ids, b"_", self.names)

    @property
    def days(self) -> Texts:
        return self.ids.astype("S8")

    def result_paths(self, kind: bytes) -> Texts:
        return joined(b"results/", self.days, b"/", self.ids, b"/", self.ids, b"_", kind, b".png")

    def inspected(self) -> Panels:
        """Return those that have a result."""
        return Panels(**{name: values[self.done] for name, values in vars(self).items()})


def draw(came: Moments, first: int, not_done: int, batches: int, dice: Dice) -> Panels:
    """Draw a panel for each moment; `first` is the number of the first, `not_done` a count."""
    size = len(came)
    batch, position = _batched(size, batches, dice)
    came, batch, position = _together(came, batch, position)
    done = np.ones(size, np.bool_)
    done[dice.choice(size, not_done, replace=False)] = False
    shapes = SHAPES[dice.choice(len(SHAPES), size, p=SHAPE_SHARES)]
    seconds = np.minimum(0.4 + dice.gamma(2.2, 0.15, size) * shapes[:, 0] / 1792, 1.5)
    took = seconds + dice.exponential(0.4, size)
    return Panels(
        ids=ids_at(came, dice),
        came=came,
        ended=came + (took * 1e6).astype("m8[us]"),
        seconds=seconds,
        batch=batch,
        position=position,
        done=done,
        # Of files that came alone the sender was told, and nothing was kept.
        refused=~done & (batch >= 0) & (dice.random(size) < 0.5),
        width=shapes[:, 0],
        height=shapes[:, 1],
        stems=_stems(first + np.arange(size), dice),
        extensions=dice.choice(EXTENSIONS, size, p=EXTENSION_SHARES),
    )


def _batched(size: int, batches: int, dice: Dice) -> tuple[Integers, Integers]:
    """Put about half of the uploads into batches of neighbours."""
    batch, position = np.full(size, -1), np.zeros(size, np.int64)
    batches = min(batches, size // 2)
    if batches:
        edges = np.sort(dice.choice(size + 1, 2 * batches, replace=False))
        starts = edges[::2]
        sizes = np.minimum(edges[1::2] - starts, MOST_OF_A_BATCH)
        number = np.repeat(np.arange(batches), sizes)
        index = np.arange(len(number)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        batch[starts[number] + index] = number
        position[starts[number] + index] = index + 1
    return batch, position


def _together(
    came: Moments, batch: Integers, position: Integers
) -> tuple[Moments, Integers, Integers]:
    """Let the files of a batch come in one call, so one after the other, and order all anew."""
    calls = came[np.maximum.accumulate(np.where(position == 1, np.arange(len(came)), 0))]
    came = np.where(batch >= 0, np.minimum(calls + position * APART, came[-1]), came)
    order = np.lexsort((position, came))
    return came[order], batch[order], position[order]


def _stems(numbers: Integers, dice: Dice) -> Texts:
    """Name files as lines do: both sides of a panel, panels counted up."""
    lines = dice.integers(1, LINES + 1, len(numbers)).astype("S1")
    products = dice.choice(PRODUCTS, len(numbers), p=PRODUCT_SHARES)
    panels = np.strings.zfill((numbers // 2 % 1_000_000).astype("S6"), 6)
    sides = np.where(numbers % 2 == 0, b"T", b"B")
    return joined(b"L", lines, b"_", products, b"-", panels, b"_", sides)


def joined(*parts: Texts | bytes) -> Texts:
    """Return texts put together, row by row."""
    whole = parts[0]
    for part in parts[1:]:
        whole = np.strings.add(whole, part)
    return np.asarray(whole, np.bytes_)
