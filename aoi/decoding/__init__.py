"""Images from outside are decoded in processes of their own, with limits on memory and time."""

from aoi.decoding.pool import Decoders

__all__ = ["bulk_decoders", "decoders"]

# Of this process; their helpers start with the first image, so after any fork.
decoders = Decoders()
# For batches: who waits for a single image goes first. Two keep up with any sender.
bulk_decoders = Decoders(count=2, niceness=5)
