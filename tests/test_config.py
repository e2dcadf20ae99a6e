"""Settings: defaults, sources, and refusals that name the variable."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from aoi import config
from aoi.config import ROOT, ConfigError, Settings, load_settings

NAMES = [item.name.upper() for item in fields(Settings)]
EXAMPLE_LINE = re.compile(r"^#([A-Z][A-Z_]*)=(.*)$", re.MULTILINE)


@pytest.fixture(autouse=True)
def bare_environment() -> Iterator[None]:
    """Start from no setting at all, and undo what loading a .env adds to the environment."""
    before = dict(os.environ)
    for name in NAMES:
        os.environ.pop(name, None)
    os.environ["SECRET_KEY"] = "of the tests"
    yield
    os.environ.clear()
    os.environ.update(before)


def load(environ_file: Path | None = None, **variables: str) -> Settings:
    os.environ.update(variables)
    return load_settings(environ_file)


def test_without_any_variable_every_setting_has_its_default() -> None:
    assert load(SECRET_KEY="s") == Settings(secret_key="s")


def test_an_empty_variable_means_the_default() -> None:
    assert load(PORT="", DATABASE_URL=" ", API_KEYS="").port == 8000


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "65536"),
        ("PORT", "-1"),
        ("DB_POOL_SIZE", "0"),
        ("DB_MAX_OVERFLOW", "-1"),
        ("DATABASE_URL", "nonsense"),
        ("DATABASE_URL", "sqlite:///x.db"),
        ("SEGFORMER_SERVICE_URL", "segformer:5000"),
        ("SEGFORMER_SERVICE_URL", "http://"),
        ("SEGFORMER_SERVICE_URL", "http://segformer:five"),
        ("CORS_ORIGINS", "mes.example"),
        ("CORS_ORIGINS", "https://mes.example,https://mes.example/page"),
        ("SEGFORMER_TIMEOUT", "0"),
        ("SEGFORMER_MAX_RETRIES", "0"),
        ("SEGFORMER_BACKOFF", "-1"),
        ("SEGFORMER_CONCURRENCY", "0"),
        ("MAX_FILE_SIZE_MB", "0"),
        ("MAX_IMAGE_MEGAPIXELS", "-3"),
        ("MAX_BATCH_SIZE", "many"),
        ("MAX_BATCH_MB", "0"),
        ("WEB_WORKERS", "0"),
        ("WEB_THREADS", "1"),
        ("LOG_LEVEL", "LOUD"),
        ("DISK_WARN_PERCENT", "101"),
        ("SLOW_QUERY_MS", "-1"),
        ("UPLOAD_WAIT", "-1"),
        ("TRUSTED_PROXIES", "yes"),
        ("APP_ENV", "staging"),
        ("RATE_LIMIT", "many"),
        ("MAX_QUEUED", "0"),
        ("SESSION_HOURS", "0"),
        ("SLOW_CLIENT_SECONDS", "0"),
        ("ALLOW_EMBEDDED_DATABASE", "perhaps"),
    ],
)
def test_a_bad_value_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=name):
        load(**{name: value})


def test_every_bad_value_is_named_at_once() -> None:
    with pytest.raises(ConfigError, match=r"PORT.*WEB_WORKERS|WEB_WORKERS.*PORT"):
        load(PORT="x", WEB_WORKERS="y")


def test_a_line_of_the_file_is_read(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PORT=9000\n")
    assert load(tmp_path / ".env").port == 9000


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PORT=9000\nWEB_WORKERS=3\n")
    settings = load(tmp_path / ".env", PORT="9001")
    assert (settings.port, settings.web_workers) == (9001, 3)


def test_a_file_that_is_not_there_is_no_fault(tmp_path: Path) -> None:
    assert load(tmp_path / ".env").port == 8000


SECRET = "0123456789abcdef0123456789abcdef"
PRODUCTION = {
    "APP_ENV": "production", "SECRET_KEY": SECRET, "DATABASE_URL": "postgresql://db.example/aoi",
}  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY must be set"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY must be set, 32 characters"),
        ({"DATABASE_URL": ""}, "DATABASE_URL must be set"),
        ({"FLASK_DEBUG": "1"}, "FLASK_DEBUG must not be set"),
    ],
)
def test_production_refuses_what_is_fit_for_development_only(
    changed: dict[str, str], said: str
) -> None:
    with pytest.raises(ConfigError, match=said):
        load(**PRODUCTION | changed)


def test_production_starts_with_what_it_needs() -> None:
    assert load(**PRODUCTION).log_level == "INFO"
    assert load(**PRODUCTION | {"DATABASE_URL": "", "ALLOW_EMBEDDED_DATABASE": "true"})


def test_production_makes_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "ROOT", tmp_path)
    with pytest.raises(ConfigError):
        load(**PRODUCTION | {"SECRET_KEY": ""})
    assert list(tmp_path.iterdir()) == []


def test_development_logs_more_unless_told() -> None:
    assert load(APP_ENV="development").log_level == "DEBUG"
    assert load(APP_ENV="development", LOG_LEVEL="WARNING").log_level == "WARNING"


def test_a_limit_of_requests_may_be_off() -> None:
    assert load(RATE_LIMIT="OFF").rate_limit == "off"


def test_lists_are_split_at_commas_and_trimmed() -> None:
    settings = load(API_KEYS=" one, two ,,", CORS_ORIGINS="https://a.example")
    assert settings.api_keys == ("one", "two")
    assert settings.cors_origins == ("https://a.example",)


def test_an_origin_is_taken_as_browsers_send_it() -> None:
    settings = load(CORS_ORIGINS="https://a.example:8443/,http://[::1]:3000")
    assert settings.cors_origins == ("https://a.example:8443", "http://[::1]:3000")
    assert load(CORS_ORIGINS="*").cors_origins == ("*",)


def test_the_level_may_be_written_small() -> None:
    assert load(LOG_LEVEL="debug").log_level == "DEBUG"


def test_a_relative_folder_starts_at_the_project() -> None:
    assert load(DATA_DIR="elsewhere").data_dir == ROOT / "elsewhere"


def test_a_home_folder_is_expanded(tmp_path: Path) -> None:
    assert load(HOME=str(tmp_path), LOG_DIR="~/logs").log_dir == tmp_path / "logs"


def test_the_services_address_loses_its_last_slash() -> None:
    url = load(SEGFORMER_SERVICE_URL="http://plant:5000/").segformer_service_url
    assert url == "http://plant:5000"


@pytest.mark.parametrize("scheme", ["postgresql", "postgresql+psycopg2", "postgresql+psycopg"])
def test_any_driver_becomes_the_one_that_is_used(scheme: str) -> None:
    settings = load(DATABASE_URL=f"{scheme}://u:p%40ss@db.example:5433/aoi")
    assert settings.sqlalchemy_url == "postgresql+psycopg2://u:p%40ss@db.example:5433/aoi"
    assert settings.libpq_url == "postgresql://u:p%40ss@db.example:5433/aoi"


def test_a_missing_secret_is_made_once_for_the_owner_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config, "ROOT", tmp_path)
    first = load(SECRET_KEY="").secret_key
    assert len(first) == 64
    assert load(SECRET_KEY="").secret_key == first
    assert (tmp_path / "instance" / "secret_key").stat().st_mode & 0o777 == 0o600


def test_the_example_names_exactly_the_settings() -> None:
    named = [name for name, _ in EXAMPLE_LINE.findall((ROOT / ".env.example").read_text())]
    assert sorted(named) == sorted(NAMES)


def test_the_example_shows_the_defaults(tmp_path: Path) -> None:
    lines = EXAMPLE_LINE.findall((ROOT / ".env.example").read_text())
    (tmp_path / ".env").write_text("\n".join(f"{name}={value}" for name, value in lines))
    assert load(tmp_path / ".env", SECRET_KEY="s") == Settings(secret_key="s")


def test_the_example_explains_each_setting() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    bare = [
        line
        for above, line in zip(["", *lines], lines, strict=False)
        if EXAMPLE_LINE.match(line) and not above.startswith("# ")
    ]
    assert bare == []
