"""A grey 1792 x 1792 image like the plant's: pads in rows, soft edges, a little noise."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

SIZE = 1792
KINDS = {"jpeg": {"format": "JPEG", "quality": 90}, "png": {"format": "PNG"}}


def draw(kind: str, seed: int = 1) -> bytes:
    """Return the image as a file; `kind` is a key of KINDS."""
    image = Image.new("L", (SIZE, SIZE), 120)
    canvas = ImageDraw.Draw(image)
    for top in range(12, SIZE, 56):
        for left in range(12, SIZE, 56):
            canvas.rounded_rectangle((left, top, left + 38, top + 38), 9, fill=178)
    soft = np.asarray(image.filter(ImageFilter.GaussianBlur(0.8)), np.float32)
    noise = np.random.default_rng(seed).normal(0, 2.2, soft.shape)
    light = np.linspace(-9, 9, SIZE)
    pixels = np.clip(soft + noise + light, 0, 255).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, **KINDS[kind])
    return file.getvalue()
