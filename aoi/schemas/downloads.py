"""Parameters of downloads."""

from __future__ import annotations

from marshmallow import fields

from aoi.schemas.common import Query, described


class DownloadQuery(Query):
    inline = fields.Boolean(
        load_default=False, metadata=described("1: to be shown rather than saved", False)
    )
