"""Deep Zoom tiles, for viewers of large pictures.

Every picture has them. A page needs them where GET /images/{id} tells more than 4096 px on a
side: OpenSeadragon opens `/tiles/{id}/{type}.dzi` and finds the rest by itself. Of such images
they are made right after the inspection, of others when first asked for.
"""

from __future__ import annotations

from pathlib import Path

from flask import Response, request

from aoi import files
from aoi.blueprints import parts
from aoi.blueprints.api import ApiBlueprint
from aoi.blueprints.download import BINARY, YEAR_SECONDS
from aoi.exceptions import NotFound
from aoi.tiles.deepzoom import FORMATS

bp = ApiBlueprint("tiles", __name__, description="Deep Zoom tiles of large pictures")

NOT_MODIFIED = "Not changed since the ETag that was sent"
FAILS = {
    404: "No such image, kind of picture or tile.",
    507: "The disk is full, so that no tiles can be kept.",
}


@bp.get("/tiles/<unique_id:img_unique_id>/<string:tiled>.dzi")
@bp.response(200, {"type": "string"}, content_type="application/xml", description="The descriptor")
@bp.alt_response(304, description=NOT_MODIFIED)
@bp.fails(FAILS)
def describe_tiles(img_unique_id: str, tiled: str) -> Response:
    """Describe the tiles of a picture, for OpenSeadragon

    The picture's size, and that of its tiles, as a Deep Zoom descriptor.
    """
    source = _source(img_unique_id, tiled)
    picture = parts.tiles().describe(img_unique_id, tiled, source)
    response = Response(picture.descriptor(), mimetype="application/xml")
    response.add_etag()
    # It names how tiles are cut, which an update of the agent may change.
    response.cache_control.private = True
    response.cache_control.no_cache = True
    response.make_conditional(request)
    return response


@bp.get(
    "/tiles/<unique_id:img_unique_id>/<string:tiled>_files"
    "/<int:level>/<int:column>_<int:row>.<string:extension>"
)
@bp.response(200, BINARY, content_type="image/*", description="The tile")
@bp.alt_response(304, description=NOT_MODIFIED)
@bp.fails(FAILS | {503: "The tiles are still being made, or the database cannot be reached."})
def get_tile(
    img_unique_id: str, tiled: str, level: int, column: int, row: int, extension: str
) -> Response:
    """Get one tile of a picture

    JPEG, or PNG of a mask, whose colours stay exact at every level. Level 0 is one pixel, each
    next one twice as large. The first tile of a picture may take seconds, the others do not.
    """
    source = _source(img_unique_id, tiled)
    form = FORMATS[tiled]
    if extension != form.extension:
        raise NotFound(f"The tiles of this picture are .{form.extension} files.")
    tile = parts.tiles().tile(img_unique_id, tiled, source, level, column, row)
    response = Response(tile.data, mimetype=form.media_type)
    response.set_etag(tile.tag)
    response.cache_control.private = True
    response.cache_control.max_age = YEAR_SECONDS
    response.cache_control.immutable = True
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.make_conditional(request)
    return response


def _source(img_unique_id: str, kind: str) -> Path:
    if kind not in FORMATS:
        raise NotFound(f"There are no tiles of `{kind}`. There are of: {', '.join(FORMATS)}.")
    return files.find_picture(img_unique_id, kind, parts.storage(), parts.settings()).path
