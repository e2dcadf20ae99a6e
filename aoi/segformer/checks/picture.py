"""An image of our own to check a service with: grey, with lines and a few dark specks."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw, ImageFilter

SIZE = 1792
_SPECKS = ((439, 692, 19), (1200, 300, 6), (700, 1400, 9), (1500, 1500, 4))


def draw() -> bytes:
    """Return a PNG of one channel."""
    image = Image.new("L", (SIZE, SIZE), 150)
    canvas = ImageDraw.Draw(image)
    for start in range(40, SIZE, 160):
        canvas.rounded_rectangle((start, 40, start + 80, SIZE - 40), 20, fill=190)
    for x, y, radius in _SPECKS:
        canvas.ellipse((x - radius, y - radius, x + radius, y + radius), fill=40)
    file = io.BytesIO()
    image.filter(ImageFilter.GaussianBlur(0.7)).save(file, "PNG")
    return file.getvalue()
