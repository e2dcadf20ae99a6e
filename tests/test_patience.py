"""The bounds that follow from the settings."""

from __future__ import annotations

from aoi.config import HELD_UPLOADS, Settings
from aoi.patience import connections_needed, longest_answer, longest_work


def test_a_stop_waits_for_every_try_and_every_wait_between_them() -> None:
    settings = Settings(segformer_max_retries=3, segformer_timeout=30, upload_wait=0)
    assert 3 * 30 + 2 * 30 <= longest_work(settings) <= 3 * 30 + 2 * 30 + 60


def test_a_stop_waits_for_the_longest_answer() -> None:
    settings = Settings(segformer_max_retries=1, segformer_timeout=1, upload_wait=500)
    assert longest_work(settings) == longest_answer(settings) > 500


def test_every_pool_may_be_full_at_once() -> None:
    settings = Settings(web_workers=32, db_pool_size=5, db_max_overflow=15)
    assert connections_needed(settings) > 33 * 20


def test_the_defaults_leave_room_for_others() -> None:
    assert connections_needed(Settings()) >= 120 > HELD_UPLOADS
