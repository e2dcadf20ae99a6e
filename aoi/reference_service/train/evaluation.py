"""Figures on held-out tiles: IoU a class, recall and precision of regions of any class."""

import cv2
import numpy as np
import torch

from ..postprocessing import drop_small_regions
from ..synthesis.arrays import Bytes
from .network import CLASSES, Network
from .pool import Pool

SMALLEST_REGION = 8


def evaluate(network: Network, held_out: Pool) -> dict[str, float]:
    """Return the figures of a network, after the service's own post-processing."""
    network.eval()
    overlap, union = np.zeros(CLASSES), np.zeros(CLASSES)
    found = wanted = right = claimed = 0
    for image, truth in zip(held_out.images, held_out.masks, strict=True):
        guess = drop_small_regions(predict(network, image))
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


def predict(network: Network, image: Bytes) -> Bytes:
    """Return the class of each pixel of a tile (h, w) whose sides divide by 32."""
    levels = torch.from_numpy(image.astype(np.float32))[None, None]
    with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16):
        logits = network(levels)
    return np.asarray(logits[0].argmax(dim=0).numpy(), np.uint8)


def _touched(regions: np.ndarray, other: np.ndarray) -> tuple[int, int]:
    """Count regions of 8 px and more, and those of them that touch the other mask."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(
        regions.astype(np.uint8), connectivity=8
    )
    large = [k for k in range(1, count) if stats[k, cv2.CC_STAT_AREA] >= SMALLEST_REGION]
    hit = set(np.unique(labels[other]).tolist())
    return sum(k in hit for k in large), len(large)
