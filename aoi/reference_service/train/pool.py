"""A pool of synthetic tiles in the device's memory, and crops drawn from it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing import get_context

import cv2
import numpy as np
import torch
from torch import Tensor

from ..synthesis.arrays import Bytes, Random, chance
from ..synthesis.tile import make_tile

TILE = 512
ON_DEFECTS = 0.72
ON_HARD = 0.5  # of these, where some are known

Places = dict[int, list[tuple[int, int, int]]]


@dataclass
class Pool:
    """Tiles uint8 (n, 512, 512), their masks, and per class where its regions are; 0: its lures.

    `hard` holds the places at which a network failed, if that was found out.
    """

    images: Tensor
    masks: Tensor
    places: Places
    hard: Places = field(default_factory=dict)

    def crops(self, rng: Random, side: int, count: int) -> tuple[Tensor, Tensor]:
        """Draw augmented crops: levels float32 (n, 1, side, side), classes int64 (n, side, side).

        All are fetched at once, on whatever device holds the tiles.
        """
        tiles, tops, lefts = np.array([self._corner(rng, side) for _ in range(count)]).T
        forth = np.arange(side)
        rows, columns = (
            start[:, None] + np.where(rng.random((count, 1)) < 0.5, forth, forth[::-1])
            for start in (tops, lefts)
        )
        drawn = (
            tiles[:, None, None],
            rows[:, :, None],
            columns[:, None, :],
            rng.random((count, 1, 1)) < 0.5,
            rng.uniform(0.85, 1.15, (count, 1, 1)).astype(np.float32),
            rng.uniform(-18, 18, (count, 1, 1)).astype(np.float32),
        )
        *at, turned, gain, offset = (torch.from_numpy(a).to(self.images.device) for a in drawn)
        images, masks = (
            torch.where(turned, found.transpose(1, 2), found)
            for found in (self.images[tuple(at)], self.masks[tuple(at)])
        )
        levels = (images.float() * gain + offset).clamp(0, 255)
        return levels[:, None], masks.long()

    def _corner(self, rng: Random, side: int) -> tuple[int, int, int]:
        """Choose a crop: its tile, and its top left corner there."""
        limit = TILE - side
        if not chance(rng, ON_DEFECTS):
            top, left = rng.integers(0, limit + 1, 2)
            return int(rng.integers(0, len(self.images))), int(top), int(left)
        tile, y, x = self._place(rng)
        jitter = rng.integers(-side // 2 + 8, side // 2 - 7, 2)
        top = np.clip(y + jitter[0] - side // 2, 0, limit)
        left = np.clip(x + jitter[1] - side // 2, 0, limit)
        return tile, int(top), int(left)

    def _place(self, rng: Random) -> tuple[int, int, int]:
        """Choose a class, then one of its places."""
        known = self.hard if any(self.hard.values()) and rng.random() < ON_HARD else self.places
        places = known[int(rng.choice([c for c in known if known[c]]))]
        return places[int(rng.integers(0, len(places)))]


def make_pool(first_seed: int, count: int, workers: int, device: str) -> Pool:
    """Draw the tiles of `count` consecutive seeds."""
    images = np.empty((count, TILE, TILE), np.uint8)
    masks = np.empty_like(images)
    places: Places = {k: [] for k in range(5)}
    for index, (image, mask, found) in enumerate(_draw(first_seed, count, workers)):
        images[index], masks[index] = image, mask
        for defect, y, x in found:
            places[defect].append((index, y, x))
    stored, labels = (torch.from_numpy(array).to(device) for array in (images, masks))
    return Pool(stored, labels, places)


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
