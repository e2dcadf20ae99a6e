"""The three folders of images: how a name there tells its id, and which paths rows name."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from sqlalchemy import select

from aoi.extensions import db
from aoi.ids import is_id
from aoi.models import Image, Removal, Status, Upload
from aoi.storage import Storage
from aoi.verification.findings import Kind

ID_LENGTH = len("YYYYMMDD_HHMMSS_") + 8


@dataclass(frozen=True)
class Tree:
    """One folder under the data folder, its days below it.

    `id_of` reads the id from an entry's name, None where there is none; `in_use` returns the
    paths, relative to the data folder, that rows name for these ids.
    """

    name: str
    kind: Kind
    id_of: Callable[[str], str | None]
    in_use: Callable[[Storage, Collection[str]], set[str]]


def _id(text: str) -> str | None:
    return text if is_id(text) else None


def _input_id(name: str) -> str | None:
    return _id(name[:ID_LENGTH])


def _thumbnail_id(name: str) -> str | None:
    return _id(name.removesuffix(".jpg"))


def _inputs(storage: Storage, ids: Collection[str]) -> set[str]:
    of_uploads = select(Upload.input_image_path).where(Upload.img_unique_id.in_(ids))
    of_images = select(Image.input_image_path).where(Image.img_unique_id.in_(ids))
    of_removals = select(Removal.input_image_path).where(Removal.img_unique_id.in_(ids))
    # Removals last: their note comes in the very moment in which the rows go.
    return {
        *filter(None, db.session.scalars(of_uploads)),
        *db.session.scalars(of_images),
        *filter(None, db.session.scalars(of_removals)),
    }


def _thumbnails(storage: Storage, ids: Collection[str]) -> set[str]:
    return {
        str(storage.thumbnail_path(unique_id).relative_to(storage.root))
        for unique_id in _known(ids, list(Status))
    }


def _results(storage: Storage, ids: Collection[str]) -> set[str]:
    # Of what is still to be inspected, or again, the inspection replaces what is there.
    kept = [Status.QUEUED, Status.PROCESSING, Status.DONE]
    return {storage.result_folder(unique_id) for unique_id in _known(ids, kept)}


def _known(ids: Collection[str], states: Collection[Status]) -> set[str]:
    uploads = select(Upload.img_unique_id).where(
        Upload.img_unique_id.in_(ids), Upload.status.in_(states)
    )
    images = select(Image.img_unique_id).where(Image.img_unique_id.in_(ids))
    removals = select(Removal.img_unique_id).where(Removal.img_unique_id.in_(ids))
    return {
        *db.session.scalars(uploads),
        *db.session.scalars(images),
        *db.session.scalars(removals),
    }


TREES = (
    Tree("uploads", Kind.ORPHAN_INPUT, _input_id, _inputs),
    Tree("results", Kind.ORPHAN_RESULT, _id, _results),
    Tree("thumbnails", Kind.ORPHAN_THUMBNAIL, _thumbnail_id, _thumbnails),
)
