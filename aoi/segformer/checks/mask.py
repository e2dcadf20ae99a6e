"""Compare the regions that an answer lists with the mask that it sends."""

from __future__ import annotations

import io
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from aoi.segformer.analysis import Answer, ClassResult, Region

COLOURS = {1: (255, 0, 0), 2: (0, 255, 0), 3: (0, 0, 255), 4: (255, 255, 0)}
Plane = NDArray[np.bool_]


def oddities(answer: Answer) -> Iterator[str]:
    """Say where mask and regions do not tell of the same defects."""
    try:
        with Image.open(io.BytesIO(answer.mask)) as image:
            if image.mode != "RGB":
                yield f"the mask has the mode {image.mode} instead of RGB"
            pixels = np.asarray(image.convert("RGB"))
    except (OSError, SyntaxError, ValueError) as err:
        yield f"the mask cannot be decoded: {err}"
        return
    if pixels.shape[:2] != (answer.analysis.height, answer.analysis.width):
        return  # told already, and nothing to compare
    codes = pixels.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], np.uint32)
    known = [0, *(_code(colour) for colour in COLOURS.values())]
    strange = int((~np.isin(codes, known)).sum())
    if strange:
        yield f"{strange} pixels of the mask have a colour that stands for no class"
    for found in answer.analysis.classes:
        if found.class_id in COLOURS:
            yield from _class_oddities(found, codes == _code(COLOURS[found.class_id]))


def _class_oddities(found: ClassResult, plane: Plane) -> Iterator[str]:
    outside = plane.copy()
    for region in found.regions:
        box = _box(region, plane)
        outside[_rows(region), _columns(region)] = False
        name = f"region {region.region_id} of {found.class_name}"
        if box.shape != (region.bbox_height, region.bbox_width):
            yield f"the bounding box of {name} is not within the image"
        elif not _is_tight(box):
            yield f"the bounding box of {name} does not fit the mask"
        if not _holds_centroid(region):
            yield f"the centroid of {name} is not within its bounding box"
        if region.area_pixels > region.bbox_width * region.bbox_height:
            yield f"the area of {name} is larger than its bounding box"
    if left := int(outside.sum()):
        yield f"{left} pixels of {found.class_name} in the mask belong to no listed region"


def _code(colour: tuple[int, int, int]) -> int:
    red, green, blue = colour
    return red << 16 | green << 8 | blue


def _rows(region: Region) -> slice:
    return slice(region.bbox_y, region.bbox_y + region.bbox_height)


def _columns(region: Region) -> slice:
    return slice(region.bbox_x, region.bbox_x + region.bbox_width)


def _box(region: Region, plane: Plane) -> Plane:
    return plane[_rows(region), _columns(region)]


def _is_tight(box: Plane) -> bool:
    """Tell whether the class touches all four sides of a box."""
    return bool(
        box.size and box[0].any() and box[-1].any() and box[:, 0].any() and box[:, -1].any()
    )


def _holds_centroid(region: Region) -> bool:
    return (
        region.bbox_x <= region.centroid_x <= region.bbox_x + region.bbox_width - 1
        and region.bbox_y <= region.centroid_y <= region.bbox_y + region.bbox_height - 1
    )
