"""Failed log-ins slow down those that follow: of the same name, and from the same address.

Kept in PostgreSQL, so that it holds for all web processes. Each attempt is counted before its
password is looked at, so that many at once gain nothing; the right password clears the name.
"""

from __future__ import annotations

import math
from datetime import timedelta

from sqlalchemy import delete, func, select, text, update

from aoi.access.models import LoginFailure
from aoi.access.names import name_key
from aoi.access.tokens import hash_of
from aoi.exceptions import TooManyAttempts
from aoi.extensions import db

# Failures in a row that cost nothing; the next waits 1 s, then 2, 4 ... Bounded, so that nobody
# can keep a person out for long by failing in their name.
FREE_OF_NAME = 5
FREE_OF_ADDRESS = 20
MOST_SECONDS = 60
FORGOTTEN_AFTER = timedelta(minutes=15)

# No row comes back while the subject has to wait.
COUNT = text(
    """
    INSERT INTO login_failures AS kept (subject_hash, failures, last_failed_at, blocked_until)
    VALUES (:subject, 1, now(), now())
    ON CONFLICT (subject_hash) DO UPDATE
       SET failures = kept.failures + 1,
           last_failed_at = now(),
           blocked_until = now() + make_interval(secs =>
               CASE WHEN kept.failures + 1 < :free THEN 0
                    ELSE least(:most, power(2, least(kept.failures + 1 - :free, 16))) END)
     WHERE kept.blocked_until <= now()
    RETURNING failures
    """
)


def begin_attempt(name: str, address: str) -> None:
    """Count an attempt as failed until it succeeds; raise TooManyAttempts while it must wait."""
    db.session.execute(
        delete(LoginFailure).where(LoginFailure.last_failed_at < func.now() - FORGOTTEN_AFTER)
    )
    for subject, free in ((_of_address(address), FREE_OF_ADDRESS), (_of_name(name), FREE_OF_NAME)):
        values = {"subject": subject, "free": free, "most": MOST_SECONDS}
        if db.session.execute(COUNT, values).one_or_none() is None:
            seconds = _remaining(subject)
            db.session.commit()
            raise TooManyAttempts(seconds)
    db.session.commit()


def succeed(name: str, address: str) -> None:
    """Forget the failures of a name, as its owner has come; of an address, only this attempt."""
    db.session.execute(delete(LoginFailure).where(LoginFailure.subject_hash == _of_name(name)))
    db.session.execute(
        update(LoginFailure)
        .where(LoginFailure.subject_hash == _of_address(address))
        .values(failures=LoginFailure.failures - 1, blocked_until=func.now())
    )
    db.session.commit()


def _remaining(subject: str) -> int:
    left = db.session.scalar(
        select(func.extract("epoch", LoginFailure.blocked_until - func.now())).where(
            LoginFailure.subject_hash == subject
        )
    )
    return max(1, math.ceil(left or 0))


def _of_name(name: str) -> str:
    return hash_of(f"name {name_key(name)}")


def _of_address(address: str) -> str:
    return hash_of(f"address {address}")
