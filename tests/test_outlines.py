from __future__ import annotations

import dataclasses
import io
import os
import time
from datetime import timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image
from pycocotools import mask as coco_mask

from aoi.outlines.cache import kept, read_index_png, read_outlines, trim
from aoi.outlines.classmap import OTHER, UnreadableMask, read_class_map
from aoi.outlines.tracing import Polygon, trace
from aoi.storage import Storage
from tests.masks import PIXELS, add_masked, store_mask
from tests.records import NOON

# pycocotools speaks to numpy 1.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def filled(polygon: Polygon, height: int, width: int) -> np.ndarray:
    """Return the pixels in a polygon, as pycocotools has them."""
    flat = [float(value) for corner in polygon for value in corner]
    return coco_mask.decode(coco_mask.frPyObjects([flat], height, width))[:, :, 0]


def without_holes(plane: np.ndarray) -> np.ndarray:
    outside = cv2.connectedComponents(1 - np.pad(plane, 1), connectivity=4)[1]
    return (outside != outside[0, 0])[1:-1, 1:-1].astype(np.uint8)


class TestTracing:
    @settings(
        max_examples=150,
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(
        arrays(
            np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9)), elements=st.integers(0, 1)
        )
    )
    def test_filled_again_outlines_are_the_regions(self, plane: np.ndarray) -> None:
        traced = {box: polygon for _, box, polygon in trace(plane)}
        count, labels, stats, _ = cv2.connectedComponentsWithStats(plane, connectivity=8)
        assert len(traced) == count - 1
        for label in range(1, count):
            box = tuple(int(value) for value in stats[label][:4])
            region = without_holes((labels == label).astype(np.uint8))
            assert (filled(traced[box], *plane.shape) == region).all()

    def test_one_pixel_is_a_square(self) -> None:
        plane = np.zeros((5, 5), np.uint8)
        plane[2, 3] = 4
        assert list(trace(plane)) == [(4, (3, 2, 1, 1), [[3, 2], [4, 2], [4, 3], [3, 3]])]

    def test_region_in_the_hole_of_another_is_one_of_its_own(self) -> None:
        plane = np.pad(np.pad(np.ones((1, 1), np.uint8), 1), 1, constant_values=1)
        assert sorted(box for _, box, _ in trace(plane)) == [(0, 0, 5, 5), (2, 2, 1, 1)]


class TestClassMap:
    def test_colours_become_class_numbers(self, tmp_path: Path) -> None:
        colours = [(0, 0, 0), (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0), (254, 0, 0)]
        Image.fromarray(np.array([colours], np.uint8)).save(tmp_path / "mask.png")
        assert read_class_map(tmp_path / "mask.png").tolist() == [[0, 1, 2, 3, 4, OTHER]]

    @pytest.mark.parametrize("data", [b"", b"no image", "cut"])
    def test_what_is_no_whole_picture_is_told(self, data: bytes | str, tmp_path: Path) -> None:
        if isinstance(data, str):
            whole = io.BytesIO()
            Image.effect_noise((99, 99), 50).convert("RGB").save(whole, "PNG")
            data = whole.getvalue()[:4000]
        (tmp_path / "mask.png").write_bytes(data)
        with pytest.raises(UnreadableMask):
            read_class_map(tmp_path / "mask.png")


class TestKept:
    @pytest.fixture
    def storage(self, app: Flask) -> Storage:
        storage: Storage = app.extensions["aoi_storage"]
        return storage

    def test_regions_have_the_outlines_of_their_pixels(
        self, app: Flask, client: FlaskClient
    ) -> None:
        unique_id = add_masked(app)
        plain = client.get(f"/images/{unique_id}/regions").json
        answer = client.get(f"/images/{unique_id}/regions?outlines=1").json
        assert answer and plain
        shown = np.zeros_like(PIXELS)
        for each in answer["classes"]:
            for region in each["regions"]:
                outline = region.pop("outline")
                shown[filled(outline, *PIXELS.shape) == 1] = each["class_id"]
        assert (shown == PIXELS).all()
        assert answer == plain

    def test_a_region_that_the_mask_does_not_hold_has_none(
        self, app: Flask, client: FlaskClient, storage: Storage
    ) -> None:
        unique_id = add_masked(app)
        store_mask(storage, unique_id, np.zeros_like(PIXELS))
        answer = client.get(f"/images/{unique_id}/regions?outlines=1&class_name=PR_Peeling").json
        assert answer and [each["outline"] for each in answer["classes"][0]["regions"]] == [None]

    def test_a_missing_mask_leaves_the_regions(self, app: Flask, client: FlaskClient) -> None:
        unique_id = add_masked(app, mask=False)
        answer = client.get(f"/images/{unique_id}/regions?outlines=1").json
        assert answer and answer["total_regions"] == 3

    def test_the_mask_is_read_once(self, app: Flask, storage: Storage) -> None:
        unique_id = add_masked(app)
        first = read_outlines(storage, unique_id)
        mask = storage.absolute(storage.result_path(unique_id, "mask"))
        made = mask.stat().st_mtime_ns
        mask.write_bytes(b"not read any more")
        os.utime(mask, ns=(made, made))
        assert read_outlines(storage, unique_id) == first
        assert Image.open(io.BytesIO(read_index_png(storage, unique_id))).size == (16, 12)

    def test_another_mask_is_traced_anew(self, app: Flask, storage: Storage) -> None:
        unique_id = add_masked(app)
        read_outlines(storage, unique_id)
        mask = storage.absolute(storage.result_path(unique_id, "mask"))
        before = mask.stat().st_mtime_ns
        store_mask(storage, unique_id, np.full_like(PIXELS, 2))
        # Written within the same tick of the file system's clock, it would look the same.
        os.utime(mask, ns=(before + 10**9, before + 10**9))
        assert read_outlines(storage, unique_id).of(2, (0, 0, 16, 12))

    def test_the_least_recently_read_go_first(self, app: Flask, storage: Storage) -> None:
        first, second = (add_masked(app, NOON + timedelta(hours=n)) for n in range(2))
        for unique_id in (first, second):
            read_outlines(storage, unique_id)
        later = time.time() + 60
        mask = storage.absolute(storage.result_path(first, "mask"))
        os.utime(storage.outlines_path(first), (later, mask.stat().st_mtime))
        sizes = {path: size for _, size, path in kept(storage)}
        newest = storage.outlines_path(first)
        limited = dataclasses.replace(storage, outline_cache_bytes=sizes[newest])
        assert trim(limited) == sum(sizes.values()) - sizes[newest]
        assert [path for _, _, path in kept(storage)] == [newest]

    def test_the_limit_holds_while_masks_are_traced(self, app: Flask, storage: Storage) -> None:
        unique_id = add_masked(app)
        assert read_outlines(dataclasses.replace(storage, outline_cache_bytes=0), unique_id)
        assert list(kept(storage)) == []

    def test_nothing_stays_of_a_deleted_image(
        self, app: Flask, client: FlaskClient, storage: Storage
    ) -> None:
        unique_id = add_masked(app)
        read_outlines(storage, unique_id)
        assert list(storage.root.rglob(f"cache/*/*/{unique_id}*"))
        assert client.delete(f"/images/{unique_id}").status_code == 204
        assert not list(storage.root.rglob(f"*{unique_id}*"))
