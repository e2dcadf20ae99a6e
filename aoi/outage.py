"""SegFormer's outages, shared by all workers: noticed, waited out with growing probes, ended."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from aoi.exceptions import InferenceError
from aoi.extensions import db
from aoi.segformer.client import SegformerClient

log = logging.getLogger(__name__)

FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 30.0
PROBE_TIMEOUT_SECONDS = 1.5
# Faults of these kinds tell of the service as a whole without asking it.
OF_THE_SERVICE = ("unreachable", "no_model")

# An outage that follows the last within a minute goes on with its waits: /health may lie.
BEGIN = text(
    """
    INSERT INTO service_outages AS outage
           (outage_id, since, error, error_code, probe_at, wait_seconds)
    VALUES (1, now(), :error, :error_code, now() + make_interval(secs => :first), :first)
    ON CONFLICT (outage_id) DO UPDATE
       SET since = now(), ended_at = NULL, error = excluded.error,
           error_code = excluded.error_code,
           wait_seconds = CASE WHEN outage.ended_at > now() - interval '1 minute'
                               THEN least(2 * outage.wait_seconds, :longest) ELSE :first END,
           probe_at = now() + make_interval(secs =>
               CASE WHEN outage.ended_at > now() - interval '1 minute'
                    THEN least(2 * outage.wait_seconds, :longest) ELSE :first END)
     WHERE outage.ended_at IS NOT NULL
    RETURNING since
    """
)
CURRENT = text("SELECT since, error, error_code FROM service_outages WHERE ended_at IS NULL")
# Of all workers one takes the probe that is due.
TAKE_PROBE = text(
    """
    UPDATE service_outages
       SET wait_seconds = least(2 * wait_seconds, :longest),
           probe_at = now() + make_interval(secs => least(2 * wait_seconds, :longest))
     WHERE ended_at IS NULL AND probe_at <= now()
    RETURNING since
    """
)
END = text("UPDATE service_outages SET ended_at = now() WHERE ended_at IS NULL RETURNING since")


@dataclass(frozen=True)
class Outage:
    """Since when SegFormer is away, and what it was first noticed by."""

    since: datetime
    error: str
    error_code: str


@dataclass
class ServiceWatch:
    """What one process knows of SegFormer; `outage` is None while it answers."""

    client: SegformerClient
    outage: Outage | None = None

    def refresh(self) -> Outage | None:
        """Look at what all workers share, and probe where it is this one's turn."""
        self.outage = current()
        if self.outage is not None:
            taken = db.session.execute(TAKE_PROBE, {"longest": LONGEST_WAIT_SECONDS}).one_or_none()
            db.session.commit()
            if taken is not None:
                self.probe()
        return self.outage

    def probe(self) -> bool:
        """Ask SegFormer whether it is back; end the outage if so."""
        if not self.answers():
            return False
        ended = db.session.execute(END).one_or_none()
        db.session.commit()
        self.outage = None
        if ended is not None:
            log.warning("SegFormer is back; it was away since %s", ended.since.isoformat())
        return True

    def answers(self) -> bool:
        return self.client.health(PROBE_TIMEOUT_SECONDS)["status"] == "ok"

    def is_outage(self, err: InferenceError) -> bool:
        """Tell a fault of the service as a whole from one of this image; note an outage."""
        if err.code not in OF_THE_SERVICE and self.answers():
            return False
        self.begin(err)
        return True

    def begin(self, err: InferenceError) -> None:
        """Note that SegFormer is away, unless that is known."""
        begun = db.session.execute(
            BEGIN,
            {
                "error": err.message,
                "error_code": err.code,
                "first": FIRST_WAIT_SECONDS,
                "longest": LONGEST_WAIT_SECONDS,
            },
        ).one_or_none()
        db.session.commit()
        if begun is not None:
            log.error("SegFormer is away, queued images wait: %s", err.message)
        self.outage = current()


def current() -> Outage | None:
    """Return the outage that is on; holds no connection afterwards."""
    row = db.session.execute(CURRENT).one_or_none()
    db.session.rollback()
    return None if row is None else Outage(row.since, row.error, row.error_code)
