"""What a fuzzed agent holds: ids in each state, so that addresses lead somewhere."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from flask import Flask
from schemathesis import Case

from tests.pictures import png
from tests.records import add_image
from tests.sending import inspected, queued, send
from tests.stub import StubService
from tests.workers import WorkerThread

UNKNOWN = "20260225_103045_7K3QH2ZD"


@dataclass
class Known:
    """Ids to put into addresses, each in its turn; what is deleted is replaced."""

    app: Flask
    images: list[str]
    batches: list[str]
    _turns: Iterator[int] = field(default_factory=itertools.count)

    def put_into(self, case: Case) -> None:
        """Have a request ask for something that there is."""
        deletes = case.method == "DELETE"
        if "img_unique_id" in case.path_parameters:
            case.path_parameters["img_unique_id"] = self.image(deletes)
        if "batch_id" in case.path_parameters:
            case.path_parameters["batch_id"] = self.batch(deletes)
        if isinstance(case.body, dict) and next(self._turns) % 2:
            case.body = {
                name: [png(), png()] if name == "images" else png()
                for name in case.body.keys() & {"image", "images"}
            } or case.body
        if "wait" in case.query:
            case.query["wait"] = 0  # nobody inspects meanwhile

    def image(self, to_delete: bool) -> str:
        """Return the next image's id; one that nothing else needs where it is to be deleted."""
        turn = next(self._turns)
        if to_delete:
            return add_image(self.app, PI_Particle=[5]) if turn % 2 else self.images[-1]
        return self.images[turn % len(self.images)]

    def batch(self, to_delete: bool) -> str:
        turn = next(self._turns)
        if to_delete:
            return self.batches[-1] if turn % 2 else _batch(self.app)
        return self.batches[turn % len(self.batches)]


def stored(app: Flask, stub: StubService) -> Known:
    """Have images inspected, fail and wait, alone and in batches; return their ids."""
    client = app.test_client()
    with pytest.MonkeyPatch.context() as monkeypatch, WorkerThread(app, monkeypatch):
        done = [inspected(client)["img_unique_id"] for _ in range(3)]
        batch = _batch(app, wait=100)
        stub.set_fault("500", count=1)
        failed = (send(client).json or {})["img_unique_id"]
        stub.reset()
    with_rows = [add_image(app, PI_Particle=[5, 90], PR_Peeling=[0]) for _ in range(12)]
    return Known(
        app, [*done, failed, with_rows[0], queued(client), UNKNOWN], [batch, _batch(app), UNKNOWN]
    )


def _batch(app: Flask, wait: int = 0) -> str:
    files = [(io.BytesIO(png()), f"{name}.png") for name in "ab"]
    answer = app.test_client().post(f"/upload/batch?wait={wait}", data={"images": files})
    assert answer.status_code in (200, 202), answer.json
    return str((answer.json or {})["batch_id"])
