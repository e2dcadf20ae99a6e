"""An agent with something in it, and its OpenAPI document as schemathesis reads it."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator
from uuid import uuid4

import pytest
import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.schemas import BaseSchema

from aoi import create_app
from aoi.config import Settings
from aoi.extensions import db
from tests.conftest import on_database, run_sql
from tests.fuzz.known import Known, stored
from tests.fuzz.requests import as_sent, can_be_told_by_a_schema
from tests.stub import StubService

# Of each operation; `make fuzz` asks for more.
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "20"))


@pytest.fixture(autouse=True)
def without_document() -> None:
    """Have the document made, as in production."""


@pytest.fixture(scope="package")
def known(
    postgres: str,
    template: str,
    stub_process: StubService,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Known]:
    """An agent on a database of its own, and the ids of what it holds."""
    name = f"fuzz_{uuid4().hex[:12]}"
    run_sql(postgres, f"CREATE DATABASE {name} TEMPLATE {template}")
    folder = tmp_path_factory.mktemp("fuzz")
    stub_process.reset()
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr("tempfile.tempdir", str(folder))
        app = create_app(
            Settings(
                database_url=on_database(postgres, name),
                segformer_service_url=stub_process.url,
                segformer_timeout=30,
                segformer_max_retries=1,
                data_dir=folder / "data",
                log_dir=folder / "logs",
                secret_key="test",
                rate_limit="off",
                upload_wait=100,
            )
        )
        found = stored(app, stub_process)
        app.config["AOI"] = dataclasses.replace(app.config["AOI"], upload_wait=0)
        yield found
        app.extensions["aoi_waiting"].release()
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
    run_sql(postgres, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture(scope="package")
def api(known: Known) -> BaseSchema:
    """The document, without the `default` answer that would allow every status."""
    document = known.app.test_client().get("/openapi.json").json
    assert document is not None
    for path in document["paths"].values():
        for operation in path.values():
            if isinstance(operation, dict):
                operation["responses"].pop("default", None)
    schema = schemathesis.openapi.from_dict(document, config=SchemathesisConfig())
    schema.app = as_sent(known.app)
    schema.hooks.hook("filter_failure")(can_be_told_by_a_schema)
    return schema
