"""One inspection: an uploaded file in, the contract's results out, one at a time."""

import logging
import threading
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from .draw import Drawing
from .inference import MODEL_PATH, Model
from .measure import analyse
from .picture import decode

logger = logging.getLogger(__name__)


@dataclass
class Inspection:
    """What was found in one image: PNG files, figures, seconds."""

    overlay: bytes
    combined: bytes
    mask: bytes
    analysis: dict[str, Any]
    seconds: float
    finished: datetime

    @property
    def total_defects(self) -> int:
        """Return the number of regions of all classes."""
        return sum(found["total_regions"] for found in self.analysis["classes"].values())


class Inspector:
    """Holds the model and lets one image at a time through it."""

    def __init__(self, path: Path = MODEL_PATH, threads: int = 1) -> None:
        self.path = path
        self._threads = threads
        self._model: Model | None = None
        # Two at once would need twice the memory and be no faster.
        self._turn = threading.Lock()

    def start_loading(self) -> None:
        """Load the model in the background, so that the service answers at once."""
        threading.Thread(target=self._load_logged, name="model-loader", daemon=True).start()

    def load(self) -> None:
        """Load the model now; raises what onnxruntime raises for a bad file."""
        self._model = Model(self.path, self._threads)

    @property
    def is_loaded(self) -> bool:
        """Tell whether images can be inspected."""
        return self._model is not None

    def inspect(self, data: bytes) -> Inspection:
        """Inspect an image file; UnreadableImage where it is none."""
        assert self._model is not None, "is_loaded was not asked"
        with self._turn:
            start = time.perf_counter()
            picture = decode(data)
            classes = self._model.classify(picture)
            analysis = analyse(classes)
            drawing = Drawing(picture, classes, analysis)
            overlay, combined = drawing.overlay_png(), drawing.combined_png()
            mask = drawing.mask_png()
            seconds = time.perf_counter() - start
        finished = datetime.now()
        analysis["performance"] = {
            "processing_time_seconds": round(seconds, 4),
            "timestamp": finished.strftime("%Y-%m-%d %H:%M:%S"),
        }
        return Inspection(overlay, combined, mask, analysis, seconds, finished)

    def _load_logged(self) -> None:
        start = time.perf_counter()
        try:
            self.load()
        except Exception:  # the process stays up and answers 503, as the contract has it
            logger.exception("The model cannot be loaded", extra={"path": str(self.path)})
        else:
            seconds = round(time.perf_counter() - start, 3)
            logger.info("The model is loaded", extra={"seconds": seconds})
