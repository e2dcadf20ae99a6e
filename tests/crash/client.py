"""A careful client: a key on everything, and the same again whenever no answer came."""

from __future__ import annotations

import time
from typing import Any

import requests

from tests.crash.ledger import Ledger, SentBatch, SentCall, SentSingle
from tests.crash.pictures import BAD_FILES

PAUSE = 0.3
READ_SECONDS = 40.0
HASTE_SECONDS = 0.05
# The database or the disk is away, or the first request is still under way: the same again.
PASSING = (409, 503, 507)


class GaveUp(Exception):
    """The time for the whole run is over."""


class Client:
    """Sends through one session until `deadline` (monotonic seconds)."""

    def __init__(self, url: str, ledger: Ledger, deadline: float) -> None:
        self.url, self.ledger, self.deadline = url, ledger, deadline
        self._session = requests.Session()
        self._session.trust_env = False

    def close(self) -> None:
        self._session.close()

    def send_single(self, sent: SentSingle) -> None:
        """Upload one image; an impatient client asks only once, and does not listen long."""
        picture = sent.single.picture
        headers = {"Idempotency-Key": sent.key}
        if sent.single.later:
            headers["Prefer"] = "respond-async"
        files = {"image": (picture.name, picture.data)}
        if sent.single.impatient:
            try:
                self._session.post(
                    f"{self.url}/upload", files=files, headers=headers, timeout=(3, HASTE_SECONDS)
                )
            except requests.RequestException:
                self.ledger.note_answer("not waited for")
            return
        self._note_single(sent, self._insist("POST", "/upload", headers=headers, files=files))

    def resolve_single(self, sent: SentSingle) -> None:
        """Ask with the same key and bytes what became of an upload whose answer never came."""
        picture = sent.single.picture
        headers = {"Idempotency-Key": sent.key, "Prefer": "respond-async"}
        files = {"image": (picture.name, picture.data)}
        self._note_single(sent, self._insist("POST", "/upload", headers=headers, files=files))

    def _note_single(self, sent: SentSingle, answer: requests.Response) -> None:
        body = answer.json()
        sent.unique_id = body.get("img_unique_id")
        if sent.unique_id is None:
            self.ledger.surprise(f"{sent.single.picture.name}: {answer.status_code} {body}")

    def send_call(self, batch: SentBatch, sent: SentCall) -> None:
        """Send the files of one call to their batch, and note the batch's id."""
        call = sent.call
        files = [("images", (picture.name, picture.data)) for picture in call.pictures]
        files += [("images", (name, BAD_FILES[name])) for name in call.bad]
        query = {"wait": call.wait} if call.wait else {}
        if batch.batch_id is not None:
            query["batch_id"] = batch.batch_id
        answer = self._insist(
            "POST", "/upload/batch",
            headers={"Idempotency-Key": sent.key}, params=query, files=files,
        )  # fmt: skip
        body = answer.json()
        if answer.status_code not in (200, 202) or batch.batch_id not in (None, body["batch_id"]):
            self.ledger.surprise(f"batch call of {len(files)}: {answer.status_code} {body}")
            return
        batch.batch_id = body["batch_id"]
        sent.accepted = True

    def delete(self, path: str) -> bool:
        """Delete what may still be under way; tell whether it is gone."""
        answer = self._insist("DELETE", path)
        # 404: it was deleted before, but the answer was lost.
        if answer.status_code not in (204, 404):
            self.ledger.surprise(f"DELETE {path}: {answer.status_code} {answer.text[:300]}")
        return answer.status_code in (204, 404)

    def get(self, path: str, **query: Any) -> requests.Response:
        """Ask until there is an answer."""
        return self._insist("GET", path, params=query)

    def post(self, path: str) -> requests.Response:
        return self._insist("POST", path)

    def _insist(self, method: str, path: str, **request: Any) -> requests.Response:
        """Send until an answer comes that is not about a passing trouble."""
        while True:
            if time.monotonic() > self.deadline:
                raise GaveUp(f"{method} {path}")
            try:
                answer = self._session.request(
                    method, f"{self.url}{path}", timeout=(3, READ_SECONDS), **request
                )
            except requests.RequestException as err:
                self.ledger.note_resend(_reason(err))
            else:
                self.ledger.note_answer(f"{method} {answer.status_code}")
                if not self._is_passing(answer, f"{method} {path}"):
                    return answer
            time.sleep(PAUSE)

    def _is_passing(self, answer: requests.Response, what: str) -> bool:
        if answer.status_code >= 500 and "img_unique_id" in answer.text:
            return False  # accepted; the inspection has failed
        if answer.status_code == 500:
            self.ledger.surprise(f"{what}: 500 {answer.text[:300]}")
        if answer.status_code in PASSING or answer.status_code >= 500:
            self.ledger.note_resend(f"answer {answer.status_code}")
            return True
        return False


def _reason(err: requests.RequestException) -> str:
    if isinstance(err, requests.ConnectTimeout | requests.ReadTimeout):
        return "no answer in time"
    return "refused" if "refused" in str(err) else "broken connection"
