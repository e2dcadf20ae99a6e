"""What SegFormer found in one image, typed and named as in the tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Region(NamedTuple):
    """One connected defect; lengths and positions in pixels of the input image.

    A named tuple: an answer may hold ten thousand, and `_asdict()` is a row of `regions`.
    """

    region_id: int
    centroid_x: float
    centroid_y: float
    bbox_x: int
    bbox_y: int
    bbox_width: int
    bbox_height: int
    area_pixels: int
    perimeter: float
    major_axis: float
    minor_axis: float
    circularity: float
    aspect_ratio: float


@dataclass(frozen=True, slots=True)
class ClassResult:
    """One defect class with its regions, none of them too."""

    class_id: int
    class_name: str
    total_regions: int
    total_area_pixels: int
    regions: list[Region]


@dataclass(frozen=True, slots=True)
class Analysis:
    """The `analysis_results` of one answer; `height` and `width` are the image's, in pixels."""

    height: int
    width: int
    classes: list[ClassResult]
    processing_time_seconds: float

    @property
    def total_defects(self) -> int:
        return sum(item.total_regions for item in self.classes)


@dataclass(frozen=True, slots=True)
class Answer:
    """One whole answer of the service: three PNG files and the analysis.

    `analysis_json` is the `analysis_results` object byte for byte as it was sent.
    """

    combined: bytes
    mask: bytes
    overlay: bytes
    analysis_json: bytes
    analysis: Analysis
    total_defects: int
