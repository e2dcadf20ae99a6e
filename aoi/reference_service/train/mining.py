"""Where a network fails in a pool: what it learns most from next."""

import cv2
import numpy as np

from ..synthesis.arrays import Bytes
from .evaluation import predict
from .network import CLASSES, Network
from .pool import Places, Pool

FOUND_SHARE = 0.5  # of a defect's pixels that must get its class
SMALLEST_FALSE = 3


def find_hard_places(network: Network, pool: Pool, tiles: int) -> Places:
    """Return the places of defects found by less than half, and as class 0 of false regions.

    Only the pool's first tiles are looked at, since each takes as long as a step of training.
    """
    network.eval()
    hard: Places = {k: [] for k in range(CLASSES)}
    masks = pool.masks[:tiles].cpu().numpy()
    for index, guess in enumerate(predict(network, pool.images[:tiles])):
        truth = masks[index]
        for defect in range(1, CLASSES):
            missed = _regions_below(truth == defect, guess == defect, FOUND_SHARE, 1)
            hard[defect] += [(index, y, x) for y, x in missed]
        false = _regions_below(guess > 0, truth > 0, 1e-9, SMALLEST_FALSE)
        hard[0] += [(index, y, x) for y, x in false]
    network.train()
    return hard


def _regions_below(
    regions: Bytes, other: Bytes, share: float, smallest: int
) -> list[tuple[int, int]]:
    """Return the centres (y, x) of regions of which the other mask covers less than a share."""
    count, labels, stats, centroids = cv2.connectedComponentsWithStats(
        regions.astype(np.uint8), connectivity=8
    )
    covered = np.bincount(labels[other], minlength=count)
    areas = stats[:, cv2.CC_STAT_AREA]
    return [
        (int(centroids[k, 1]), int(centroids[k, 0]))
        for k in range(1, count)
        if areas[k] >= smallest and covered[k] < share * areas[k]
    ]
