"""What training minimises."""

import torch
from torch import Tensor
from torch.nn import functional

DEFECT_WEIGHT = 2.0
CROSS_ENTROPY_SHARE = 4.0
DICE_SMOOTHING = 20.0


def segmentation_loss(logits: Tensor, classes: Tensor) -> Tensor:
    """Return cross-entropy plus class-wise Dice over the batch.

    `logits` is (n, 5, h, w), `classes` int64 (n, h, w). Smoothing keeps Dice calm where a batch
    holds few pixels of a class.
    """
    weights = torch.ones(logits.shape[1], device=logits.device)
    weights[1:] = DEFECT_WEIGHT
    entropy = functional.cross_entropy(logits, classes, weights)
    likely = logits.softmax(dim=1)[:, 1:]
    truth = functional.one_hot(classes, logits.shape[1]).permute(0, 3, 1, 2)[:, 1:].float()
    overlap = (likely * truth).sum(dim=(0, 2, 3))
    total = likely.sum(dim=(0, 2, 3)) + truth.sum(dim=(0, 2, 3))
    dice = (2 * overlap + DICE_SMOOTHING) / (total + DICE_SMOOTHING)
    return CROSS_ENTROPY_SHARE * entropy + (1 - dice).mean()
