"""From the body of a 200 answer to an Answer, or the reason why it is none."""

from __future__ import annotations

import logging

from marshmallow import ValidationError

from aoi.exceptions import BadAnswer
from aoi.segformer.analysis import Answer
from aoi.segformer.body import Unreadable, read
from aoi.segformer.complaint import summary
from aoi.segformer.contract import AnswerSchema
from aoi.segformer.png import size_of

log = logging.getLogger("aoi.segformer")

_SCHEMA = AnswerSchema()
_ADVICE = "Run `flask --app wsgi check-service` to see all that differs."


def parse(body: bytes) -> Answer:
    """Check and decode the body of an answer; raise BadAnswer saying what is wrong in it."""
    try:
        document, analysis_json = read(body)
        data = _SCHEMA.load(document)
    except Unreadable as err:
        raise BadAnswer(f"SegFormer's answer cannot be read: {err}. {_ADVICE}") from err
    except ValidationError as err:
        raise BadAnswer(
            f"SegFormer's answer is not what its contract says: {summary(err)}. {_ADVICE}"
        ) from err
    answer = Answer(
        combined=data["combined_image"],
        mask=data["mask_image"],
        overlay=data["overlay_image"],
        analysis_json=analysis_json or b"",  # the schema has seen that it is there
        analysis=data["analysis_results"],
        total_defects=data["total_defects"],
    )
    _warn_of_odd_sizes(answer)
    return answer


def odd_sizes(answer: Answer) -> list[str]:
    """Say which pictures are not of the size that the contract gives them."""
    width, height = answer.analysis.width, answer.analysis.height
    wanted = {
        "mask_image": (answer.mask, (width, height)),
        "overlay_image": (answer.overlay, (width, height)),
        "combined_image": (answer.combined, (2 * width, height)),
    }
    odd = []
    for name, (png, size) in wanted.items():
        found = size_of(png)
        if found is not None and found != size:
            odd.append(f"{name} is {found[0]} x {found[1]} instead of {size[0]} x {size[1]}")
    return odd


def _warn_of_odd_sizes(answer: Answer) -> None:
    # Another model may draw at another size: the result is stored as it came.
    if odd := odd_sizes(answer):
        log.warning("SegFormer's pictures are not of the image's size: %s", "; ".join(odd))
