"""Put the application together."""

from __future__ import annotations

import dataclasses
import hashlib
import socket
import tempfile
from pathlib import Path
from typing import Any

import orjson
from flask import Flask, Response
from flask.json.provider import JSONProvider
from flask_cors import CORS
from werkzeug.middleware.proxy_fix import ProxyFix

from aoi import __version__, embedded, models  # noqa: F401  (models: registered for migrations)
from aoi.access import models as access_models  # noqa: F401
from aoi.backup.mark import refuse_half_restored
from aoi.blueprints import API_BLUEPRINTS, pages
from aoi.blueprints.api import register_converter
from aoi.blueprints.session import register_session
from aoi.cli import register_commands
from aoi.config import HELD_UPLOADS, ROOT, Settings, load_settings
from aoi.errors import register_error_handlers
from aoi.extensions import api, db, migrate
from aoi.health import Health
from aoi.inspection import Inspector
from aoi.intake import Intake
from aoi.jobs import queue
from aoi.logs import configure_logging, log_queries, log_requests
from aoi.metrics.pool import watch_pool
from aoi.metrics.state import State
from aoi.outage import ServiceWatch
from aoi.schemas.common import ErrorAnswer
from aoi.search.index import Index
from aoi.segformer.client import SegformerClient
from aoi.slots import Slots
from aoi.storage import Storage
from aoi.tiles.cache import TileCache
from aoi.waiting import Waiting
from aoi.web.counting import count_requests
from aoi.web.database_session import end_sessions
from aoi.web.guard import guard_requests
from aoi.web.headers import COOKIES, secure_answers
from aoi.web.language import register_languages
from aoi.web.limits import limit_requests
from aoi.web.openapi import OPENAPI_SETTINGS, describe
from aoi.web.static_files import compress_answers, serve_static_files

# What scripts of other origins may read of an answer, beside what they always may.
EXPOSED_HEADERS = [
    "Content-Disposition", "ETag", "Location", "Retry-After", "X-Request-ID",
    "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset",
]  # fmt: skip
# A statement that runs longer than this is ended by PostgreSQL: no request waits for ever.
STATEMENT_TIMEOUT_MS = 30_000


def build(settings: Settings | None = None) -> Flask:
    """Build the application; see `aoi.create_app`."""
    settings = with_database(settings or load_settings())
    refuse_half_restored(settings.data_dir)
    configure_logging(settings)
    app = Flask(
        "aoi",
        root_path=str(ROOT / "aoi"),
        template_folder=str(ROOT / "templates"),
        static_folder=str(ROOT / "static"),
        instance_path=str(ROOT / "instance"),
    )
    app.config.from_mapping(flask_settings(settings))
    app.json = OrjsonProvider(app)
    if settings.trusted_proxies:
        count = settings.trusted_proxies
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=count, x_proto=count, x_host=count, x_port=count, x_prefix=count
        )
    if settings.cors_origins:
        CORS(app, origins=list(settings.cors_origins), expose_headers=EXPOSED_HEADERS)
    db.init_app(app)
    end_sessions(app)
    migrate.init_app(app, db, directory=str(ROOT / "migrations"))
    serve_static_files(app)
    compress_answers(app)
    log_requests(app)
    count_requests(app)
    secure_answers(app)
    limit_requests(app, settings)
    guard_requests(app, settings)
    register_languages(app)
    add_parts(app, settings)
    add_blueprints(app)
    register_error_handlers(app)
    register_commands(app)
    return app


def with_database(settings: Settings) -> Settings:
    """Fill in the address of the running embedded PostgreSQL where none is configured."""
    if settings.database_url:
        return settings
    return dataclasses.replace(settings, database_url=embedded.running_url(settings.data_dir))


def flask_settings(settings: Settings) -> dict[str, Any]:
    """Translate our settings into those of Flask and its extensions."""
    return {
        "AOI": settings,
        "SECRET_KEY": settings.secret_key,
        **COOKIES,
        "SQLALCHEMY_DATABASE_URI": settings.sqlalchemy_url,
        "SQLALCHEMY_ENGINE_OPTIONS": {
            "pool_size": settings.db_pool_size,
            "max_overflow": settings.db_max_overflow,
            "pool_timeout": 10,
            # A batch of a thousand reads as many small documents.
            "json_deserializer": orjson.loads,
            # A connection that died with the database is replaced before it is used.
            "pool_pre_ping": True,
            "connect_args": {
                "connect_timeout": 5,
                "application_name": "aoi",
                "options": f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c timezone=UTC",
            },
        },
        **OPENAPI_SETTINGS,
    }


def add_parts(app: Flask, settings: Settings) -> None:
    """Make the parts of the domain, one of each, without reaching for any other process."""
    storage = Storage(
        settings.data_dir, settings.disk_full_percent, int(settings.outline_cache_mb * 1024 * 1024)
    )
    client = SegformerClient(
        settings.segformer_service_url or "",
        timeout=settings.segformer_timeout,
        max_tries=settings.segformer_max_retries,
        backoff=settings.segformer_backoff,
    )
    app.extensions["aoi_storage"] = storage
    app.extensions["aoi_client"] = client
    tiles = TileCache(storage, settings.tile_cache_mb)
    app.extensions["aoi_tiles"] = tiles
    app.extensions["aoi_intake"] = Intake(settings, storage)
    app.extensions["aoi_waiting"] = Waiting(settings.libpq_url, HELD_UPLOADS)
    app.extensions["aoi_health"] = Health(settings, client)
    app.extensions["aoi_state"] = State(settings)
    slots = Slots(_slots_folder(settings), settings.segformer_concurrency)
    app.extensions["aoi_inspector"] = Inspector(client, storage, slots, ServiceWatch(client), tiles)
    with app.app_context():
        queue.open(db.engine)
        app.extensions["aoi_index"] = Index(settings.data_dir / "cache" / "index", db.engine)
        log_queries(db.engine, settings.slow_query_ms)
        watch_pool(db.engine, settings.db_pool_size + settings.db_max_overflow)


def _slots_folder(settings: Settings) -> Path:
    # Local to the host even where the data folder is shared by several.
    name = hashlib.sha256(f"{socket.gethostname()} {settings.data_dir}".encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"aoi-slots-{name}"


def add_blueprints(app: Flask) -> None:
    api.ERROR_SCHEMA = ErrorAnswer
    api.init_app(app)
    register_converter(app, api)
    for blueprint in API_BLUEPRINTS:
        api.register_blueprint(blueprint)
    describe(api)
    app.register_blueprint(pages.bp)
    register_session(app)


class OrjsonProvider(JSONProvider):
    """JSON by orjson: several times faster on lists of regions."""

    # Errors in a repeated parameter come under its number.
    OPTIONS = orjson.OPT_NON_STR_KEYS

    def dumps(self, obj: Any, **kwargs: Any) -> str:
        return orjson.dumps(obj, option=self.OPTIONS).decode()

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        return orjson.loads(s)

    def response(self, *args: Any, **kwargs: Any) -> Any:
        body = orjson.dumps(self._prepare_response_obj(args, kwargs), option=self.OPTIONS)
        return Response(body, mimetype="application/json")
