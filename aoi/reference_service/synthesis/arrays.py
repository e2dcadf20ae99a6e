"""Array and random-number names shared by the generator."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

# OpenCV's stubs promise no element type, so that the names alone can tell it.
Bytes = NDArray[Any]
Floats = NDArray[Any]
Points = NDArray[Any]
Random = np.random.Generator


def chance(rng: Random, probability: float) -> bool:
    """Tell whether an event of this probability happens."""
    return bool(rng.random() < probability)


def log_uniform(rng: Random, low: float, high: float) -> float:
    """Draw a number whose logarithm is uniform between low and high."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))
