"""Receive the files of a multipart body as they arrive, straight to the data folder."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Request
from gunicorn.http.errors import ParseException
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge, RequestTimeout
from werkzeug.sansio.multipart import Data, Epilogue, Event, Field, File, MultipartDecoder, NeedData

from aoi.exceptions import ImageRefused
from aoi.intake import Received
from aoi.storage import IncomingFile, Storage

CHUNK_BYTES = 256 * 1024
MAX_HEADERS_BYTES = 64 * 1024
MAX_OTHER_PARTS = 100
NOT_MULTIPART = (
    "Send the image as multipart/form-data, as a file in the field `{field}`: "
    "curl -F {field}=@panel.png …"
)
NOT_UTF_8 = "A file's name is not UTF-8. Send it under another name; nothing was kept."
CUT_SHORT = "The request ended before all of it had arrived. Nothing of it was kept; send it again."


def receive_files(
    request: Request, storage: Storage, field: str, max_bytes: int, max_file_bytes: int
) -> Iterator[Received]:
    """Yield each file of `field` once it has arrived whole; the caller keeps or discards it.

    A file over `max_file_bytes` is yielded cut, one byte above the limit. Raises
    ImageRefused where the body is no whole multipart form, 413 over `max_bytes`.
    """
    if (request.content_length or 0) > max_bytes:
        raise RequestEntityTooLarge
    receiving: IncomingFile | None = None
    name: str | None = None
    try:
        for event in _events(request, field, max_bytes):
            if isinstance(event, File | Field):
                receiving, name = None, None
                if event.name == field:
                    receiving = storage.receive()
                    name = event.filename if isinstance(event, File) else ""
            elif isinstance(event, Data) and receiving is not None:
                room = max_file_bytes + 1 - receiving.size
                if room > 0 and event.data:
                    receiving.write(event.data[:room])
                if not event.more_data:
                    receiving.finish()
                    received, receiving = Received(receiving, name or ""), None
                    yield received
    finally:
        if receiving is not None:
            receiving.discard()


def _events(request: Request, field: str, max_bytes: int) -> Iterator[Event]:
    boundary = request.mimetype_params.get("boundary", "").encode("ascii", "ignore")
    if request.mimetype != "multipart/form-data" or not boundary:
        raise ImageRefused(NOT_MULTIPART.format(field=field))
    decoder = MultipartDecoder(boundary)
    total = others = pending = 0
    try:
        while True:
            event = decoder.next_event()
            if isinstance(event, NeedData):
                # Only headers may pile up; a part's bytes leave the decoder as they come.
                if pending > MAX_HEADERS_BYTES + 2 * CHUNK_BYTES:
                    raise RequestEntityTooLarge
                chunk = _chunk(request)
                total += len(chunk)
                pending += len(chunk)
                if total > max_bytes:
                    raise RequestEntityTooLarge
                decoder.receive_data(chunk or None)
                continue
            pending = 0
            if isinstance(event, File | Field) and event.name != field:
                others += 1
                if others > MAX_OTHER_PARTS:
                    raise RequestEntityTooLarge
            yield event
            if isinstance(event, Epilogue):
                return
    except UnicodeDecodeError as err:
        raise ImageRefused(NOT_UTF_8) from err
    except ValueError as err:
        raise ImageRefused(CUT_SHORT) from err


def _chunk(request: Request) -> bytes:
    try:
        return request.stream.read(CHUNK_BYTES)
    except (ClientDisconnected, ParseException, OSError) as err:
        # werkzeug tells of a client that was cut off by the same error as of one that went.
        if isinstance(err, TimeoutError) or isinstance(err.__context__, TimeoutError):
            raise RequestTimeout from err
        # gunicorn tells of a chunked body that ends early, or is none, by errors of its own.
        raise ImageRefused(CUT_SHORT) from err
