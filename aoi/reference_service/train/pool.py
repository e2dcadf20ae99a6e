"""A pool of synthetic tiles in memory, and crops drawn from it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing import get_context

import cv2
import numpy as np

from ..synthesis.arrays import Bytes, Floats, Random
from ..synthesis.tile import make_tile

TILE = 512
ON_DEFECTS = 0.72
ON_HARD = 0.5  # of these, where some are known

Places = dict[int, list[tuple[int, int, int]]]


@dataclass
class Pool:
    """Tiles (n, 512, 512), their masks, and per class where its regions are; 0: its lures.

    `hard` holds the places at which a network failed, if that was found out.
    """

    images: Bytes
    masks: Bytes
    places: Places
    hard: Places = field(default_factory=dict)

    def crops(self, rng: Random, side: int, count: int) -> tuple[Floats, Bytes]:
        """Draw `count` augmented crops: levels (n, 1, side, side) and classes (n, side, side)."""
        pairs = [self._crop(rng, side) for _ in range(count)]
        levels = np.stack([p[0] for p in pairs])[:, None]
        return levels, np.stack([p[1] for p in pairs])

    def _crop(self, rng: Random, side: int) -> tuple[Floats, Bytes]:
        limit = TILE - side
        if rng.random() < ON_DEFECTS:
            tile, y, x = self._place(rng)
            jitter = rng.integers(-side // 2 + 8, side // 2 - 7, 2)
            top = int(np.clip(y + jitter[0] - side // 2, 0, limit))
            left = int(np.clip(x + jitter[1] - side // 2, 0, limit))
        else:
            tile = int(rng.integers(0, len(self.images)))
            top, left = (int(v) for v in rng.integers(0, limit + 1, 2))
        window = np.s_[tile, top : top + side, left : left + side]
        image, mask = self.images[window], self.masks[window]
        turns, flip = int(rng.integers(0, 4)), int(rng.choice([1, -1]))
        image, mask = (np.rot90(a, turns)[:, ::flip] for a in (image, mask))
        levels = image.astype(np.float32) * rng.uniform(0.85, 1.15) + rng.uniform(-18, 18)
        return np.clip(levels, 0, 255).astype(np.float32), np.ascontiguousarray(mask)

    def _place(self, rng: Random) -> tuple[int, int, int]:
        """Choose a class, then one of its places."""
        known = self.hard if any(self.hard.values()) and rng.random() < ON_HARD else self.places
        places = known[int(rng.choice([c for c in known if known[c]]))]
        return places[int(rng.integers(0, len(places)))]


def make_pool(first_seed: int, count: int, workers: int) -> Pool:
    """Draw the tiles of `count` consecutive seeds."""
    images = np.empty((count, TILE, TILE), np.uint8)
    masks = np.empty_like(images)
    places: Places = {k: [] for k in range(5)}
    for index, (image, mask, found) in enumerate(_draw(first_seed, count, workers)):
        images[index], masks[index] = image, mask
        for defect, y, x in found:
            places[defect].append((index, y, x))
    return Pool(images, masks, places)


def _draw(
    first_seed: int, count: int, workers: int
) -> Iterator[tuple[Bytes, Bytes, list[tuple[int, int, int]]]]:
    seeds = range(first_seed, first_seed + count)
    # fork is unsafe once torch has started its threads.
    with get_context("spawn").Pool(workers) as processes:
        yield from processes.imap(_draw_one, seeds, chunksize=16)


def _draw_one(seed: int) -> tuple[Bytes, Bytes, list[tuple[int, int, int]]]:
    cv2.setNumThreads(1)
    tile = make_tile(seed, TILE)
    found = [(0, y, x) for y, x in tile.lures]
    for defect in range(1, 5):
        binary = (tile.mask == defect).astype(np.uint8)
        if not binary.any():
            continue
        _, _, _, centroids = cv2.connectedComponentsWithStats(binary, connectivity=8)
        found += [(defect, int(y), int(x)) for x, y in centroids[1:]]
    return tile.image, tile.mask, found
