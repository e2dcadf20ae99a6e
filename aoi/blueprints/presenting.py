"""Turn rows into what the contract answers, links included."""

from __future__ import annotations

from typing import Any

from flask import url_for

from aoi.models import DefectClass, Image, Region, Status, Upload
from aoi.outlines.cache import Outlines

PICTURES = ("input", "combined", "mask", "overlay")


def picture_links(img_unique_id: str) -> dict[str, str]:
    return {kind: picture_link(img_unique_id, kind) for kind in PICTURES}


def picture_link(img_unique_id: str, kind: str, **query: Any) -> str:
    return url_for(
        "download.download_image", img_unique_id=img_unique_id, kind=kind, _external=True, **query
    )


def json_link(img_unique_id: str) -> str:
    return url_for("download.download_json", img_unique_id=img_unique_id, _external=True)


def upload_link(img_unique_id: str) -> str:
    return url_for("upload.show_upload", img_unique_id=img_unique_id, _external=True)


def retry_link(img_unique_id: str) -> str:
    return url_for("upload.retry", img_unique_id=img_unique_id, _external=True)


def upload_result(upload: Upload) -> dict[str, Any]:
    """Present a finished upload as POST /upload answers it."""
    unique_id = upload.img_unique_id
    return {
        "success": True,
        "img_unique_id": unique_id,
        "status": upload.status,
        "timestamp": upload.created_at,
        "original_filename": upload.original_filename,
        "processing_time_seconds": upload.processing_time_seconds,
        "total_defects": upload.total_defects,
        "defect_classes": upload.defect_classes,
        "images": picture_links(unique_id),
        "json_url": json_link(unique_id),
    }


def upload_accepted(upload: Upload) -> dict[str, Any]:
    """Present an upload that is not finished."""
    return {
        "success": True,
        "img_unique_id": upload.img_unique_id,
        "status": upload.status,
        "timestamp": upload.created_at,
        "original_filename": upload.original_filename,
        "upload_url": upload_link(upload.img_unique_id),
    }


def upload_record(upload: Upload) -> dict[str, Any]:
    """Present an intake record; a rejected file has no id that could be asked for."""
    names = (
        "status",
        "original_filename",
        "batch_id",
        "size_bytes",
        "sha256",
        "attempts",
        "error",
        "created_at",
        "updated_at",
    )
    rejected = upload.status == Status.REJECTED
    return {"img_unique_id": None if rejected else upload.img_unique_id} | {
        name: getattr(upload, name) for name in names
    }


def image_summary(image: Image, upload: Upload) -> dict[str, Any]:
    """Present an inspected image as lists have it."""
    unique_id = image.img_unique_id
    return {
        "img_unique_id": unique_id,
        "timestamp": image.timestamp,
        "image_height": image.image_height,
        "image_width": image.image_width,
        "processing_time_seconds": image.processing_time_seconds,
        "total_defects": upload.total_defects,
        "defect_classes": upload.defect_classes,
        "original_filename": upload.original_filename,
        "batch_id": upload.batch_id,
        "input_image_path": image.input_image_path,
        "thumbnail_url": picture_link(unique_id, "thumbnail", inline=1),
    }


def image_detail(image: Image, upload: Upload) -> dict[str, Any]:
    """Present an inspected image with all that is known of it."""
    unique_id = image.img_unique_id
    return image_summary(image, upload) | {
        "result_image_1_path": image.result_image_1_path,
        "result_image_2_path": image.result_image_2_path,
        "result_image_3_path": image.result_image_3_path,
        "model_version": upload.model_version,
        "images": picture_links(unique_id),
        "json_url": json_link(unique_id),
        "created_at": image.created_at,
    }


def class_with_regions(
    of_class: DefectClass, regions: list[Region], outlines: Outlines | None = None
) -> dict[str, Any]:
    """Present a class of an image together with its regions, and their outlines if given."""
    return {
        "class_id": of_class.class_id,
        "class_name": of_class.class_name,
        "total_regions": of_class.total_regions,
        "total_area_pixels": of_class.total_area_pixels,
        "regions": [
            region_record(region) | _outline(of_class.class_id, region, outlines)
            for region in regions
        ],
    }


def _outline(class_id: int, region: Region, outlines: Outlines | None) -> dict[str, Any]:
    if outlines is None:
        return {}
    box = (region.bbox_x, region.bbox_y, region.bbox_width, region.bbox_height)
    return {"outline": outlines.of(class_id, box)}


def region_record(region: Region) -> dict[str, Any]:
    """Present one region."""
    return {
        "region_unique_id": region.region_unique_id,
        "region_id": region.region_id,
        "centroid": {"x": region.centroid_x, "y": region.centroid_y},
        "bounding_box": {
            "x": region.bbox_x,
            "y": region.bbox_y,
            "width": region.bbox_width,
            "height": region.bbox_height,
        },
        "area_pixels": region.area_pixels,
        "perimeter": region.perimeter,
        "major_axis": region.major_axis,
        "minor_axis": region.minor_axis,
        "circularity": region.circularity,
        "aspect_ratio": region.aspect_ratio,
    }
