"""A helper: `python -m aoi.decoding.child NICENESS` checks one image after the other.

It reads jobs as lines of JSON, answers each with one and the thumbnail's bytes, and ends with its
input, so with its parent.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from aoi import imaging
from aoi.decoding.turn import NotNow
from aoi.exceptions import ImageRefused, ImageTooLarge

# Room for a progressive JPEG of 300 megapixels, which is decoded as a whole.
MEMORY_BYTES = 4 * 1024**3
LIMITS = {
    resource.RLIMIT_AS: MEMORY_BYTES,
    resource.RLIMIT_CORE: 0,
    resource.RLIMIT_NOFILE: 64,
}


class Large:
    """Lets a large image be decoded where the job says that it may."""

    def __init__(self) -> None:
        self.is_allowed = False

    def __enter__(self) -> None:
        if not self.is_allowed:
            raise NotNow

    def __exit__(self, *_: object) -> None:
        pass


def main(niceness: int) -> None:
    """Work until the input ends."""
    os.nice(niceness)
    # Nothing that a library prints may come between the answers.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    for kind, most in LIMITS.items():
        resource.setrlimit(kind, (most, most))
    imaging.large_decode = large = Large()
    for line in sys.stdin.buffer:
        job = json.loads(line)
        large.is_allowed = job["large"]
        head, thumbnail = _answer(job)
        answers.write(json.dumps(head).encode() + b"\n" + thumbnail)
        answers.flush()


def _answer(job: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    try:
        checked = imaging.check_image(Path(job["path"]), job["name"], job["max_pixels"])
    except NotNow:
        return {"not_now": True}, b""
    except ImageRefused as err:
        return {"refused": err.message, "too_large": isinstance(err, ImageTooLarge)}, b""
    return {
        "width": checked.width,
        "height": checked.height,
        "extension": checked.extension,
        "thumbnail": len(checked.thumbnail),
    }, checked.thumbnail


if __name__ == "__main__":
    with suppress(BrokenPipeError):  # the parent is gone
        main(int(sys.argv[1]))
