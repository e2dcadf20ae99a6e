"""What checking a service brings, and how it is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class Level(Enum):
    """How much a finding matters."""

    OK = "ok"
    ODD = "odd"  # not against the contract, or nothing the agent depends on
    DIFFERS = "DIFFERS"  # against the contract


@dataclass(frozen=True)
class Finding:
    """One thing found: where, what, and what follows from it."""

    level: Level
    place: str
    text: str
    meaning: str = ""

    def __str__(self) -> str:
        line = f"{self.level.value:<8} {self.place}: {self.text}"
        return f"{line}\n         -> {self.meaning}" if self.meaning else line


@dataclass
class Findings:
    """The findings at one place of the service, in the order they were made."""

    place: str
    made: list[Finding] = field(default_factory=list)

    def ok(self, text: str) -> None:
        self.made.append(Finding(Level.OK, self.place, text))

    def odd(self, text: str, meaning: str = "") -> None:
        self.made.append(Finding(Level.ODD, self.place, text, meaning))

    def differs(self, text: str, meaning: str = "") -> None:
        self.made.append(Finding(Level.DIFFERS, self.place, text, meaning))

    def keys(
        self,
        document: dict[str, Any],
        wanted: dict[str, tuple[str, Callable[[Any], bool]]],
        meaning: str,
    ) -> None:
        """Compare an object's members with `wanted`: for each key its kind in words and a test."""
        wrong = []
        for key, (kind, test) in wanted.items():
            if key not in document:
                wrong.append(f"{key} is missing")
            elif not test(document[key]):
                wrong.append(f"{key} is not {kind}")
        if wrong:
            self.differs("; ".join(wrong), meaning)
        else:
            self.ok("all keys are there and of the right kind")
        if more := sorted(document.keys() - wanted.keys()):
            self.ok(f"also sends {', '.join(more[:10])}, which is fine")


def is_text(value: Any) -> bool:
    return isinstance(value, str)


def is_bool(value: Any) -> bool:
    return isinstance(value, bool)


def is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
