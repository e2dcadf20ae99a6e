"""A client's connection, with what the main loop keeps of it."""

from __future__ import annotations

from typing import Any

from gunicorn.workers.gthread import TConn

from aoi.serving.farewell import Farewell


class Connection(TConn):  # type: ignore[misc]
    """A client's connection, with the head of its next request as far as it has come."""

    def __init__(self, farewell: Farewell, *args: Any) -> None:
        super().__init__(*args)
        self._farewell = farewell
        self.head = b""
        # Whose request is under way, and what it took of the processor.
        self.sender = ""
        self.cpu_seconds = 0.0
        # Closed to make room, perhaps while the main loop has it on its list.
        self.is_gone = False

    @property
    def peer(self) -> str:
        """The address at the other end; a Unix socket has none."""
        return str(self.client[0]) if isinstance(self.client, tuple) else ""

    @property
    def status(self) -> int:
        """The status of the last answer; 400 where there was nothing to answer rightly."""
        request = getattr(self.parser, "mesg", None)
        return int(getattr(request, "status", 400))

    def close(self, graceful: bool = False) -> None:
        if graceful:
            self._farewell.take(self.sock)
        else:
            super().close()
