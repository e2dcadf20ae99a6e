"""The wire contract's endpoints and error answers."""

import logging
import platform
from datetime import datetime
from typing import Any

import cv2
import orjson
import pybase64
from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException
from werkzeug.utils import secure_filename

from .inference import BASE_SIZE, PATCH_SIZE
from .inspection import Inspection, Inspector
from .picture import UnreadableImage

FORMATS = ("png", "jpg", "jpeg", "bmp", "tiff", "tif")
LARGEST_UPLOAD_MB = 50

logger = logging.getLogger(__name__)


def create_app(inspector: Inspector) -> Flask:
    """Build the service around a model that may still be loading."""
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_UPLOAD_MB * 1024 * 1024
    app.after_request(_log_answer)
    app.register_error_handler(HTTPException, _refuse_http)
    app.register_error_handler(UnreadableImage, lambda err: _refuse(500, str(err)))
    app.register_error_handler(cv2.error, _refuse_failure)
    app.register_error_handler(MemoryError, _refuse_failure)

    @app.post("/upload")
    def upload() -> Response:
        file = request.files.get("image")
        if file is None or not file.filename:
            return _refuse(400, "No image was sent")
        if not _is_supported(file.filename):
            return _refuse(400, f"Not an image of these formats: {', '.join(FORMATS)}")
        if not inspector.is_loaded:
            return _refuse(503, "The model is not loaded")
        found = inspector.inspect(file.read())
        return _json(_answer(secure_filename(file.filename), found))

    @app.get("/health")
    def health() -> Response:
        return _json(_health(inspector))

    @app.get("/api/model/current")
    def current_model() -> Response:
        if not inspector.is_loaded:
            return _refuse(503, "The model is not loaded")
        return _json(_model(inspector))

    @app.get("/api/status")
    def status() -> Response:
        more = {"supported_formats": FORMATS, "max_file_size_mb": LARGEST_UPLOAD_MB}
        return _json(_model(inspector) | _health(inspector) | more)

    return app


def _answer(filename: str, found: Inspection) -> dict[str, Any]:
    return {
        "success": True,
        "filename": filename,
        "overlay_image": pybase64.b64encode_as_string(found.overlay),
        "combined_image": pybase64.b64encode_as_string(found.combined),
        "mask_image": pybase64.b64encode_as_string(found.mask),
        "total_defects": found.total_defects,
        "processing_time": found.seconds,
        "analysis_results": found.analysis,
        "timestamp": found.finished.strftime("%Y%m%d_%H%M%S"),
    }


def _health(inspector: Inspector) -> dict[str, Any]:
    return {
        "status": "ok",
        "timestamp": datetime.now().isoformat(),
        "model_loaded": inspector.is_loaded,
        "device": "cpu",
        "cuda_available": False,
        "system": platform.system(),
    }


def _model(inspector: Inspector) -> dict[str, Any]:
    return {
        "success": True,
        "current_model": "segformer",
        "model_name": "SegFormer",
        "base_size": BASE_SIZE,
        "patch_size": PATCH_SIZE,
        "model_path": inspector.path.name,
        "timestamp": datetime.now().isoformat(),
    }


def _is_supported(filename: str) -> bool:
    _, dot, extension = filename.rpartition(".")
    return bool(dot) and extension.lower() in FORMATS


def _json(body: dict[str, Any], status: int = 200) -> Response:
    return Response(orjson.dumps(body), status, mimetype="application/json")


def _refuse(status: int, error: str) -> Response:
    return _json({"success": False, "error": error}, status)


def _refuse_http(err: HTTPException) -> Response:
    if err.code == 413:
        return _refuse(413, f"The upload is larger than {LARGEST_UPLOAD_MB} MB")
    return _refuse(err.code or 500, err.description or err.name)


def _refuse_failure(err: Exception) -> Response:
    logger.error("The inference failed", exc_info=err)
    return _refuse(500, "The inference failed")


def _log_answer(response: Response) -> Response:
    logger.info(
        "answered",
        extra={"method": request.method, "path": request.path, "status": response.status_code},
    )
    return response
