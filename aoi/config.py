"""Every setting: its variable, type, default and meaning. A bad value stops the start."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from dotenv import load_dotenv
from environs import Env, EnvValidationError
from limits import parse_many
from marshmallow.validate import OneOf, Range
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

ROOT = Path(__file__).resolve().parent.parent

# Characters of a SECRET_KEY that is none to guess.
LEAST_SECRET = 32

# Uploads that wait for their inspection hold a thread each, beside WEB_THREADS.
HELD_UPLOADS = 64

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
APP_ENVS = ("", "development", "production")


class ConfigError(Exception):
    """A setting that does not parse; the message names each such variable."""


def _setting(kind: str, default: Any, meaning: str, **options: Any) -> Any:
    """Declare a setting: the `environs` parser, the default, one line of meaning."""
    return field(default=default, metadata={"kind": kind, "meaning": meaning, "options": options})


@dataclass(frozen=True)
class Settings:
    """The settings of one process, as read once at its start."""

    host: str = _setting("str", "127.0.0.1", "address the web server binds to")
    port: int = _setting("int", 8000, "port the web server binds to", validate=Range(0, 65535))
    database_url: str | None = _setting("str", None, "PostgreSQL; unset: embedded, under DATA_DIR")
    db_pool_size: int = _setting("int", 5, "connections kept a process", validate=Range(1))
    db_max_overflow: int = _setting("int", 15, "connections more under load", validate=Range(0))
    segformer_service_url: str | None = _setting("str", None, "unset: the bundled service")
    segformer_timeout: float = _setting(
        "float", 30.0, "seconds a try may take", validate=Range(0, min_inclusive=False)
    )
    segformer_max_retries: int = _setting("int", 3, "tries in all", validate=Range(1, 10))
    segformer_backoff: float = _setting(
        "float", 1.0, "urllib3's backoff factor in seconds", validate=Range(0)
    )
    segformer_concurrency: int = _setting(
        "int", 4, "inferences in flight from this host", validate=Range(1, 64)
    )
    data_dir: Path = _setting("path", ROOT / "instance" / "data", "images, results, database")
    max_file_size_mb: float = _setting(
        "float", 50.0, "largest image file", validate=Range(0, min_inclusive=False)
    )
    max_image_megapixels: float = _setting(
        "float", 300.0, "largest image", validate=Range(0, min_inclusive=False)
    )
    max_batch_size: int = _setting("int", 1000, "files a batch", validate=Range(1))
    max_batch_mb: float = _setting(
        "float", 4096.0, "largest body of one batch call", validate=Range(0, min_inclusive=False)
    )
    web_workers: int = _setting("int", 2, "web processes", validate=Range(1, 64))
    web_threads: int = _setting("int", 16, "requests each works on at once", validate=Range(2, 256))
    log_level: str = _setting("log_level", "INFO", "least level logged", validate=OneOf(LOG_LEVELS))
    log_dir: Path = _setting("path", ROOT / "instance" / "logs", "app.log and error.log")
    tile_cache_mb: float = _setting(
        "float", 4096.0, "disk kept for tiles of large pictures", validate=Range(16)
    )
    outline_cache_mb: float = _setting(
        "float", 1024.0, "disk kept for what is traced from masks", validate=Range(16)
    )
    retention_days: int | None = _setting(
        "int", None, "age at which images are deleted; unset: never", validate=Range(1, 36500)
    )
    disk_warn_percent: float = _setting(
        "float", 80.0, "disk usage that makes /health degraded", validate=Range(1, 100)
    )
    disk_full_percent: float = _setting(
        "float", 95.0, "disk usage from which uploads are refused", validate=Range(1, 100)
    )
    slow_query_ms: float = _setting("float", 500.0, "queries logged as slow", validate=Range(0))
    api_keys: tuple[str, ...] = _setting("list", (), "comma-separated, beside the database's")
    session_hours: float = _setting(
        "float", 12.0, "hours without a request that end a log-in", validate=Range(0.01, 720)
    )
    rate_limit: str = _setting(
        "str", "30000 per minute", "requests of one key, person or address; or off"
    )
    max_queued: int = _setting("int", 50000, "uploads that may wait", validate=Range(1))
    slow_client_seconds: float = _setting(
        "float", 15.0, "patience with who sends or takes too slowly", validate=Range(1, 3600)
    )
    upload_wait: float = _setting("float", 120.0, "longest hold of POST /upload", validate=Range(0))
    trusted_proxies: int = _setting("int", 0, "reverse proxies in front", validate=Range(0, 10))
    cors_origins: tuple[str, ...] = _setting("list", (), "origins whose scripts may call the API")
    secret_key: str = _setting("str", "", "signs cursors, cookies; unset: made under instance/")
    app_env: str = _setting(
        "str", "", "development or production; unset: neither's rules", validate=OneOf(APP_ENVS)
    )
    allow_embedded_database: bool = _setting(
        "bool", False, "production may use the embedded PostgreSQL"
    )

    @property
    def uploads_dir(self) -> Path:
        return self.data_dir / "uploads"

    @property
    def results_dir(self) -> Path:
        return self.data_dir / "results"

    @property
    def max_file_bytes(self) -> int:
        return int(self.max_file_size_mb * 1024 * 1024)

    @property
    def max_batch_bytes(self) -> int:
        return int(self.max_batch_mb * 1024 * 1024)

    @property
    def max_image_pixels(self) -> int:
        return int(self.max_image_megapixels * 1_000_000)

    @property
    def sqlalchemy_url(self) -> str:
        """`database_url` for SQLAlchemy, on psycopg2 whatever driver it names."""
        if not self.database_url:
            raise ConfigError(
                "DATABASE_URL is not set and no embedded PostgreSQL is running under DATA_DIR: "
                "start `python run.py`, or set DATABASE_URL."
            )
        # A plain postgresql:// means psycopg 3 on SQLAlchemy 2.1.
        url = make_url(self.database_url).set(drivername="postgresql+psycopg2")
        return url.render_as_string(hide_password=False)

    @property
    def libpq_url(self) -> str:
        """`database_url` as libpq and psycopg read it."""
        url = make_url(self.sqlalchemy_url).set(drivername="postgresql")
        return url.render_as_string(hide_password=False)


def load_settings(environ_file: Path | None = ROOT / ".env") -> Settings:
    """Read the environment, and below it `environ_file`; raise ConfigError naming what is wrong."""
    if environ_file is not None:
        load_dotenv(environ_file, override=False)
    env = Env(eager=False)
    values: dict[str, Any] = {}
    for item in fields(Settings):
        name = item.name.upper()
        if os.environ.get(name, "").strip() == "":
            continue  # an empty line of .env means the default
        kind, options = item.metadata["kind"], item.metadata["options"]
        if kind == "log_level":
            os.environ[name] = os.environ[name].upper()
            values[item.name] = env.str(name, **options)
        elif kind == "list":
            values[item.name] = env.list(name)
        else:
            values[item.name] = getattr(env, kind)(name, **options)
    try:
        env.seal()
    except EnvValidationError as err:
        found = cast("dict[str, list[str]]", err.error_messages)
        problems = "; ".join(f"{name}: {' '.join(said)}" for name, said in found.items())
        raise ConfigError(f"Bad settings. {problems}") from err
    return _checked(values)


def _checked(values: dict[str, Any]) -> Settings:
    for name in ("api_keys", "cors_origins"):
        if name in values:
            values[name] = tuple(part.strip() for part in values[name] if part.strip())
    if "cors_origins" in values:
        values["cors_origins"] = tuple(map(_checked_origin, values["cors_origins"]))
    for name in ("data_dir", "log_dir"):
        if name in values:
            # A relative one means the same from whatever folder a command is started.
            values[name] = (ROOT / values[name].expanduser()).resolve()
    if url := values.get("database_url"):
        _check_database_url(url)
    if url := values.get("segformer_service_url"):
        _check_web_address("SEGFORMER_SERVICE_URL", url)
        values["segformer_service_url"] = url.rstrip("/")
    if limit := values.get("rate_limit"):
        values["rate_limit"] = _checked_limit(limit)
    if values.get("app_env") == "production":
        _check_production(values)
    elif values.get("app_env") == "development":
        values.setdefault("log_level", "DEBUG")
    values.setdefault("secret_key", _generated_secret())
    return Settings(**values)


def _check_web_address(name: str, url: str) -> None:
    try:
        parts = urlsplit(url)
        # Reading the port is what tells of a bad one.
        has_place = bool(parts.hostname) and parts.port != 0
    except ValueError:
        has_place = False
    if not url.startswith(("http://", "https://")) or not has_place:
        raise ConfigError(
            f"Bad settings. {name}: must begin with http:// or https://, then name a host."
        )


def _checked_origin(origin: str) -> str:
    """Return an origin as browsers send it, or `*` for any."""
    if origin == "*":
        return origin
    _check_web_address("CORS_ORIGINS", origin)
    # With a path it would match no browser's, and nobody would be told why.
    if urlsplit(origin).path.strip("/") or "?" in origin or "#" in origin:
        raise ConfigError(
            "Bad settings. CORS_ORIGINS: an origin is no more than https://mes.example.com."
        )
    return origin.rstrip("/")


def _checked_limit(limit: str) -> str:
    if limit.strip().lower() == "off":
        return "off"
    try:
        parse_many(limit)
    except ValueError as err:
        raise ConfigError("Bad settings. RATE_LIMIT: `30000 per minute`, or `off`.") from err
    return limit


def _check_production(values: dict[str, Any]) -> None:
    """Raise ConfigError for what is convenient in development and wrong in production."""
    problems = []
    if len(values.get("secret_key", "")) < LEAST_SECRET:
        problems.append(
            f"SECRET_KEY must be set, {LEAST_SECRET} characters or more, the same on all hosts: "
            "`python3 -c 'import secrets; print(secrets.token_hex(32))'` makes one"
        )
    if not values.get("database_url") and not values.get("allow_embedded_database"):
        problems.append(
            "DATABASE_URL must be set: an embedded PostgreSQL has no back-up of its own "
            "(ALLOW_EMBEDDED_DATABASE=true says that it may be used)"
        )
    if os.environ.get("FLASK_DEBUG", "").strip().lower() not in ("", "0", "false", "no"):
        problems.append("FLASK_DEBUG must not be set: it shows the program to whoever looks")
    if problems:
        raise ConfigError(f"Not fit for APP_ENV=production. {'; '.join(problems)}.")


def _check_database_url(url: str) -> None:
    try:
        backend = make_url(url).get_backend_name()
    except ArgumentError as err:
        raise ConfigError("Bad settings. DATABASE_URL: Not a database URL.") from err
    if backend not in ("postgresql", "postgres"):
        raise ConfigError("Bad settings. DATABASE_URL: must begin with postgresql://.")


def _generated_secret() -> str:
    """Return the secret kept under instance/, made on the first start."""
    path = ROOT / "instance" / "secret_key"
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        draft = path.with_name(f".secret_key.{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_hex(32))
        # Of two processes starting at once the first link wins and both read it, whole.
        with suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
    return path.read_text().strip()
