"""The training loop: bounded by time, resumable from its checkpoint."""

import json
import math
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .evaluation import evaluate
from .loss import segmentation_loss
from .network import Network
from .pool import Pool

WARM_UP_STEPS = 100
LARGE_CROPS_FROM = 6 / 7
CHECKPOINT_SECONDS = 120.0
REPORT_SECONDS = 60.0


@dataclass
class Stage:
    """One stretch of training; crops are (side in pixels, how many a step)."""

    name: str
    minutes: float
    learning_rate: float
    seed: int
    crops: tuple[int, int]
    last_crops: tuple[int, int]


@dataclass
class Progress:
    """Where a stage stands; kept in the checkpoint."""

    stage: str
    step: int = 0
    seconds: float = 0.0


def train(
    network: Network, pool: Pool, held_out: Pool, stage: Stage, checkpoint: Path, every: float
) -> None:
    """Train one stage until its minutes are over, going on from the checkpoint if it is in it."""
    optimiser = torch.optim.AdamW(
        network.parameters(), lr=stage.learning_rate, betas=(0.9, 0.98), fused=True
    )
    progress = _resume(network, optimiser, stage, checkpoint)
    rng = np.random.default_rng([stage.seed, progress.step])
    budget = stage.minutes * 60
    saved = reported = evaluated = last = time.monotonic()
    network.train()
    while progress.seconds < budget:
        fraction = progress.seconds / budget
        for group in optimiser.param_groups:
            group["lr"] = _rate(stage.learning_rate, progress.step, fraction)
        crops = stage.crops if fraction < LARGE_CROPS_FROM else stage.last_crops
        loss = _step(network, optimiser, *pool.crops(rng, *crops))
        progress.step += 1
        now = time.monotonic()
        progress.seconds += now - last
        last = now
        if now - reported > REPORT_SECONDS:
            reported = now
            report(step=progress.step, seconds=round(progress.seconds), loss=round(float(loss), 4))
        if now - saved > CHECKPOINT_SECONDS:
            saved = now
            save(network, optimiser, progress, checkpoint)
        if now - evaluated > every:
            report(step=progress.step, held_out=evaluate(network, held_out))
            evaluated = last = time.monotonic()
    save(network, optimiser, progress, checkpoint)


def save(network: Network, optimiser: Any, progress: Progress, checkpoint: Path) -> None:
    """Write the checkpoint whole or not at all."""
    part = checkpoint.with_suffix(".part")
    torch.save(
        {
            "network": network.state_dict(),
            "optimiser": optimiser.state_dict(),
            "progress": vars(progress),
        },
        part,
    )
    part.replace(checkpoint)


def report(**fields: Any) -> None:
    """Print one line of JSON on stderr."""
    print(json.dumps(fields), file=sys.stderr, flush=True)


def _resume(network: Network, optimiser: Any, stage: Stage, checkpoint: Path) -> Progress:
    if not checkpoint.exists():
        return Progress(stage.name)
    state = torch.load(checkpoint, weights_only=True, map_location="cpu")
    network.load_state_dict(state["network"])
    if state["progress"]["stage"] != stage.name:
        return Progress(stage.name)
    optimiser.load_state_dict(state["optimiser"])
    return Progress(**state["progress"])


def _rate(peak: float, step: int, fraction: float) -> float:
    warm = min(1.0, (step + 1) / WARM_UP_STEPS)
    return peak * warm * max(0.01, 0.5 * (1 + math.cos(math.pi * min(1.0, fraction))))


def _step(network: Network, optimiser: Any, levels: Tensor, classes: Tensor) -> Tensor:
    with torch.autocast(levels.device.type, dtype=torch.bfloat16):
        logits = network(levels)
    loss = segmentation_loss(logits.float(), classes)
    optimiser.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call,unused-ignore]
    torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    optimiser.step()
    # Not read here: an accelerator would be waited for at every step.
    return loss.detach()
