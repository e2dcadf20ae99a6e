"""Whether anybody else asks: known to all web processes of a host."""

from __future__ import annotations

import mmap
import struct
from time import monotonic

# The hash of an address, which processes forked from one have in common, and when it asked.
ENTRY = struct.Struct("=qd")
# Who asked longer ago is not kept from anything.
SECONDS = 5.0


class Company:
    """The two addresses that asked last. Made before processes fork, it is one for all of them.

    It is read and written without a lock: a mistake lasts until the next request.
    """

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, 2 * ENTRY.size)

    def note(self, address: str) -> None:
        """Note that an address asks."""
        last = self._memory[: ENTRY.size]
        if ENTRY.unpack(last)[0] != hash(address):
            self._memory[ENTRY.size :] = last
        self._memory[: ENTRY.size] = ENTRY.pack(hash(address), monotonic())

    def has(self, address: str) -> bool:
        """Tell whether somebody else has asked within the last seconds."""
        since = monotonic() - SECONDS
        return any(
            name != hash(address) and asked > since
            for name, asked in ENTRY.iter_unpack(self._memory[:])
        )
