"""The base of the API's blueprints: errors documented in one line, ids checked in the address."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from flask import Flask
from flask_smorest import Api, Blueprint
from werkzeug.routing import BaseConverter

from aoi.files import KINDS
from aoi.ids import PATTERN
from aoi.schemas.common import EXAMPLE_BATCH_ID, EXAMPLE_ID, ErrorAnswer
from aoi.tiles.deepzoom import FORMATS

View = Callable[..., Any]
# What any endpoint may answer.
ALWAYS = {
    401: "No valid API key, where keys or people are configured.",
    403: "Beyond the scope of the key or the person: `read` looks, `upload` also sends and "
    "retries, `admin` also deletes.",
    429: "Too many requests; Retry-After says how many seconds to wait.",
    500: "Something unexpected; it has been logged under the request id.",
    503: "The database cannot be reached; try again in a few seconds.",
}
PATH_PARAMETERS: dict[str, dict[str, Any]] = {
    "img_unique_id": {"description": "id of the image", "example": EXAMPLE_ID},
    "batch_id": {"description": "id of the batch", "example": EXAMPLE_BATCH_ID},
    "kind": {
        "description": "which of its pictures",
        "schema": {"type": "string", "enum": list(KINDS)},
        "example": "overlay",
    },
    "tiled": {
        "description": "which of its pictures",
        "schema": {"type": "string", "enum": list(FORMATS)},
        "example": "input",
    },
    "level": {"description": "level, 0 is one pixel", "example": 9},
    "column": {"description": "column of the tile, from 0", "example": 0},
    "row": {"description": "row of the tile, from 0", "example": 0},
    "extension": {
        "description": "`jpg`, or `png` of a mask",
        "schema": {"type": "string", "enum": ["jpg", "png"]},
        "example": "jpg",
    },
}


class UniqueIdConverter(BaseConverter):
    """An id in an address; what cannot be one is 404 before anything is asked."""

    regex = PATTERN.pattern


class ApiBlueprint(Blueprint):
    """A blueprint whose endpoints say in one decorator which errors they answer."""

    def route(self, rule: str, **options: Any) -> Callable[[View], View]:
        """Register a view; the variables in its address are described."""
        names = re.findall(r"<(?:[^:>]+:)?(\w+)>", rule)
        parameters = [
            {"in": "path", "name": name, **PATH_PARAMETERS[name]}
            for name in names
            if name in PATH_PARAMETERS
        ]
        decorate: Callable[[View], View] = super().route(rule, parameters=parameters, **options)
        return decorate

    def fails(self, errors: dict[int, str], **schemas: Any) -> Callable[[View], View]:
        """Document error answers by status; those that any endpoint may give are added."""

        def decorate(view: View) -> View:
            for code, description in (ALWAYS | errors).items():
                schema = schemas.get(f"schema_{code}", ErrorAnswer)
                view = self.alt_response(code, schema=schema, description=description)(view)
            return view

        return decorate


def register_converter(app: Flask, api: Api) -> None:
    """Let addresses use `<unique_id:…>`, in routes and in the OpenAPI document."""
    app.url_map.converters["unique_id"] = UniqueIdConverter
    api.register_converter(
        UniqueIdConverter,
        lambda converter: {"type": "string", "pattern": f"^{PATTERN.pattern}$"},
    )
