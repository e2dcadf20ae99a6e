"""Asking for results: images, classes, regions, defects."""

from __future__ import annotations

from typing import Any

from aoi import catalog
from aoi.blueprints import parts
from aoi.blueprints.api import ApiBlueprint
from aoi.blueprints.presenting import (
    class_with_regions,
    image_detail,
    image_summary,
    region_record,
)
from aoi.outlines.cache import read_outlines
from aoi.schemas.defects import DefectsPage, DefectsQuery
from aoi.schemas.images import (
    ClassesAnswer,
    ImageDetail,
    ImagesPage,
    ImagesQuery,
    RegionsAnswer,
    RegionsQuery,
)
from aoi.uploads import delete_upload

bp = ApiBlueprint("query", __name__, description="Results: images, classes, regions, defects")

NO_IMAGE = {404: "No inspected image has this id."}
BAD_QUERY = {422: "Bad query parameters, or a cursor made with others."}


@bp.get("/images")
@bp.arguments(ImagesQuery, location="query")
@bp.response(200, ImagesPage)
@bp.fails(BAD_QUERY)
def list_images(arguments: dict[str, Any]) -> dict[str, Any]:
    """List inspected images, newest first

    All filters can be combined; go on with `next_cursor`, or by `page`.
    """
    page = catalog.list_images(arguments, parts.settings().secret_key)
    return page.envelope("images", [image_summary(row.Image, row.Upload) for row in page.rows])


@bp.get("/images/<unique_id:img_unique_id>")
@bp.response(200, ImageDetail)
@bp.fails(NO_IMAGE)
def show_image(img_unique_id: str) -> dict[str, Any]:
    """Show one inspected image

    Of an upload that is not inspected yet tells `GET /uploads/{img_unique_id}`.
    """
    image, upload = catalog.get_image(img_unique_id)
    return image_detail(image, upload)


@bp.delete("/images/<unique_id:img_unique_id>")
@bp.response(204)
@bp.fails(NO_IMAGE)
def delete_image(img_unique_id: str) -> None:
    """Delete an image: rows, files and upload record

    For good. If it is of a batch, it leaves the batch's counts and list.
    """
    catalog.get_image(img_unique_id)
    delete_upload(img_unique_id, parts.storage())


@bp.get("/images/<unique_id:img_unique_id>/classes")
@bp.response(200, ClassesAnswer)
@bp.fails(NO_IMAGE)
def list_classes(img_unique_id: str) -> dict[str, Any]:
    """List the classes of an image, those without regions included

    By class id, with the number of regions and their area.
    """
    classes = catalog.list_classes(img_unique_id)
    return {"img_unique_id": img_unique_id, "total_classes": len(classes), "classes": classes}


@bp.get("/images/<unique_id:img_unique_id>/regions")
@bp.arguments(RegionsQuery, location="query")
@bp.response(200, RegionsAnswer)
@bp.fails(NO_IMAGE | BAD_QUERY)
def list_regions(arguments: dict[str, Any], img_unique_id: str) -> dict[str, Any]:
    """List the regions of an image by class

    With `outlines=1` each has the polygon around its pixels, traced from the stored mask.
    """
    found = catalog.list_regions(img_unique_id, arguments.get("class_name"))
    outlines = read_outlines(parts.storage(), img_unique_id) if arguments["outlines"] else None
    return {
        "img_unique_id": img_unique_id,
        "total_regions": sum(len(each["regions"]) for each in found),
        "classes": [class_with_regions(**each, outlines=outlines) for each in found],
    }


@bp.get("/query/defects")
@bp.arguments(DefectsQuery, location="query")
@bp.response(200, DefectsPage)
@bp.fails(BAD_QUERY)
def list_defects(arguments: dict[str, Any]) -> dict[str, Any]:
    """List regions across images, newest image first

    All filters can be combined; go on with `next_cursor`, or by `page`.
    """
    page = catalog.list_defects(arguments, parts.settings().secret_key)
    return page.envelope(
        "defects",
        [
            region_record(row.Region)
            | {
                "class_id": row.DefectClass.class_id,
                "class_name": row.DefectClass.class_name,
                "img_unique_id": row.Region.img_unique_id,
                "timestamp": row.timestamp,
            }
            for row in page.rows
        ],
    )
