"""What the clients have sent and what they were told: the book against which the agent is held."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field

from tests.crash.pictures import Picture
from tests.crash.plan import Call, Single


@dataclass
class SentSingle:
    """One image sent alone; `unique_id` once an answer has named it."""

    single: Single
    key: str
    unique_id: str | None = None
    deleted: bool = False


@dataclass
class SentCall:
    """One batch call; `accepted` once an answer has shown its files in the batch."""

    call: Call
    key: str
    accepted: bool = False


@dataclass
class SentBatch:
    """A batch and its calls in order; later ones add to it."""

    calls: list[SentCall] = field(default_factory=list)
    batch_id: str | None = None
    deleted: bool = False

    @property
    def names(self) -> list[str]:
        """The names of all files accepted, in the order of their index."""
        return [name for sent in self.calls if sent.accepted for name in names_of(sent.call)]

    @property
    def pictures(self) -> list[Picture]:
        return [picture for sent in self.calls if sent.accepted for picture in sent.call.pictures]


def names_of(call: Call) -> list[str]:
    return [picture.name for picture in call.pictures] + list(call.bad)


@dataclass
class Ledger:
    """Shared by all clients."""

    singles: list[SentSingle] = field(default_factory=list)
    batches: list[SentBatch] = field(default_factory=list)
    resends: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    surprises: list[str] = field(default_factory=list)
    sent: int = 0
    changed: threading.Condition = field(default_factory=threading.Condition)

    def enter(self, what: SentSingle | SentBatch) -> None:
        with self.changed:
            if isinstance(what, SentSingle):
                self.singles.append(what)
            else:
                self.batches.append(what)

    def count_sent(self, images: int) -> None:
        """Note that so many more images have been answered for, or given up for now."""
        with self.changed:
            self.sent += images
            self.changed.notify_all()

    def note_answer(self, what: str) -> None:
        with self.changed:
            self.answers[what] += 1

    def note_resend(self, why: str) -> None:
        with self.changed:
            self.resends[why] += 1

    def surprise(self, text: str) -> None:
        """Note an answer that the contract does not have."""
        with self.changed:
            self.surprises.append(text)

    @property
    def pictures(self) -> list[Picture]:
        """Every image that the agent must know by now."""
        alone = [sent.single.picture for sent in self.singles if not sent.deleted]
        kept = [batch for batch in self.batches if not batch.deleted]
        return alone + [picture for batch in kept for picture in batch.pictures]

    @property
    def deleted(self) -> int:
        """How many images were deleted again."""
        alone = sum(sent.deleted for sent in self.singles)
        return alone + sum(len(batch.pictures) for batch in self.batches if batch.deleted)
