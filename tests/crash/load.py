"""The clients at work: each takes the next job of the plan, at the pace the kills allow."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator

from tests.crash.client import Client, GaveUp
from tests.crash.ledger import Ledger, SentBatch, SentCall, SentSingle
from tests.crash.plan import BatchPlan, Limits, Single, make_plan


class Load:
    """Uploads in several threads; kills and uploads keep step by `allow` and `wait_for`."""

    def __init__(self, url: str, limits: Limits, ledger: Ledger, deadline: float) -> None:
        self._url, self._limits, self._ledger, self._deadline = url, limits, ledger, deadline
        self._allowed = 0
        self._taken = 0
        self._jobs = self._paced(make_plan(limits))
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self.failure: BaseException | None = None

    def start(self) -> None:
        for number in range(self._limits.clients):
            thread = threading.Thread(target=self._run, name=f"client-{number}", daemon=True)
            thread.start()
            self._threads.append(thread)

    @property
    def busy(self) -> bool:
        return any(thread.is_alive() for thread in self._threads)

    def allow(self, images: int) -> None:
        """Let the clients begin so many images in all."""
        with self._ledger.changed:
            self._allowed = images
            self._ledger.changed.notify_all()

    def wait_for(self, images: int, seconds: float) -> bool:
        """Wait until so many images have been sent; False if it takes longer than `seconds`."""
        with self._ledger.changed:
            return self._ledger.changed.wait_for(
                lambda: self._ledger.sent >= images or self.failure is not None, seconds
            )

    def _paced(self, jobs: list[Single | BatchPlan]) -> Iterator[Single | BatchPlan]:
        for job in jobs:
            with self._ledger.changed:
                self._ledger.changed.wait_for(
                    lambda: self._taken < self._allowed, max(0, self._deadline - time.monotonic())
                )
                self._taken += images_of(job)
            yield job

    def _run(self) -> None:
        client = Client(self._url, self._ledger, self._deadline)
        try:
            while True:
                with self._lock:
                    job = next(self._jobs, None)
                if job is None:
                    return
                if isinstance(job, Single):
                    self._send_single(client, job)
                else:
                    self._send_batch(client, job)
        except BaseException as err:
            self.failure = err
            if not isinstance(err, GaveUp):
                raise
        finally:
            client.close()

    def _send_single(self, client: Client, job: Single) -> None:
        sent = SentSingle(job, f"single-{job.picture.number}")
        self._ledger.enter(sent)
        client.send_single(sent)
        if job.deleted and sent.unique_id is not None:
            sent.deleted = client.delete(f"/uploads/{sent.unique_id}")
        self._ledger.count_sent(1)

    def _send_batch(self, client: Client, job: BatchPlan) -> None:
        batch = SentBatch()
        self._ledger.enter(batch)
        for call in job.calls:
            sent = SentCall(call, f"call-{call.pictures[0].number}")
            batch.calls.append(sent)
            client.send_call(batch, sent)
            self._ledger.count_sent(len(call.pictures))
        if job.deleted:
            batch.deleted = client.delete(f"/batches/{batch.batch_id}")
        elif random.Random(batch.batch_id).random() < 0.3:
            client.post(f"/batches/{batch.batch_id}/retry")


def images_of(job: Single | BatchPlan) -> int:
    if isinstance(job, Single):
        return 1
    return sum(len(call.pictures) for call in job.calls)
