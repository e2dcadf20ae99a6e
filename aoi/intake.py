"""Take images in: check, store the input, commit the upload and its job in one transaction."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from sqlalchemy.exc import IntegrityError

from aoi import idempotency
from aoi.config import Settings
from aoi.crowding import Crowding
from aoi.decoding import decoders
from aoi.decoding.pool import Decoders
from aoi.exceptions import ImageRefused, ImageTooLarge
from aoi.extensions import db
from aoi.ids import new_id
from aoi.imaging import CheckedImage, extension_of
from aoi.jobs import defer_inspection
from aoi.models import Status, Upload
from aoi.storage import IncomingFile, Storage

log = logging.getLogger(__name__)

MAX_NAME_CHARACTERS = 255


@dataclass(frozen=True)
class Received:
    """A file as a client sent it: its bytes on the disk, and the name it came under."""

    file: IncomingFile
    filename: str

    @property
    def name(self) -> str:
        """The name without folders or control characters, as it is shown and kept."""
        bare = self.filename.replace("\\", "/").rsplit("/", 1)[-1]
        clean = "".join(char for char in bare if char.isprintable()).strip()
        return clean[-MAX_NAME_CHARACTERS:]


@dataclass(frozen=True)
class Intake:
    """The way in, for every upload wherever it comes from."""

    settings: Settings
    storage: Storage

    @cached_property
    def crowding(self) -> Crowding:
        return Crowding(self.settings.max_queued)

    def check(self, received: Received, by: Decoders = decoders) -> CheckedImage:
        """Return what the image is; raise ImageRefused or ImageTooLarge saying what to do."""
        if not received.name:
            raise ImageRefused("The file has no name. Send it with its file name.")
        extension_of(received.name)
        if received.file.size == 0:
            raise ImageRefused(
                "The file is empty. Check that it was written completely, then send it again."
            )
        if received.file.size > self.settings.max_file_bytes:
            raise ImageTooLarge(self.too_large)
        path, limit = received.file.path, self.settings.max_image_pixels
        return by.check_image(path, received.name, limit)

    @property
    def too_large(self) -> str:
        return (
            f"The file is larger than the limit of {self.settings.max_file_size_mb:g} MB. "
            "Send it compressed, or in parts."
        )

    def store(self, received: Received, by: Decoders = decoders) -> Upload:
        """Check one image and put its input in place; return its row, not yet committed.

        Until that row is committed, `discard` takes the files back.
        """
        checked = self.check(received, by)
        self.storage.require_room(received.file.size)
        moment = datetime.now(UTC)
        unique_id = new_id(moment)
        path = self.storage.keep_input(received.file, unique_id, received.name, checked.extension)
        try:
            self.storage.keep_thumbnail(unique_id, checked.thumbnail)
        except BaseException:
            self.storage.delete(unique_id, path)
            raise
        return Upload(
            img_unique_id=unique_id,
            original_filename=received.name,
            size_bytes=received.file.size,
            sha256=received.file.sha256,
            input_image_path=path,
            status=Status.QUEUED,
            created_at=moment,
            updated_at=moment,
        )

    def discard(self, upload: Upload) -> None:
        """Take back the files of an upload that was not committed."""
        self.storage.delete(upload.img_unique_id, upload.input_image_path)

    def accept(
        self, received: Received, key: str | None = None, hold_seconds: float = 0
    ) -> tuple[Upload, bool]:
        """Keep one image and queue its inspection; return it, and whether it is new.

        With an idempotency `key` that is known, the upload it stands for comes back.
        `hold_seconds` is how long the caller means to wait for the result, 0 for not at all.
        """
        fingerprint = received.file.sha256
        if key and (known := idempotency.find(key, fingerprint)):
            return idempotency.upload_of(known), False
        self.crowding.require_place()
        upload = self.store(received)
        try:
            db.session.add(upload)
            db.session.flush()
            if key:
                idempotency.keep(key, fingerprint, hold_seconds, img_unique_id=upload.img_unique_id)
            defer_inspection(upload, waited_for=hold_seconds > 0)
        except IntegrityError:
            # Another request with this key came first; rolled back, it can be seen.
            db.session.rollback()
            self.discard(upload)
            if key and (known := idempotency.find(key, fingerprint)):
                return idempotency.upload_of(known), False
            raise
        except BaseException:
            self.discard(upload)
            raise
        # Were the connection lost in it, the row may stand all the same: its files must stay.
        db.session.commit()
        return upload, True
