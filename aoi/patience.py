"""Bounds that follow from the settings: how long work may take, how many connections it needs."""

from __future__ import annotations

from aoi.config import Settings

RETRY_AFTER_MAX = 30.0  # the SegFormer client obeys a Retry-After up to here
BACKOFF_MAX = 120.0  # urllib3's own
STORING_SECONDS = 15.0
ANSWER_SECONDS = 30.0


def longest_work(settings: Settings) -> float:
    """Return how long a job or a request in hand may take, in seconds."""
    waits = sum(
        min(BACKOFF_MAX, max(RETRY_AFTER_MAX, settings.segformer_backoff * 2.0**number))
        for number in range(1, settings.segformer_max_retries)
    )
    inspection = settings.segformer_max_retries * settings.segformer_timeout + waits
    return max(inspection + STORING_SECONDS, longest_answer(settings))


def longest_answer(settings: Settings) -> float:
    """Return how long a web worker that stops waits for its answers, in seconds."""
    return settings.upload_wait + ANSWER_SECONDS


def connections_needed(settings: Settings) -> int:
    """Return PostgreSQL's max_connections: every pool full, listeners, and an administrator."""
    pool = settings.db_pool_size + settings.db_max_overflow
    processes = settings.web_workers + 1
    return max(200, processes * (pool + 2) + 2 * settings.segformer_concurrency + 40)
