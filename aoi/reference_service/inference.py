"""The model: a picture in, a class map of the same size out."""

from pathlib import Path

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from .picture import Picture, to_grey
from .postprocessing import drop_small_regions

BASE_SIZE = 1792
PATCH_SIZE = 512
MODEL_PATH = Path(__file__).resolve().parent / "model" / "segformer.onnx"
# Four a side: neighbours overlap by 85 px, and each gives up the half that it saw worse.
_STARTS = tuple(int(v) for v in np.linspace(0, BASE_SIZE - PATCH_SIZE, 4))


class Model:
    """The ONNX network behind the plant's steps: resize, patches, argmax, resize back."""

    def __init__(self, path: Path = MODEL_PATH, threads: int = 1) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # Threads that spin between patches would take the machine from the agent.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )

    def classify(self, picture: Picture) -> NDArray[np.uint8]:
        """Return the class of each pixel (h, w) of a grey or BGR picture."""
        height, width = picture.shape[:2]
        shrinks = height > BASE_SIZE or width > BASE_SIZE
        way = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        # Resized before it is turned grey: a large colour picture is not copied whole.
        base = to_grey(np.asarray(cv2.resize(picture, (BASE_SIZE, BASE_SIZE), interpolation=way)))
        classes = drop_small_regions(self._classify_base(base))
        whole = cv2.resize(classes, (width, height), interpolation=cv2.INTER_NEAREST)
        return np.asarray(whole, np.uint8)

    def _classify_base(self, levels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        classes = np.empty_like(levels)
        for top in _STARTS:
            for left in _STARTS:
                patch = levels[top : top + PATCH_SIZE, left : left + PATCH_SIZE]
                rows, columns = _own_part(top), _own_part(left)
                found = self._classify_patch(patch)
                own = found[rows.start - top : rows.stop - top, columns.start - left :]
                classes[rows, columns] = own[:, : columns.stop - columns.start]
        return classes

    def _classify_patch(self, patch: NDArray[np.uint8]) -> NDArray[np.uint8]:
        batch = patch.astype(np.float32)[None, None]
        logits = self._session.run(["logits"], {"levels": batch})[0]
        return np.asarray(logits[0].argmax(axis=0), np.uint8)


def _own_part(start: int) -> slice:
    """Return what a patch decides: from the middle of one overlap to the middle of the next."""
    step = _STARTS[1] - _STARTS[0]
    half = (PATCH_SIZE - step) // 2
    first = start if start == _STARTS[0] else start + half
    following = [s for s in _STARTS if s > start]
    return slice(first, following[0] + half if following else BASE_SIZE)
