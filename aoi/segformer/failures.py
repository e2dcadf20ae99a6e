"""Each way in which a call to SegFormer fails, as one InferenceError that says what to do."""

from __future__ import annotations

from collections.abc import Iterator

import requests
import urllib3.exceptions

from aoi.exceptions import (
    BadAnswer,
    InferenceError,
    InferenceTimeout,
    ModelNotLoaded,
    ServiceUnreachable,
)
from aoi.segformer.body import Unreadable, members
from aoi.segformer.complaint import excerpt

_TIMEOUTS = (TimeoutError, urllib3.exceptions.ReadTimeoutError)
_UNREACHED = (  # a name that does not resolve is a NewConnectionError too
    urllib3.exceptions.NewConnectionError,
    urllib3.exceptions.ConnectTimeoutError,
)
_NO_ADDRESS = (
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
    urllib3.exceptions.LocationValueError,
)


def from_exception(err: Exception, address: str, timeout: float, tries: int) -> InferenceError:
    """Tell by its reason what an exception of requests or urllib3 means."""
    reasons = list(_reasons(err))
    again = f" in {tries} tries" if tries > 1 else ""
    if any(isinstance(reason, urllib3.exceptions.SSLError) for reason in reasons):
        return ServiceUnreachable(
            f"SegFormer at {address} cannot be reached over TLS: its certificate is not accepted, "
            "or it does not speak TLS. Check SEGFORMER_SERVICE_URL and the certificate."
        )
    # A connection that timed out is a host that is not there, so these come first.
    if any(isinstance(reason, _UNREACHED) for reason in reasons):
        return ServiceUnreachable(
            f"SegFormer cannot be reached at {address}{again}. Check that the service runs and "
            "that SEGFORMER_SERVICE_URL is right, then retry."
        )
    if any(isinstance(reason, _TIMEOUTS) for reason in reasons):
        return InferenceTimeout(
            f"SegFormer at {address} did not answer within {timeout:g} s{again}. See whether it "
            "is overloaded, or set SEGFORMER_TIMEOUT higher, then retry."
        )
    if any(isinstance(reason, _NO_ADDRESS) for reason in reasons):
        return ServiceUnreachable(
            f"{address} is not an address that can be called. Set SEGFORMER_SERVICE_URL to one "
            "like http://192.168.1.20:5000."
        )
    return BadAnswer(
        f"SegFormer at {address} broke off the connection{again} before its answer was whole. "
        "Look at the service's own log, then retry."
    )


def from_status(status: int, body: bytes, address: str, tries: int) -> InferenceError:
    """Tell what an answer other than 200 means; `body` may be only its beginning."""
    own = own_error(body)
    said = f': "{own}"' if own else ""
    again = f" after {tries} tries" if tries > 1 else ""
    if status == 503 and own is not None:
        return ModelNotLoaded(
            f"SegFormer at {address} has no model loaded{again}{said}. Load its model, then retry."
        )
    if status == 503:
        return ServiceUnreachable(
            f"A proxy before SegFormer at {address} says that the service is not available"
            f"{again}. Check that the service runs, then retry."
        )
    if status == 504:
        return InferenceTimeout(
            f"A proxy before SegFormer at {address} gave up waiting for it{again}. See whether "
            "the service is overloaded, then retry."
        )
    if 300 <= status < 400:
        return BadAnswer(
            f"SegFormer at {address} answered with a redirect ({status}), which is not followed. "
            "Set SEGFORMER_SERVICE_URL to the service's final address."
        )
    if status == 502:
        return BadAnswer(
            f"A proxy before SegFormer at {address} got no proper answer from it{again}. Check "
            "that the service runs, then retry."
        )
    if 400 <= status < 500:
        return BadAnswer(
            f"SegFormer at {address} refused the image ({status}){said}. Run "
            "`flask --app wsgi check-service` to see whether it is the service that was meant."
        )
    return BadAnswer(
        f"SegFormer at {address} could not inspect the image ({status}){said}. Look at the "
        "service's own log; the image may be one it cannot read."
    )


def own_error(body: bytes) -> str | None:
    """Return what the service itself says of its failure, None where it is not the service."""
    try:
        document = members(body)
    except Unreadable:
        return None
    error = document.get("error")
    if document.get("success") is not False or not isinstance(error, str):
        return None
    return excerpt(error, 200)


def _reasons(err: BaseException) -> Iterator[BaseException]:
    """Walk through what an exception wraps, in whichever way requests and urllib3 wrap it."""
    seen: set[int] = set()
    waiting: list[object] = [err]
    while waiting:
        item = waiting.pop(0)
        if not isinstance(item, BaseException) or id(item) in seen:
            continue
        seen.add(id(item))
        yield item
        waiting += [*item.args, getattr(item, "reason", None)]
