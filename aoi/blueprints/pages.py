"""The pages: HTML shells whose scripts are the first client of the public API."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, Response, current_app, make_response, render_template
from flask_babel import gettext as _

from aoi.config import Settings
from aoi.extensions import api
from aoi.modules import imported
from aoi.web.language import language

bp = Blueprint("pages", __name__)

SAMPLE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff"})
# The sample that a single button tries: it has defects of several classes.
SHOWPIECE = "panel_mixed.jpg"

_POLICY = {
    "default-src": "'self'",
    "img-src": "'self' blob: data:",
    "style-src": "'self'",
    "script-src": "'self'",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
_HEADERS = {
    "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in _POLICY.items()),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


@bp.after_request
def secure(response: Response) -> Response:
    """Let a page load and run nothing but this server's own files."""
    response.headers.update(_HEADERS)
    response.headers["Content-Language"] = language()
    response.vary.update(("Cookie", "Accept-Language"))
    return response


@bp.context_processor
def limits_and_samples() -> dict[str, object]:
    """Tell every page the limits of a file, and the samples to try."""
    settings: Settings = current_app.config["AOI"]
    return {
        "limits": settings,
        "samples": _samples(),
        "previews": _previews(),
        "showpiece": SHOWPIECE,
        "imported": imported,
    }


@bp.get("/")
def inspect() -> str:
    """Render the page that inspects one image."""
    return render_template("inspect.html")


@bp.get("/batch")
def batches() -> str:
    """Render the page that sends many images and lists all batches."""
    return render_template("batches.html")


@bp.get("/batch/<unique_id:batch_id>")
def batch(batch_id: str) -> str:
    """Render the page of one batch."""
    return render_template("batch.html", batch_id=batch_id)


@bp.get("/gallery")
def gallery() -> str:
    """Render the gallery of all images."""
    return render_template("gallery.html")


@bp.get("/gallery/<unique_id:img_unique_id>")
def image(img_unique_id: str) -> str:
    """Render the viewer of one image."""
    return render_template("image.html", img_unique_id=img_unique_id)


@bp.get("/dashboard")
def dashboard() -> str:
    """Render the dashboard."""
    return render_template("dashboard.html")


@bp.get("/system")
def system() -> str:
    """Render the state of the system."""
    return render_template("system.html")


@bp.get("/docs")
def docs() -> str:
    """Render the API's documentation, Swagger UI over /openapi.json."""
    return render_template("docs.html", spec=api.spec.to_dict())


def render_error(status: int, message: str) -> Response:
    """Render an error for a person; errors.py calls it where a browser asked for HTML."""
    title, advice = _words(status)
    html = render_template("error.html", status=status, title=title, advice=advice, message=message)
    return secure(make_response(html, status))


def _words(status: int) -> tuple[str, str]:
    """Return what happened and what to do, in the language of the page."""
    words = {
        401: (_("This page asks for a key"), _("Ask whoever runs the agent for access.")),
        403: (_("This page is not for you"), _("Ask whoever runs the agent for access.")),
        404: (
            _("There is no such page"),
            _("The address may be mistyped, or what stood here was deleted."),
        ),
        405: (_("This address takes no such request"), _("Go back, and load the page again.")),
        413: (_("That was too large"), _("Send fewer or smaller files at once.")),
        429: (_("Too many requests just now"), _("Wait a moment, then load the page again.")),
        500: (
            _("The agent ran into a fault"),
            _("Try again. If it stays, give the request id below to whoever runs the agent."),
        ),
        503: (
            _("The agent cannot do this just now"),
            _("What was sent is safe. This page tries again by itself."),
        ),
    }
    return words.get(status) or words[500 if status >= 500 else 404]


def _previews() -> frozenset[str]:
    """Return the names of the samples that have a small picture, under samples/small."""
    folder = Path(current_app.static_folder or "") / "samples" / "small"
    return frozenset(p.name for p in folder.iterdir()) if folder.is_dir() else frozenset()


def _samples() -> list[str]:
    """Return the names of the sample images, in order."""
    folder = Path(current_app.static_folder or "") / "samples"
    if not folder.is_dir():
        return []
    return sorted(p.name for p in folder.iterdir() if p.suffix.lower() in SAMPLE_SUFFIXES)
