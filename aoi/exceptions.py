"""The domain's errors. errors.py maps each to its HTTP status, in one place."""

from __future__ import annotations


class AoiError(Exception):
    """Something went wrong in the agent."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (self.__doc__ or "").strip().splitlines()[0])

    @property
    def message(self) -> str:
        return str(self)


class NotFound(AoiError):
    """There is nothing under this id."""


class Conflict(AoiError):
    """The state it is in does not allow this."""


class Unprocessable(AoiError):
    """The request cannot be followed."""


class BadParameter(Unprocessable):
    """A parameter of the query is well-formed, and still cannot be followed."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        # As the schemas' own errors are told.
        self.errors = {"query": {name: [message]}}


class ImageRefused(AoiError):
    """The file is not an image that can be inspected."""


class ImageTooLarge(ImageRefused):
    """The file or the image is over the limits."""


class BatchTooLarge(AoiError):
    """The batch is over its limits."""


class BatchRefused(AoiError):
    """Not one file of the batch can be inspected; nothing was kept. `errors` tells why."""

    def __init__(self, errors: dict[str, list[str | None]]) -> None:
        super().__init__()
        self.errors = errors


class Postponed(AoiError):
    """The inspection cannot go on now, for a reason that will pass; its job is tried again."""


class Forbidden(AoiError):
    """This is not allowed to whoever asked for it."""


class Busy(AoiError):
    """Too much is asked for at once. Try again in a few seconds."""


class QueueFull(Busy):
    """Too many images wait for their inspection. Nothing of this was kept; send it again later."""


class TooManyAttempts(AoiError):
    """Log-ins failed too often. `seconds` is how long the next one has to wait."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"Log-ins failed too often. Wait {seconds} s, then try again.")
        self.seconds = seconds


class StorageFull(AoiError):
    """The disk is full. Free some space, then send the image again; nothing of it was kept."""


class IndexBuilding(AoiError):
    """The search index is being made, which takes a minute or two. Ask again then."""


class TilesNotReady(AoiError):
    """The tiles of this picture are still being made. Ask again in a few seconds."""


class InferenceError(AoiError):
    """SegFormer did not give a usable answer.

    `code` is stored beside the message: `unreachable`, `no_model`, `timeout` or `bad_answer`;
    `transient` tells a fault of the service as a whole from one of this image.
    """

    code = "bad_answer"
    transient = False


class ServiceUnreachable(InferenceError):
    """SegFormer cannot be reached."""

    code = "unreachable"
    transient = True


class ModelNotLoaded(InferenceError):
    """SegFormer has no model loaded."""

    code = "no_model"
    transient = True


class InferenceTimeout(InferenceError):
    """SegFormer did not answer in time."""

    code = "timeout"
    transient = True


class BadAnswer(InferenceError):
    """SegFormer's answer is not what its contract says."""
