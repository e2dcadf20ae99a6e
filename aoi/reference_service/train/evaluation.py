"""Figures on held-out tiles: IoU a class, recall and precision of regions of any class."""

from collections.abc import Iterator

import cv2
import numpy as np
import torch
from torch import Tensor

from ..postprocessing import drop_small_regions
from ..synthesis.arrays import Bytes
from .network import CLASSES, Network
from .pool import Pool

SMALLEST_REGION = 8
_AT_ONCE = 16


def evaluate(network: Network, held_out: Pool) -> dict[str, float]:
    """Return the figures of a network, after the service's own post-processing."""
    network.eval()
    overlap, union = np.zeros(CLASSES), np.zeros(CLASSES)
    found = wanted = right = claimed = 0
    masks = held_out.masks.cpu().numpy()
    for raw, truth in zip(predict(network, held_out.images), masks, strict=True):
        guess = drop_small_regions(raw)
        for defect in range(CLASSES):
            overlap[defect] += np.count_nonzero((guess == defect) & (truth == defect))
            union[defect] += np.count_nonzero((guess == defect) | (truth == defect))
        hits, total = _touched(truth > 0, guess > 0)
        found, wanted = found + hits, wanted + total
        hits, total = _touched(guess > 0, truth > 0)
        right, claimed = right + hits, claimed + total
    network.train()
    iou = overlap / np.maximum(union, 1)
    names = ("background", "pi", "peeling", "nodule", "env")
    figures = {f"iou_{name}": round(float(v), 4) for name, v in zip(names, iou, strict=True)}
    figures["miou"] = round(float(iou[1:].mean()), 4)
    figures["recall"] = round(found / max(1, wanted), 4)
    figures["precision"] = round(right / max(1, claimed), 4)
    return figures


def predict(network: Network, images: Tensor) -> Iterator[Bytes]:
    """Yield the class of each pixel of tiles uint8 (n, h, w) whose sides divide by 32."""
    for some in images.split(_AT_ONCE):
        with torch.inference_mode(), torch.autocast(some.device.type, dtype=torch.bfloat16):
            classes = network(some.float()[:, None]).argmax(dim=1)
        yield from classes.to(torch.uint8).cpu().numpy()


def _touched(regions: np.ndarray, other: np.ndarray) -> tuple[int, int]:
    """Count regions of 8 px and more, and those of them that touch the other mask."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(
        regions.astype(np.uint8), connectivity=8
    )
    large = [k for k in range(1, count) if stats[k, cv2.CC_STAT_AREA] >= SMALLEST_REGION]
    hit = set(np.unique(labels[other]).tolist())
    return sum(k in hit for k in large), len(large)
