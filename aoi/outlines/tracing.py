"""Trace the outer boundary of each region along its pixels' edges.

OpenCV's contour goes through the middles of the boundary pixels; the polygon here goes round them,
so that it encloses exactly the region's pixels, is whole for a single pixel too, and gives the
same pixels again when it is filled. Corners count from the image's top left: the pixel (0, 0)
has the outline [0, 0], [1, 0], [1, 1], [0, 1].
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aoi.outlines.classmap import OTHER, ClassMap
from aoi.segformer.checks.mask import COLOURS

Points = NDArray[Any]
Polygon = list[list[int]]
Box = tuple[int, int, int, int]

# The sides of a pixel in the order in which a boundary is followed, and where each begins.
TOP, RIGHT, BOTTOM, LEFT = range(4)
CORNERS = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], np.int32)
# By the step (dy, dx) from one boundary pixel to the next, from -1 to 1 each: the side of the
# next pixel that the boundary comes to first, and the side of this one that it leaves last.
ENTERED = np.array([[BOTTOM, LEFT, LEFT], [BOTTOM, -1, TOP], [RIGHT, RIGHT, TOP]])
LEFT_LAST = np.array([[LEFT, LEFT, TOP], [BOTTOM, -1, TOP], [BOTTOM, RIGHT, RIGHT]])


def trace(classes: ClassMap) -> Iterator[tuple[int, Box, Polygon]]:
    """Yield class, bounding box (x, y, width, height) and outline of each region of a class map.

    A region is an 8-connected component of one class, as SegFormer counts them.
    """
    import cv2

    around = cv2.boundingRect(classes)
    used = _within(around, classes)
    for class_id in (*COLOURS, OTHER) if used.size else ():
        plane = cv2.inRange(used, class_id, class_id)
        box = cv2.boundingRect(plane)
        part = _within(box, plane)
        if not part.size:
            continue
        offset = around[0] + box[0], around[1] + box[1]
        # CCOMP rather than EXTERNAL, which leaves out regions that lie in the hole of another.
        found, kinship = cv2.findContours(
            part, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE, offset=offset
        )
        outer = [found[n][::-1, 0, :] for n, kin in enumerate(kinship[0]) if kin[3] < 0]
        for box, polygon in _outlines(outer):
            yield class_id, box, polygon


def _within(box: Sequence[int], plane: NDArray[Any]) -> NDArray[Any]:
    left, top, width, height = box
    return plane[top : top + height, left : left + width]


def _outlines(contours: list[Points]) -> Iterator[tuple[Box, Polygon]]:
    """Yield box and outline for contours through pixels, clockwise; all of them at once."""
    points = np.concatenate(contours)
    ends = np.cumsum([len(contour) for contour in contours])
    starts = np.concatenate(([0], ends[:-1]))
    corners, sizes = _sides(points, starts, ends)
    low = np.minimum.reduceat(points, starts)
    extent = np.maximum.reduceat(points, starts) - low + 1
    boxes = np.concatenate((low, extent), axis=1).tolist()
    polygons = iter(corners.tolist())
    for box, size in zip(boxes, sizes.tolist(), strict=True):
        yield tuple(box), list(islice(polygons, size))


def _sides(
    points: Points, starts: NDArray[np.intp], ends: NDArray[np.intp]
) -> tuple[Points, NDArray[np.intp]]:
    """Return the corners at which the boundary turns, and how many each contour has."""
    following = np.arange(1, len(points) + 1)
    following[ends - 1] = starts
    step = points[following] - points + 1
    leaving = LEFT_LAST[step[:, 1], step[:, 0]]
    entering = np.empty_like(leaving)
    entering[following] = ENTERED[step[:, 1], step[:, 0]]
    passed = (leaving - entering) % 4 + 1
    alone = leaving < 0  # a single pixel is its own next one
    entering[alone], passed[alone] = TOP, 4
    # Each side that is passed, in order: its pixel, its number.
    last = np.cumsum(passed)
    pixel = np.repeat(np.arange(len(points)), passed)
    side = (entering[pixel] + np.arange(last[-1]) - (last - passed)[pixel]) % 4
    before = np.arange(-1, len(side) - 1)
    begins = (last - passed)[starts]
    before[begins] = last[ends - 1] - 1
    turns = side != side[before]
    corners = points[pixel[turns]] + CORNERS[side[turns]]
    return corners, np.add.reduceat(turns, begins, dtype=np.intp)
