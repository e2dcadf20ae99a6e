"""The read side: images, classes, regions, defects, uploads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Result, Row, func, select

from aoi.exceptions import NotFound
from aoi.extensions import db
from aoi.models import DefectClass, Image, Region, Upload
from aoi.paging import Cursors, Page, Pager, Ranked, cut_ranked
from aoi.search.filters import Filters
from aoi.search.index import current_index
from aoi.search.lists import DefectsKey, ImageKey, RegionKey
from aoi.statistics import done_uploads, uploads_by_status


def list_images(arguments: dict[str, Any], secret: str) -> Page:
    """Return a page of (Image, Upload) by the contract's filters."""
    order = arguments["order"]
    cursors = Cursors(secret, "images")
    found = current_index().view().images(Filters.of(arguments))
    if order.endswith("total_defects"):
        ranked: Ranked = found.by_defects()
        key_type: Callable[..., Any] = DefectsKey
    else:
        ranked, key_type = found, ImageKey
    page = cut_ranked(ranked, key_type, cursors, arguments, descending=order.startswith("-"))
    ids = [key.unique_id for key in page.keys]
    rows: Result[Any] = db.session.execute(
        select(Image, Upload).join(Upload, _same_image()).where(Image.img_unique_id.in_(ids))
    )
    by_id = {row.Image.img_unique_id: row for row in rows}
    # One that was deleted this moment is left out.
    return page.of([by_id[each] for each in ids if each in by_id], arguments)


def get_image(img_unique_id: str) -> Row[Image, Upload]:
    """Return an inspected image with its upload; raise NotFound."""
    row = db.session.execute(
        select(Image, Upload)
        .join(Upload, _same_image())
        .where(Image.img_unique_id == img_unique_id)
    ).one_or_none()
    if row is None:
        raise NotFound(
            f"There is no inspected image {img_unique_id}. "
            "GET /uploads/{id} tells how far an upload is."
        )
    return row


def list_classes(img_unique_id: str) -> Sequence[DefectClass]:
    """Return the classes of an image, zero ones included, by class id; raise NotFound."""
    get_image(img_unique_id)
    return db.session.scalars(
        select(DefectClass)
        .where(DefectClass.img_unique_id == img_unique_id)
        .order_by(DefectClass.class_id)
    ).all()


def list_regions(img_unique_id: str, class_name: str | None) -> list[dict[str, Any]]:
    """Return the classes of an image that have regions, each with its regions."""
    found: list[dict[str, Any]] = []
    regions: dict[str, list[Region]] = {}
    query = select(Region).where(Region.img_unique_id == img_unique_id).order_by(Region.region_id)
    for region in db.session.scalars(query):
        regions.setdefault(region.class_unique_id, []).append(region)
    for each in list_classes(img_unique_id):
        own = regions.get(each.class_unique_id)
        if own and class_name in (None, each.class_name):
            found.append({"of_class": each, "regions": own})
    return found


def list_defects(arguments: dict[str, Any], secret: str) -> Page:
    """Return a page of (Region, DefectClass, Image.timestamp), newest image first."""
    found = current_index().view().regions(Filters.of(arguments))
    page = cut_ranked(found, RegionKey, Cursors(secret, "defects"), arguments)
    ids = [key.region_unique_id for key in page.keys]
    rows: Result[Any] = db.session.execute(
        select(Region, DefectClass, Image.timestamp)
        .join(DefectClass, DefectClass.class_unique_id == Region.class_unique_id)
        .join(Image, Image.img_unique_id == Region.img_unique_id)
        .where(Region.region_unique_id.in_(ids))
    )
    by_id = {row.Region.region_unique_id: row for row in rows}
    return page.of([by_id[each] for each in ids if each in by_id], arguments)


def heatmap(arguments: dict[str, Any]) -> dict[str, Any]:
    """Return how many centroids lie in each cell of the image plane, by class."""
    found = current_index().view().regions(Filters.of(arguments))
    planes = found.heatmap(arguments["bins"])
    return {
        "bins": arguments["bins"],
        "total": found.total,
        "counts": {name: plane.tolist() for name, plane in planes.items()},
    }


def list_uploads(arguments: dict[str, Any], secret: str) -> Page:
    """Return a page of (Upload,), newest first."""
    query = select(Upload)
    status, batch_id = arguments.get("status"), arguments.get("batch_id")
    if status is not None:
        query = query.where(Upload.status == status)
    if batch_id is not None:
        query = query.where(Upload.batch_id == batch_id)
        total = db.session.scalar(select(func.count()).select_from(query.subquery())) or 0
    else:
        counts = uploads_by_status(done_uploads())
        total = sum(counts.values()) if status is None else counts[status]
    pager = Pager(Cursors(secret, "uploads"), (Upload.created_at, Upload.img_unique_id))
    return pager.cut(query, total, arguments)


def _same_image() -> Any:
    return Upload.img_unique_id == Image.img_unique_id
