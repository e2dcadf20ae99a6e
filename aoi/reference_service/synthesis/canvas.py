"""A tile under work: the picture and the exact mask of what was stamped on it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from functools import wraps
from typing import Concatenate, ParamSpec

import cv2
import numpy as np

from .arrays import Bytes, Floats, Points, Random


class Defect(IntEnum):
    """Class ids of the service; 0 is clean."""

    PI_PARTICLE = 1
    PR_PEELING = 2
    COPPER_NODULE = 3
    ENV_PARTICLE = 4


SUPERSAMPLING = 4
_VISIBLE_LEVELS = 15.0  # grey levels by which a pixel must change to be seen
_VISIBLE_SHARE = 0.6  # share of a defect's pixels that must be seen

P = ParamSpec("P")


@dataclass
class Canvas:
    """Picture (float32 grey levels) and mask (class ids) of one tile."""

    image: Floats
    mask: Bytes

    def level_at(self, x: float, y: float, reach: int = 4) -> float:
        """Return the typical grey level around a point."""
        height, width = self.image.shape
        row, column = int(np.clip(y, 0, height - 1)), int(np.clip(x, 0, width - 1))
        area = self.image[max(0, row - reach) : row + reach + 1, :]
        return float(np.median(area[:, max(0, column - reach) : column + reach + 1]))

    def window(self, x0: int, y0: int, shape: tuple[int, ...]) -> tuple[slice, slice, slice, slice]:
        """Clip a stamp at (x0, y0) to the tile: its rows and columns there, then its own."""
        height, width = self.image.shape
        top, left = max(0, y0), max(0, x0)
        bottom, right = max(top, min(height, y0 + shape[0])), max(left, min(width, x0 + shape[1]))
        return (
            slice(top, bottom),
            slice(left, right),
            slice(top - y0, bottom - y0),
            slice(left - x0, right - x0),
        )

    def shade(self, x0: int, y0: int, opacity: Floats, level: float | Floats) -> None:
        """Blend a grey level (one, or one a pixel) into the picture with this opacity."""
        rows, columns, own_rows, own_columns = self.window(x0, y0, opacity.shape)
        view = self.image[rows, columns]
        wanted = level[own_rows, own_columns] if isinstance(level, np.ndarray) else level
        view += (wanted - view) * opacity[own_rows, own_columns]

    def mark(self, x0: int, y0: int, coverage: Floats, defect: Defect) -> None:
        """Write the class wherever the shape covers half a pixel or more."""
        rows, columns, own_rows, own_columns = self.window(x0, y0, coverage.shape)
        self.mask[rows, columns][coverage[own_rows, own_columns] >= 0.5] = defect

    def is_free(self, x: float, y: float, reach: float) -> bool:
        """Tell whether no defect was stamped near the point."""
        rows, columns, _, _ = self.window(
            int(x - reach), int(y - reach), (int(2 * reach) + 1, int(2 * reach) + 1)
        )
        return not self.mask[rows, columns].any()


def cover(points: Points, margin: int = 3) -> tuple[Floats, int, int]:
    """Cover a polygon (n, 2) given in tile pixels: coverage from 0 to 1 and its corner x, y."""
    low = np.floor(points.min(axis=0)).astype(int) - margin
    span = np.ceil(points.max(axis=0)).astype(int) + margin - low
    sheet = np.zeros((int(span[1]) * SUPERSAMPLING, int(span[0]) * SUPERSAMPLING), np.uint8)
    # The half pixel moves from pixel centres, where cv2 counts, to pixel corners.
    local = ((points - low + 0.5) * SUPERSAMPLING - 0.5) * 16
    cv2.fillPoly(sheet, [local.astype(np.int32)], 255, cv2.LINE_8, 4)
    small = cv2.resize(sheet, (int(span[0]), int(span[1])), interpolation=cv2.INTER_AREA)
    return small.astype(np.float32) / 255, int(low[0]), int(low[1])


def only_visible(
    stamp: Callable[Concatenate[Random, Canvas, P], None],
) -> Callable[Concatenate[Random, Canvas, P], None]:
    """Undo a stamp that can hardly be seen, such as a dark speck on a dark ring.

    A label on what nobody can see teaches a network to guess.
    """

    @wraps(stamp)
    def checked(rng: Random, canvas: Canvas, /, *args: P.args, **kwargs: P.kwargs) -> None:
        image, mask = canvas.image.copy(), canvas.mask.copy()
        stamp(rng, canvas, *args, **kwargs)
        marked = canvas.mask != mask
        if not marked.any():
            return
        change = np.abs(canvas.image[marked] - image[marked])
        if float((change >= _VISIBLE_LEVELS).mean()) < _VISIBLE_SHARE:
            canvas.image[:], canvas.mask[:] = image, mask

    return checked
