"""gunicorn's threaded worker, so that a thread is given to whole requests only.

gunicorn hands a new connection to a thread at once, and the thread waits for the request's head: a
few hundred silent connections take all threads. Here the main loop collects the heads; it waits
for a thousand clients at the cost of a socket each. Requests with a body have threads of their own,
so that slow senders cannot keep others from looking, and are cut off where they fall behind.
Whose requests are refused again and again waits here too, while others ask.
"""

from __future__ import annotations

import errno
import re
import selectors
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from time import thread_time
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

from aoi.serving.address import sender_of
from aoi.serving.bodies import BodyThreads
from aoi.serving.company import Company
from aoi.serving.connection import Connection
from aoi.serving.farewell import Farewell
from aoi.serving.metered import MeteredSocket
from aoi.serving.outlet import Outlet
from aoi.serving.pace import REFUSALS, Pace
from aoi.serving.refusals import HEAD_TOO_LARGE, TOO_MANY_REFUSED

HEAD_END = b"\r\n\r\n"
# gunicorn's own limits are per line; this is for all of them.
MAX_HEAD_BYTES = 64 * 1024
HAS_BODY = re.compile(rb"\r\n(?:content-length:[ \t]*0*[1-9]|transfer-encoding:)", re.IGNORECASE)
# Before an answer must keep up a pace, so many times the patience with a sender.
SENDING = 4
# A body left unread that is longer than this ends the connection.
MAX_UNREAD_BYTES = 64 * 1024
# A connection that has sent nothing for so long gives way when there is no room for another.
QUIET_SECONDS = 1.0


