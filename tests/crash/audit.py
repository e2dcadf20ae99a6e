"""After the storm: ask the API for everything, and hold it against what the clients sent."""

from __future__ import annotations

import re
import time
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from tests.crash.client import Client
from tests.crash.ledger import Ledger, SentBatch
from tests.crash.pictures import HEIGHT, WIDTH, Picture
from tests.stub import StubService

SETTLE_SECONDS = 120.0  # without any progress
READERS = 6
RETRY_ROUNDS = 3


@dataclass
class Audit:
    """Fills `findings` with what is wrong, one sentence each; the counts tell the rest."""

    client: Client
    ledger: Ledger
    stub: StubService
    findings: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    uploads: dict[str, dict[str, Any]] = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)  # by id, or by name where there is none
    twice: set[str] = field(default_factory=set)

    def resolve(self) -> None:
        """Ask again, with key and bytes, for each upload whose answer never came."""
        for sent in self.ledger.singles:
            if sent.unique_id is None:
                self.counts["resolved by key"] += 1
                self.client.resolve_single(sent)

    def settle(self) -> None:
        """Wait until nothing is queued or processing, as long as there is progress."""
        waiting, since = -1, time.monotonic()
        while True:
            states = self.client.get("/stats").json()["uploads_by_status"]
            left = states["queued"] + states["processing"]
            if left == 0:
                return
            if left != waiting:
                waiting, since = left, time.monotonic()
            if time.monotonic() - since > SETTLE_SECONDS:
                self.find(f"{left} uploads are stuck: {states}")
                return
            time.sleep(0.5)

    def retry_failed(self) -> None:
        """Retry through the API whatever failed, and see that each says why."""
        for _ in range(RETRY_ROUNDS):
            failed = [row for row in self._list("/uploads", "uploads") if row["status"] == "failed"]
            if not failed:
                return
            for row in failed:
                if not row["error"]:
                    self.find(f"{row['img_unique_id']} failed without a reason")
                self.failures[_kind_of(row["error"] or "")] += 1
                answer = self.client.post(f"/uploads/{row['img_unique_id']}/retry")
                # 409: the answer to the first try was lost, and it is queued already.
                if answer.status_code not in (202, 409):
                    self.find(f"retry of {row['img_unique_id']}: {answer.status_code}")
                self.counts["retries"] += 1
            self.settle()

    def check(self) -> None:
        """Compare uploads, images, batches, statistics, and every file."""
        self._check_uploads()
        self._check_images()
        self._check_batches()
        self._check_statistics()
        self._check_files()

    def find(self, text: str) -> None:
        self.findings.append(text)

    def _check_uploads(self) -> None:
        rows = [row for row in self._list("/uploads", "uploads") if row["status"] != "rejected"]
        by_hash = defaultdict(list)
        for row in rows:
            by_hash[row["sha256"]].append(row)
        ids = {sent.single.picture.sha256: sent.unique_id for sent in self.ledger.singles}
        for picture in self.ledger.pictures:
            found = by_hash.pop(picture.sha256, [])
            if not found:
                self._lose(picture.name, f"{picture.name} is lost")
            elif len(found) > 1:
                self._double(picture.name, f"{picture.name} is there {len(found)} times")
            for row in found[:1]:
                self._check_upload(picture, row, ids.get(picture.sha256))
        for rows in by_hash.values():
            unique_id = rows[0]["img_unique_id"]
            self._double(unique_id, f"{unique_id} is nothing that was acknowledged")

    def _check_upload(self, picture: Picture, row: dict[str, Any], told: str | None) -> None:
        unique_id = row["img_unique_id"]
        self.uploads[unique_id] = row | {"picture": picture}
        self.counts[row["status"]] += 1
        if told not in (None, unique_id):
            self._lose(unique_id, f"{picture.name} was acknowledged as {told} but is {unique_id}")
        if row["original_filename"] != picture.name:
            self.find(f"{unique_id} is named {row['original_filename']}, not {picture.name}")
        if row["status"] != "done":
            self._lose(unique_id, f"{unique_id} stays {row['status']}: {row['error']}")

    def _check_images(self) -> None:
        listed = Counter(row["img_unique_id"] for row in self._list("/images", "images"))
        done = {key for key, row in self.uploads.items() if row["status"] == "done"}
        for unique_id in done - set(listed):
            self._lose(unique_id, f"{unique_id} is done but has no result")
        for unique_id in set(listed) - done:
            self._double(unique_id, f"{unique_id} has a result but is not done")
        for unique_id, count in listed.items():
            if count > 1:
                self._double(unique_id, f"{unique_id} is listed {count} times")

    def _check_batches(self) -> None:
        listed = {row["batch_id"]: row for row in self._list("/batches", "batches")}
        sent = {
            batch.batch_id: batch
            for batch in self.ledger.batches
            if batch.batch_id and not batch.deleted
        }
        for batch_id in listed.keys() ^ sent.keys():
            self.find(f"batch {batch_id} is known to only one side")
        for batch_id, batch in sent.items():
            body = self.client.get(f"/batches/{batch_id}").json()
            self._check_batch(batch, body)
            for name in ("status", "counts", "total_images", "total_defects", "progress"):
                if batch_id in listed and listed[batch_id][name] != body[name]:
                    self.find(f"batch {batch_id}: {name} differs between the list and itself")

    def _check_batch(self, batch: SentBatch, body: dict[str, Any]) -> None:
        self.counts["batches"] += 1
        unique_id, results = body["batch_id"], body["results"]
        names = [each["filename"] for each in results]
        if names != batch.names:
            self.find(f"batch {unique_id} holds {len(names)} files, not the {len(batch.names)}")
        if [each["index"] for each in results] != list(range(1, len(results) + 1)):
            self.find(f"batch {unique_id} does not count on")
        good = len(batch.pictures)
        bad = len(batch.names) - good
        self.counts["rejected"] += bad
        wanted = {"queued": 0, "processing": 0, "done": good, "failed": 0, "rejected": bad}
        if body["counts"] != wanted or body["status"] != "done" or body["progress"] != 1:
            self.find(f"batch {unique_id} is {body['status']} with {body['counts']}, not {wanted}")
        for each in results:
            if each["status"] == "rejected" and not (each["error"] and not each["img_unique_id"]):
                self.find(f"batch {unique_id}: {each['filename']} is rejected without a reason")
        defects = sum(self._expected(picture).total_defects for picture in batch.pictures)
        if body["total_defects"] != defects:
            self.find(f"batch {unique_id} tells {body['total_defects']} defects, not {defects}")

    def _check_statistics(self) -> None:
        body = self.client.get("/stats").json()
        pictures = self.ledger.pictures
        defects = sum(self._expected(picture).total_defects for picture in pictures)
        states = body["uploads_by_status"]
        told = (body["total_images"], body["total_defects"], states["done"], states["rejected"])
        wanted = (len(pictures), defects, len(pictures), self.counts["rejected"])
        if told != wanted:
            self.find(f"/stats tells images, defects, done, rejected {told}, not {wanted}")

    def _check_files(self) -> None:
        with ThreadPoolExecutor(READERS) as pool:
            list(pool.map(self._check_files_of, self.uploads))

    def _check_files_of(self, unique_id: str) -> None:
        picture: Picture = self.uploads[unique_id]["picture"]
        expected = self._expected(picture)
        wanted = {
            f"/download/image/{unique_id}/input": picture.data,
            f"/download/image/{unique_id}/combined": expected.combined,
            f"/download/image/{unique_id}/mask": expected.mask,
            f"/download/image/{unique_id}/overlay": expected.overlay,
            f"/download/json/{unique_id}": expected.analysis_json,
        }
        for path, data in wanted.items():
            answer = self.client.get(path)
            if answer.status_code != 200 or answer.content != data:
                self._lose(
                    unique_id, f"{path} answers {answer.status_code} or is not what was sent"
                )
        self.counts["files compared"] += len(wanted)

    def _expected(self, picture: Picture) -> Any:
        return self.stub.expected(picture.sha256, WIDTH, HEIGHT)

    def _list(self, path: str, name: str) -> list[dict[str, Any]]:
        """Return all items of a list, by its cursor."""
        rows: list[dict[str, Any]] = []
        query: dict[str, Any] = {"limit": 100}
        while True:
            body = self.client.get(path, **query).json()
            rows += body[name]
            if not body["next_cursor"]:
                if len(rows) != body["total"]:
                    self.find(f"{path} lists {len(rows)} of {body['total']}")
                return rows
            query["cursor"] = body["next_cursor"]

    def _lose(self, subject: str, text: str) -> None:
        self.lost.add(subject)
        self.find(text)

    def _double(self, subject: str, text: str) -> None:
        self.twice.add(subject)
        self.find(text)


def _kind_of(error: str) -> str:
    """Return the words of an error that do not change from one image to the next."""
    bare = re.sub(r"( at)? ?http:\S+", "", error)
    return re.sub(r"\d+", "n", bare).split(". ")[0].split(" (char")[0][:100]
