"""The geometry of a Deep Zoom picture, as viewers and libvips count it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TileFormat:
    """How the tiles of one kind of picture are cut and stored; sizes in pixels."""

    extension: str
    media_type: str
    size: int
    overlap: int


# With the overlap on both sides a tile is at most 512 px.
PHOTO = TileFormat("jpg", "image/jpeg", size=510, overlap=1)
# A class's colour must stay exactly that.
EXACT = TileFormat("png", "image/png", size=512, overlap=0)

# A picture with a longer side is shown by tiles, so they are made before anybody asks.
LARGE_SIDE = 4096

FORMATS = {"input": PHOTO, "combined": PHOTO, "mask": EXACT, "overlay": PHOTO}

_DESCRIPTOR = """\
<?xml version="1.0" encoding="UTF-8"?>
<Image xmlns="http://schemas.microsoft.com/deepzoom/2008" \
Format="{extension}" Overlap="{overlap}" TileSize="{tile}">
  <Size Width="{width}" Height="{height}"/>
</Image>
"""


@dataclass(frozen=True)
class DeepZoom:
    """A picture of `width` x `height` px; level 0 is one pixel, each next one twice as large."""

    width: int
    height: int
    format: TileFormat

    def descriptor(self) -> str:
        """Return the .dzi document."""
        return _DESCRIPTOR.format(
            extension=self.format.extension,
            overlap=self.format.overlap,
            tile=self.format.size,
            width=self.width,
            height=self.height,
        )
