"""Ids of images in few bytes, in order."""

from __future__ import annotations

from collections.abc import Iterator

ID_BYTES = len("YYYYMMDD_HHMMSS_XXXXXXXX")
CHUNK = 1000


class PackedIds:
    """A million ids take 24 MB here, and 81 MB as a list of strings."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def append(self, unique_id: str) -> None:
        self._bytes += unique_id.encode("ascii")

    def __len__(self) -> int:
        return len(self._bytes) // ID_BYTES

    def chunks(self) -> Iterator[list[str]]:
        """Yield the ids in their order, a thousand at a time."""
        for begin in range(0, len(self._bytes), CHUNK * ID_BYTES):
            part = self._bytes[begin : begin + CHUNK * ID_BYTES].decode("ascii")
            yield [part[at : at + ID_BYTES] for at in range(0, len(part), ID_BYTES)]
