"""The rows of each table, as columns."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from aoi.exceptions import BadAnswer, InferenceTimeout, ServiceUnreachable
from aoi.models import Status
from aoi.seeding.binary import Column, floats, integers, moments, texts
from aoi.seeding.defects import NAMES, Findings
from aoi.seeding.panels import Dice, Integers, Panels, Texts, joined
from aoi.seeding.shifts import ids_at

Columns = Mapping[str, Column]

REFUSED = "The image is damaged or cut short and cannot be decoded. Send the whole file again."
FAILURES = (ServiceUnreachable(), InferenceTimeout(), BadAnswer())
BYTES_A_PIXEL = 0.6
MODEL = b"segformer"
SEPARATOR = b", "
HEX = np.frombuffer(b"0123456789abcdef", np.uint8)


def batches_and_uploads(
    panels: Panels, by_class: Integers, areas: Integers, dice: Dice
) -> dict[str, Columns]:
    """Return both tables; counts and areas (images, classes) are of the inspected ones."""
    started = np.flatnonzero(panels.position == 1)
    batch_ids = ids_at(panels.came[started], dice)
    batches = {
        "batch_id": texts(batch_ids),
        "created_at": moments(panels.came[started]),
    }
    return {"batches": batches, "uploads": _uploads(panels, batch_ids, by_class, areas, dice)}


def _uploads(
    panels: Panels, batch_ids: Texts, by_class: Integers, areas: Integers, dice: Dice
) -> Columns:
    size, done, kept = len(panels.ids), panels.done, ~panels.refused
    in_batch = panels.batch >= 0
    of_batch = batch_ids[panels.batch] if len(batch_ids) else np.zeros(size, "S24")
    failed = ~done & kept
    cause = dice.integers(0, len(FAILURES), size)
    errors = np.array([each.message.encode() for each in FAILURES])[cause]
    codes = np.array([each.code.encode() for each in FAILURES])[cause]
    status = np.where(done, Status.DONE.value, Status.FAILED.value).astype(np.bytes_)
    zeros = np.zeros(size, np.int64)
    return {
        "img_unique_id": texts(panels.ids),
        "batch_id": texts(of_batch, in_batch),
        "position": integers(panels.position, in_batch),
        "original_filename": texts(panels.names),
        "size_bytes": integers(_sizes(panels, dice)),
        "sha256": texts(_hashes(size, dice), kept),
        "input_image_path": texts(panels.input_paths, kept),
        "status": texts(np.where(kept, status, Status.REJECTED.value.encode())),
        "attempts": integers(kept),
        "interruptions": integers(zeros),
        "postponements": integers(zeros),
        "error": texts(np.where(kept, errors, REFUSED.encode()), ~done),
        "error_code": texts(codes, failed),
        "model_version": texts(np.full(size, MODEL), done),
        "total_defects": integers(_spread(by_class.sum(axis=1), panels), done),
        "defect_classes": texts(_spread(_defect_classes(by_class), panels), done),
        "class_totals": texts(_spread(_class_totals(by_class, areas), panels), done),
        "processing_time_seconds": floats(panels.seconds, done),
        "created_at": moments(panels.came),
        "updated_at": moments(np.where(kept, panels.ended, panels.came)),
    }


def images(panels: Panels) -> Columns:
    """Return the table of inspected panels."""
    return {
        "img_unique_id": texts(panels.ids),
        "image_height": integers(panels.height),
        "image_width": integers(panels.width),
        "processing_time_seconds": floats(panels.seconds),
        "timestamp": moments(panels.came),
        "input_image_path": texts(panels.input_paths),
        "result_image_1_path": texts(panels.result_paths(b"combined")),
        "result_image_2_path": texts(panels.result_paths(b"mask")),
        "result_image_3_path": texts(panels.result_paths(b"overlay")),
        "created_at": moments(panels.ended),
    }


def classes(panels: Panels, by_class: Integers, areas: Integers) -> Columns:
    """Return the table of classes, zero ones included."""
    ids = np.repeat(panels.ids, len(NAMES))
    number = np.tile(np.arange(len(NAMES)), len(panels.ids))
    return {
        "class_unique_id": texts(_class_ids(ids, number)),
        "img_unique_id": texts(ids),
        "class_id": integers(number + 1),
        "class_name": texts(np.array(NAMES, np.bytes_)[number]),
        "total_regions": integers(by_class.reshape(-1)),
        "total_area_pixels": integers(areas.reshape(-1)),
        "created_at": moments(np.repeat(panels.ended, len(NAMES))),
    }


def regions(panels: Panels, found: Findings) -> Columns:
    """Return the table of regions, by image, class and number."""
    ids = panels.ids[found.image]
    class_ids = _class_ids(ids, found.of_class)
    return {
        "region_unique_id": texts(joined(class_ids, b"_", found.number.astype("S4"))),
        "class_unique_id": texts(class_ids),
        "img_unique_id": texts(ids),
        "region_id": integers(found.number),
        "centroid_x": floats(found.centroid[0]),
        "centroid_y": floats(found.centroid[1]),
        "bbox_x": integers(found.corner[0]),
        "bbox_y": integers(found.corner[1]),
        "bbox_width": integers(found.box[0]),
        "bbox_height": integers(found.box[1]),
        "area_pixels": integers(found.area),
        "perimeter": floats(found.perimeter),
        "major_axis": floats(found.major),
        "minor_axis": floats(found.minor),
        "circularity": floats(found.circularity),
        "aspect_ratio": floats(found.aspect_ratio),
        "created_at": moments(panels.ended[found.image]),
    }


def _class_ids(ids: Texts, number: Integers) -> Texts:
    return joined(ids, b"_", (number + 1).astype("S1"))


def _sizes(panels: Panels, dice: Dice) -> Integers:
    spread = dice.lognormal(0, 0.25, len(panels.ids))
    return (panels.width * panels.height * BYTES_A_PIXEL * spread).astype(np.int64)


def _hashes(size: int, dice: Dice) -> Texts:
    return HEX[dice.integers(0, 16, (size, 64))].view("S64").reshape(-1)


def _spread(values: np.ndarray, panels: Panels) -> np.ndarray:
    """Give the inspected panels their values, and all others an empty one."""
    out = np.zeros(len(panels.ids), values.dtype)
    out[panels.done] = values
    return out


def _defect_classes(by_class: Integers) -> Texts:
    """Return the JSON of the upload's counts: the classes that have regions, in their order."""
    entries = (
        np.where(count > 0, joined(f'"{name}": '.encode(), count.astype("S4"), SEPARATOR), b"")
        for name, count in zip(NAMES, by_class.T, strict=True)
    )
    return joined(b"{", np.strings.rstrip(joined(*entries), SEPARATOR), b"}")


def _class_totals(by_class: Integers, areas: Integers) -> Texts:
    """Return the JSON of what `classes` tells, zero ones included."""
    entries = (
        joined(
            f'{{"class_id": {number}, "class_name": "{name}", "regions": '.encode(),
            by_class[:, number - 1].astype("S4"),
            b', "area_pixels": ',
            areas[:, number - 1].astype("S10"),
            b"}" + SEPARATOR * (number < len(NAMES)),
        )
        for number, name in enumerate(NAMES, 1)
    )
    return joined(b"[", *entries, b"]")