class PatientWorker(ThreadWorker):  # type: ignore[misc]
    """Waits for slow clients without a thread, and for none of them for long."""

    patience = 15.0
    trusted_proxies = 0
    slows_refused = True
    company = Company()

    def init_process(self) -> None:
        self._pace: Pace[Connection] = Pace(self._begin, self.company)
        self._bodies = BodyThreads(self.cfg.threads)
        self._farewell = Farewell(lambda: self.poller)
        super().init_process()

    def get_thread_pool(self) -> ThreadPoolExecutor:
        """Return the threads of requests without a body."""
        count = max(1, self.cfg.threads - self._bodies.count)
        return ThreadPoolExecutor(count, thread_name_prefix="request")

    def handle_quit(self, sig: int, frame: Any) -> None:
        self._bodies.shutdown(wait=False)
        super().handle_quit(sig, frame)

    def run(self) -> None:
        super().run()
        self._bodies.shutdown(wait=False)

    def _cap_keepalive(self, deadline: float) -> None:
        # A stopping worker waits no longer for the silent than for the idle.
        super()._cap_keepalive(deadline)
        for conn in self.pending_conns:
            conn.timeout = min(conn.timeout, deadline)
        for conn in self._pace.give_up():
            self._drop(conn)

    def accept(self, listener: Any) -> None:
        """Take a connection, and wait on the main loop for its first request."""
        if self.cfg.is_ssl:
            super().accept(listener)
            return
        try:
            sock, address = listener.accept()
        except OSError as err:
            if err.errno in (errno.EMFILE, errno.ENFILE):
                self._make_room()
            elif err.errno not in (errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK):
                raise
            return
        self.nr_conns += 1
        conn = Connection(self._farewell, self.cfg, sock, address, listener.getsockname())
        self._await_head(conn)
        if self.nr_conns >= self.worker_connections:
            self._make_room()

    def on_client_socket_readable(self, conn: Any, client: Any) -> None:
        """Collect the head of another request on a connection that was kept."""
        if self.cfg.is_ssl:
            super().on_client_socket_readable(conn, client)
            return
        if conn.is_gone:
            return
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self._await_head(conn)
        self._on_head(conn, client)

    def _await_head(self, conn: Any) -> None:
        conn.head = b""
        conn.timeout = time.monotonic() + self.patience
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._on_head, conn))

    def _on_head(self, conn: Any, client: Any) -> None:
        if conn.is_gone:
            return
        try:
            data = conn.sock.recv(MAX_HEAD_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        # A terminator may lie across the pieces.
        searched = max(0, len(conn.head) - len(HEAD_END))
        conn.head += data
        if data and conn.head.find(HEAD_END, searched) < 0 and len(conn.head) <= MAX_HEAD_BYTES:
            return
        self.poller.unregister(client)
        self.pending_conns.remove(conn)
        if not data:
            self._drop(conn)
        elif HEAD_END not in conn.head:
            self._refuse(conn, HEAD_TOO_LARGE)
        else:
            self.enqueue_req(conn)

    def _make_room(self) -> None:
        """Close what has waited longest in silence, or for longest between two requests."""
        now = time.monotonic()
        for waiting, quiet in (
            (self.pending_conns, self.patience - QUIET_SECONDS),
            (self.keepalived_conns, float("inf")),
        ):
            if waiting and waiting[0].timeout - now < quiet:
                conn = waiting.popleft()
                with suppress(OSError, KeyError, ValueError):
                    self.poller.unregister(conn.sock)
                self._drop(conn)
                return

    def _refuse(self, conn: Any, answer: bytes) -> None:
        with suppress(OSError):
            conn.sock.setblocking(False)
            conn.sock.send(answer)
        self.nr_conns -= 1
        conn.is_gone = True
        conn.close(graceful=True)

    def _drop(self, conn: Any) -> None:
        self.nr_conns -= 1
        conn.is_gone = True
        conn.close()

    def enqueue_req(self, conn: Any) -> None:
        """Give a request whose head is there to a thread, in its sender's turn."""
        if self.cfg.is_ssl:
            super().enqueue_req(conn)
            return
        conn.sender = sender_of(conn.peer, conn.head, self.trusted_proxies)
        if not self._pace.submit(conn.sender, conn):
            self._refuse(conn, TOO_MANY_REFUSED)

    def _begin(self, conn: Connection) -> None:
        # What was read ahead of an earlier request has no head here; it may have a body.
        if conn.head and not HAS_BODY.search(conn.head):
            super().enqueue_req(conn)
        else:
            self._bodies.submit(
                conn.sender,
                partial(self.handle, conn),
                lambda ended: self.method_queue.defer(self._finish_body, conn, ended),
            )

    def _finish_body(self, conn: Connection, ended: Future[Any]) -> None:
        self._bodies.finish(conn.sender)
        self.finish_request(conn, ended)

    def finish_request(self, conn: Any, fs: Future[Any]) -> None:
        if self.slows_refused and not self.cfg.is_ssl and conn.status in REFUSALS:
            self._pace.charge(conn.sender, conn.cpu_seconds)
        super().finish_request(conn, fs)

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        super().wait_for_and_dispatch_events(self._pace.step(timeout))

    def murder_pending(self) -> None:
        super().murder_pending()
        self._pace.begin_due()
        self._farewell.close_old()

    def handle(self, conn: Any) -> Any:
        """Answer one request; runs in a thread."""
        if self.cfg.is_ssl:
            return super().handle(conn)
        if not conn.initialized:
            conn.init()
            conn.parser.unreader.sock = MeteredSocket(
                conn.sock, self.patience, self._bodies.is_short
            )
        conn.parser.unreader.sock.begin()
        if conn.head:
            conn.parser.unreader.unread(conn.head)
            conn.head = b""
        began = thread_time()
        try:
            return super().handle(conn)
        finally:
            conn.cpu_seconds = thread_time() - began

    def handle_request(self, req: Any, conn: Any) -> Any:
        sock, patience = conn.sock, SENDING * self.patience
        sock.settimeout(patience)
        conn.sock = Outlet(sock, patience, self._is_short)
        try:
            return super().handle_request(req, conn)
        except TimeoutError:
            self.log.info("Cut off a client that took its answer too slowly: %s", conn.client)
            return False
        finally:
            conn.sock = sock

    def _is_short(self) -> bool:
        """Tell whether any request waits for a thread; asked by the threads themselves."""
        return self.tpool._work_queue.qsize() > 0 or self._bodies.is_short()

    def _keepalive_after(self, conn: Any, keepalive: Any) -> bool:
        if getattr(conn.parser.unreader.sock, "cut_off", False):
            self.log.info("Cut off a client that sent too slowly: %s", conn.client)
            return False
        body = getattr(conn.parser.mesg, "body", None)
        if getattr(getattr(body, "reader", None), "length", 0) > MAX_UNREAD_BYTES:
            # Refused before it was read: reading it only to keep the connection is not worth it.
            return False
        return bool(super()._keepalive_after(conn, keepalive))
