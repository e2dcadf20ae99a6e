"""Small images, each unlike any other, made again at will from their number."""

from __future__ import annotations

import hashlib
import io
import random
from dataclasses import dataclass

from PIL import Image

WIDTH, HEIGHT = 48, 40
FORMATS = ("png", "jpeg", "bmp")


@dataclass(frozen=True)
class Picture:
    """The image with a number, in a run with a seed."""

    seed: int
    number: int

    @property
    def name(self) -> str:
        return f"panel-{self.number:05d}.{self._format}"

    @property
    def _format(self) -> str:
        return FORMATS[self.number % len(FORMATS)]

    @property
    def data(self) -> bytes:
        noise = random.Random(f"{self.seed} {self.number}").randbytes(WIDTH * HEIGHT)
        file = io.BytesIO()
        Image.frombytes("L", (WIDTH, HEIGHT), noise).save(file, self._format)
        return file.getvalue()

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


# Files of a batch that are no images: each is refused, and its neighbours are not.
BAD_FILES = {
    "notes.png": b"this is no picture",
    "empty.png": b"",
    "cut.png": Picture(0, 0).data[:-40],
    "list.txt": b"a,b,c",
}
