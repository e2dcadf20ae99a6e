"""Find the stored file that a download asks for."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path

from aoi.catalog import get_image
from aoi.config import Settings
from aoi.decoding import decoders
from aoi.exceptions import ImageRefused, NotFound
from aoi.imaging import MEDIA_TYPES
from aoi.storage import Storage
from aoi.uploads import get_upload

_making = threading.Lock()
RESULT_KINDS = ("combined", "mask", "overlay")
KINDS = ("input", *RESULT_KINDS, "thumbnail")


@dataclass(frozen=True)
class StoredFile:
    """A file to send, its media type, and the name it is saved under."""

    path: Path
    media_type: str
    download_name: str


def find_picture(img_unique_id: str, kind: str, storage: Storage, settings: Settings) -> StoredFile:
    """Return a picture of an image; its input and thumbnail also while it is not inspected.

    Raises NotFound.
    """
    if kind not in KINDS:
        raise NotFound(f"There is no picture `{kind}`. There are: {', '.join(KINDS)}.")
    if kind in RESULT_KINDS:
        get_image(img_unique_id)
        path = storage.absolute(storage.result_path(img_unique_id, kind))
        return _present(path, "image/png", f"{img_unique_id}_{kind}.png")
    upload = get_upload(img_unique_id)
    source = storage.absolute(upload.input_image_path or "")
    if kind == "thumbnail":
        path = storage.thumbnail_path(img_unique_id)
        if not path.is_file() and source.is_file():
            _make_thumbnail(img_unique_id, source, storage, settings)
        return _present(path, "image/jpeg", f"{img_unique_id}_thumbnail.jpg")
    extension = source.suffix.lstrip(".")
    return _present(source, MEDIA_TYPES[extension], f"{img_unique_id}_input.{extension}")


def find_analysis(img_unique_id: str, storage: Storage) -> StoredFile:
    """Return the analysis of an image; raise NotFound."""
    get_image(img_unique_id)
    path = storage.absolute(storage.result_path(img_unique_id, "analysis"))
    return _present(path, "application/json", f"{img_unique_id}_analysis.json")


def _present(path: Path, media_type: str, download_name: str) -> StoredFile:
    if not path.is_file():
        raise NotFound(
            "The file is missing in the data folder. Ask the administrator to look for it."
        )
    return StoredFile(path, media_type, download_name)


def _make_thumbnail(img_unique_id: str, source: Path, storage: Storage, settings: Settings) -> None:
    # Thumbnails are not synced, so a power cut may have taken one.
    with _making:
        if storage.thumbnail_path(img_unique_id).is_file():
            return  # another request was first; decoding may take seconds
        try:
            checked = decoders.check_image(source, source.name, settings.max_image_pixels)
        except ImageRefused as err:
            raise NotFound("The stored input image is damaged.") from err
        storage.keep_thumbnail(img_unique_id, checked.thumbnail)
