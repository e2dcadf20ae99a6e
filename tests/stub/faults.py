"""The faults that the stub can be told to have, one at a time or by chance.

Each is sent to the connection of a request that would else be answered well. Contract breakers
change the answer's document.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Document = dict[str, Any]
MISSING = "<missing>"


def _without(key: str) -> Callable[[Document], None]:
    def change(document: Document) -> None:
        del document[key]

    return change


def _with(key: str, value: Any) -> Callable[[Document], None]:
    def change(document: Document) -> None:
        document[key] = value

    return change


def _first_class(change: Callable[[Document], None]) -> Callable[[Document], None]:
    def change_class(document: Document) -> None:
        change(next(iter(document["analysis_results"]["classes"].values())))

    return change_class


def _nan(document: Document) -> None:
    document["processing_time"] = float("nan")


def _duplicate(document: Document) -> None:
    classes = document["analysis_results"]["classes"]
    classes["1_Another"] = dict(classes["1_PI_Particle"], regions=[], total_regions=0)


BREAKERS: dict[str, Callable[[Document], None]] = {
    "not_png": _with("mask_image", "bm90IGEgUE5H"),
    "not_base64": _with("mask_image", "?" * 40),
    "no_mask": _without("mask_image"),
    "no_success": _with("success", False),
    "wrong_total": _with("total_defects", 100_000),
    "text_total": _with("total_defects", "7"),
    "nan": _nan,
    "no_classes": lambda document: document["analysis_results"].pop("classes"),
    "wrong_class_id": _first_class(_with("class_id", 9)),
    "bool_area": _first_class(_with("total_area_pixels", True)),
    "huge_area": _first_class(_with("total_area_pixels", 2**40)),
    "two_of_one_class": _duplicate,
}

# What the connection does, and the answers that are none of the contract's 200.
CONNECTION_MODES = (
    "timeout", "cut", "reset", "reset_midway", "slow_drip", "drip_headers", "close",
    "503", "busy", "no_model", "html503", "html502", "html504", "500", "400", "redirect",
    "html200", "bad_json", "huge", "endless", "gzip", "chunked", "refuse", "crash",
)  # fmt: skip
# Those that need more said.
DETAILED_MODES = ("raw", "set", "long")


@dataclass
class Fault:
    """One fault: for the next `count` requests (-1: all), each with `probability`."""

    mode: str
    count: int = 1
    probability: float = 1.0
    path: str = "/upload"
    seconds: float = 1.0
    seed: int = 0
    text: str = ""  # of `raw`: the body; of `long`: what it begins with
    at: list[str | int] = field(default_factory=list)  # of `set`: where in the answer
    value: Any = None  # of `set`: what stands there
    megabytes: int = 0  # of `long`
    dice: random.Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if self.mode not in (*BREAKERS, *CONNECTION_MODES, *DETAILED_MODES):
            raise ValueError(f"there is no fault {self.mode!r}")
        self.dice = random.Random(self.seed)


def set_at(document: Any, at: list[str | int], value: Any) -> None:
    """Put a value where the path leads; `MISSING` takes away what is there."""
    for step in at[:-1]:
        document = document[step]
    if value == MISSING:
        del document[at[-1]]
    else:
        document[at[-1]] = value


class Faults:
    """The faults still to happen."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Fault] = []

    def set(self, faults: list[Fault]) -> None:
        with self._lock:
            self._waiting = faults

    def next(self, path: str) -> Fault | None:
        with self._lock:
            for fault in self._waiting:
                if fault.path != path or fault.count == 0:
                    continue
                if fault.dice.random() < fault.probability:
                    fault.count -= 1
                    return fault
        return None
