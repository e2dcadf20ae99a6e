"""How many requests, and how much waits."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from aoi.access.scopes import Scope
from aoi.config import Settings
from tests.sending import nothing_kept, queued, send

Make = Callable[[Scope], dict[str, str]]


class TestRequests:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return dataclasses.replace(settings, rate_limit="3 per hour")

    def test_each_answer_tells_how_many_are_left(self, client: FlaskClient) -> None:
        headers = client.get("/images").headers
        assert headers["X-RateLimit-Limit"] == "3"
        assert headers["X-RateLimit-Remaining"] == "2"
        assert 3500 < int(headers["X-RateLimit-Reset"]) <= 3602
        assert "Retry-After" not in headers

    def test_one_more_is_refused_until_the_window_ends(self, client: FlaskClient) -> None:
        codes = [client.get(path).status_code for path in ("/images", "/nothing", "/stats")]
        assert codes == [200, 404, 200]
        refused = client.get("/images")
        assert refused.status_code == 429 and refused.json
        assert refused.json["code"] == 429
        assert 3500 < int(refused.headers["Retry-After"]) <= 3602

    def test_each_key_and_each_address_has_its_own(self, client: FlaskClient, key: Make) -> None:
        first, second = key(Scope.READ), key(Scope.ADMIN)
        for _ in range(4):
            last = client.get("/images", headers=first)
        assert last.status_code == 429
        assert client.get("/images", headers=second).status_code == 200
        wrong = {"X-API-Key": "aoi_wrong"}
        codes = [client.get("/images", headers=wrong).status_code for _ in range(4)]
        assert codes == [401, 401, 401, 429]
        elsewhere = {"REMOTE_ADDR": "127.0.0.2"}
        assert client.get("/images", headers=wrong, environ_base=elsewhere).status_code == 401

    def test_health_and_the_parts_of_pages_are_not_counted(self, client: FlaskClient) -> None:
        for _ in range(5):
            assert client.get("/health/live").status_code == 200
            with client.get("/static/css/frame.css") as answer:
                assert answer.status_code == 200


class TestOff:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return dataclasses.replace(settings, rate_limit="off")

    def test_nothing_is_counted(self, client: FlaskClient) -> None:
        assert "X-RateLimit-Limit" not in client.get("/images").headers


class TestQueue:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return dataclasses.replace(settings, max_queued=1)

    @pytest.fixture(autouse=True)
    def counted_always(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("aoi.crowding.COUNT_SECONDS", -1)

    def test_more_than_may_wait_are_sent_away(self, client: FlaskClient) -> None:
        queued(client)
        answer = send(client)
        assert answer.status_code == 503 and answer.json
        assert "Too many images wait" in answer.json["message"]
        assert int(answer.headers["Retry-After"]) > 0

    def test_batches_too(self, client: FlaskClient) -> None:
        queued(client)
        answer = client.post("/upload/batch", data={"images": []})
        assert answer.status_code == 503


def test_a_body_that_nobody_asked_for_is_not_read(client: FlaskClient) -> None:
    answer = client.post("/uploads/20260225_103045_7K3QH2ZD/retry", data=b"x" * 2**23)
    assert answer.status_code in (404, 413)
    assert nothing_kept(client.application)
