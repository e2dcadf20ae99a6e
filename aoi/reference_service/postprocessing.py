"""What is taken out of a class map before it is measured."""

import cv2
import numpy as np
from numpy.typing import NDArray

# Peeling and Env defects are tens of pixels long; what is smaller in these classes is a slip
# (most often the shadow of a ring), but a thin fibre of 20 px has hardly more than 30. A nodule has
# a bump and a shadow, so that fewer pixels are a rounded corner of copper; one or two pixels are a
# slip in any class.
SMALLEST_AREA = {1: 3, 2: 60, 3: 6, 4: 30}


def drop_small_regions(classes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the class map (h, w) without the 8-connected regions too small for their class."""
    kept = classes.copy()
    for class_id, smallest in SMALLEST_AREA.items():
        binary = (classes == class_id).astype(np.uint8)
        if not binary.any():
            continue
        _, labels, stats, _ = cv2.connectedComponentsWithStats(binary, connectivity=8)
        small = stats[:, cv2.CC_STAT_AREA] < smallest
        small[0] = False
        kept[small[labels]] = 0
    return kept
