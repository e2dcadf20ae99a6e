"""The three pictures of an answer: mask, overlay, and input beside overlay."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from .picture import Picture
from .png import encode_png

# RGB, as the wire contract gives them.
COLOURS = {1: (255, 0, 0), 2: (0, 255, 0), 3: (0, 0, 255), 4: (255, 255, 0)}
_CONTOUR_THICKNESS = 2
_TEXT_SCALE, _TEXT_LEFT, _TEXT_STEP = 2.2, 25, 100  # at the width they were designed for
_TEXT_WIDTH = 1792
_SMALLEST_TEXT = 0.1

Contours = list[NDArray[np.int32]]


class Drawing:
    """A picture (grey or BGR), its class map (h, w) and what is written over it."""

    def __init__(self, picture: Picture, classes: NDArray[np.uint8], analysis: dict[str, Any]):
        self._picture = picture
        self._classes = classes
        self._height, self._width = classes.shape
        self._contours = {c: _contours(classes, c) for c in COLOURS}
        self._lines = [
            (found["class_id"], f"{name}: {found['total_regions']} regions")
            for name, found in analysis["classes"].items()
            if found["total_regions"]
        ]

    def mask_png(self) -> bytes:
        """Return the class map in the classes' colours, on black."""
        return encode_png(self._width, self._height, self._mask)

    def overlay_png(self) -> bytes:
        """Return the input with contours and one line of text a class that was found."""
        return encode_png(self._width, self._height, self._overlay)

    def combined_png(self) -> bytes:
        """Return input and overlay side by side."""

        def both(top: int, bottom: int) -> NDArray[np.uint8]:
            return np.hstack([self._input(top, bottom), self._overlay(top, bottom)])

        return encode_png(self._width * 2, self._height, both)

    def _mask(self, top: int, bottom: int) -> NDArray[np.uint8]:
        table = np.zeros((256, 3), np.uint8)
        for class_id, colour in COLOURS.items():
            table[class_id] = colour
        return table[self._classes[top:bottom]]

    def _input(self, top: int, bottom: int) -> NDArray[np.uint8]:
        rows = self._picture[top:bottom]
        code = cv2.COLOR_GRAY2RGB if rows.ndim == 2 else cv2.COLOR_BGR2RGB
        return np.asarray(cv2.cvtColor(rows, code), np.uint8)

    def _overlay(self, top: int, bottom: int) -> NDArray[np.uint8]:
        rows = self._input(top, bottom)
        for class_id, contours in self._contours.items():
            colour = COLOURS[class_id]
            cv2.drawContours(rows, contours, -1, colour, _CONTOUR_THICKNESS, offset=(0, -top))
        scale = self._width / _TEXT_WIDTH
        if scale >= _SMALLEST_TEXT:
            for line, (class_id, text) in enumerate(self._lines, start=1):
                origin = int(_TEXT_LEFT * scale), int(line * _TEXT_STEP * scale) - top
                font, size = cv2.FONT_HERSHEY_SIMPLEX, _TEXT_SCALE * scale
                cv2.putText(rows, text, origin, font, size, COLOURS[class_id], 1, cv2.LINE_AA)
        return rows


def _contours(classes: NDArray[np.uint8], class_id: int) -> Contours:
    binary = (classes == class_id).astype(np.uint8)
    if not binary.any():
        return []
    contours, _ = cv2.findContours(binary, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    return list(contours)
