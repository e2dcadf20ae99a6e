"""A gate before PostgreSQL: open, shut (nobody listens) or silent (somebody never answers)."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from pathlib import Path

from sqlalchemy.engine import make_url

SOCKET = ".s.PGSQL.5432"


class Gate:
    """Passes connections on to the server of `url`; has a `url` of its own."""

    def __init__(self, url: str, folder: Path) -> None:
        self._target = str(Path(str(make_url(url).query["host"])) / SOCKET)
        self._path = folder / SOCKET
        self._connections: list[socket.socket] = []
        self._silent = False
        self._listener: socket.socket | None = None
        self._doorman = threading.Thread()
        self.url = (
            make_url(url)
            .update_query_dict({"host": str(folder)})
            .render_as_string(hide_password=False)
        )

    def open(self) -> None:
        """Let all through."""
        self.shut()
        self._listen(silent=False)

    def silence(self) -> None:
        """Cut all connections; take new ones, and never answer."""
        self.shut()
        self._listen(silent=True)

    def shut(self) -> None:
        """Cut all connections and take no new ones."""
        if self._listener is not None:
            # Closing alone does not wake the thread that is in accept().
            with suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None
            # Whom it was just letting in is among the connections then.
            self._doorman.join()
            self._path.unlink(missing_ok=True)
        while self._connections:
            connection = self._connections.pop()
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()

    def _listen(self, silent: bool) -> None:
        self._silent = silent
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self._path))
        self._listener.listen(64)
        self._doorman = threading.Thread(target=self._accept, args=(self._listener,), daemon=True)
        self._doorman.start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            self._connections.append(client)
            if self._silent:
                continue
            server = socket.socket(socket.AF_UNIX)
            server.connect(self._target)
            self._connections.append(server)
            for pair in ((client, server), (server, client)):
                threading.Thread(target=_pump, args=pair, daemon=True).start()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
