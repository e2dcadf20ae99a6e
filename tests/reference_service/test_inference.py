"""The model sees every pixel once and answers in the input's size."""

from itertools import pairwise

import numpy as np
import pytest

from aoi.reference_service.inference import _STARTS, BASE_SIZE, PATCH_SIZE, Model, _own_part
from aoi.reference_service.postprocessing import drop_small_regions


@pytest.fixture(scope="module")
def model() -> Model:
    return Model()


def test_patches_share_the_image_out_among_them() -> None:
    parts = [_own_part(start) for start in _STARTS]

    assert parts[0].start == 0
    assert parts[-1].stop == BASE_SIZE
    assert all(one.stop == following.start for one, following in pairwise(parts))
    for start, part in zip(_STARTS, parts, strict=True):
        assert start <= part.start < part.stop <= start + PATCH_SIZE


def test_flat_picture_of_any_size_holds_no_defect(model: Model) -> None:
    classes = model.classify(np.full((40, 2500, 3), 165, np.uint8))

    assert classes.shape == (40, 2500)
    assert classes.dtype == np.uint8
    assert not classes.any()


def test_small_regions_are_dropped_by_class() -> None:
    classes = np.zeros((60, 60), np.uint8)
    classes[2:9, 2:9] = 2  # 49 px of peeling: too few
    classes[20:28, 20:28] = 2  # 64 px
    classes[40, 40:43] = 1  # 3 px of particle: enough
    classes[50, 50:55] = 3  # 5 px of nodule: too few
    classes[56, 5:40] = 4  # 35 px of fibre: enough

    kept = drop_small_regions(classes)

    assert np.count_nonzero(kept == 2) == 64
    assert np.count_nonzero(kept == 1) == 3
    assert not (kept == 3).any()
    assert np.count_nonzero(kept == 4) == 35
    assert np.count_nonzero(classes == 2) == 113
