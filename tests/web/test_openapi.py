"""The document is whole, and the answers are what it says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jsonschema import FormatChecker
from openapi_schema_validator import OAS30Validator
from openapi_spec_validator import validate
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4
from werkzeug.test import TestResponse

from tests.pictures import png
from tests.records import add_image
from tests.sending import LATER, inspected, queued, send
from tests.stub import StubService
from tests.workers import WorkerThread

UNKNOWN = "20260225_103045_7K3QH2ZD"
METHODS = ("get", "post", "put", "patch", "delete")


@pytest.fixture(autouse=True)
def without_document() -> None:
    """Have the document made, as in production."""


@pytest.fixture
def document(client: FlaskClient) -> Any:
    answer = client.get("/openapi.json")
    assert answer.status_code == 200 and answer.mimetype == "application/json"
    return answer.json


def operations(document: Any) -> Iterator[tuple[str, Any, list[Any]]]:
    """Yield each operation's name, the operation, and all its parameters."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                operation = item[method]
                parameters = item.get("parameters", []) + operation.get("parameters", [])
                yield f"{method.upper()} {path}", operation, parameters


def validator(document: Any, schema: Any) -> Any:
    registry: Registry[Any] = Registry().with_resource(
        "urn:openapi", Resource(contents=document, specification=DRAFT4)
    )
    return OAS30Validator(_absolute(schema), registry=registry, format_checker=FormatChecker())


def _absolute(node: Any) -> Any:
    """Let references begin at the whole document."""
    if isinstance(node, list):
        return [_absolute(each) for each in node]
    if isinstance(node, dict):
        return {
            key: f"urn:openapi{value}" if key == "$ref" else _absolute(value)
            for key, value in node.items()
        }
    return node


def problems(document: Any, schema: Any, value: Any) -> list[str]:
    absolute = _absolute(document)
    return [
        f"{'/'.join(map(str, error.absolute_path))}: {error.message}"
        for error in validator(absolute, schema).iter_errors(value)
    ]


class TestDocument:
    def test_it_is_valid(self, document: Any) -> None:
        validate(document)
        assert document["openapi"].startswith("3.")

    def test_every_endpoint_of_the_application_is_in_it(self, app: Flask, document: Any) -> None:
        rules = {
            f"{method} {rule.rule}"
            for rule in app.url_map.iter_rules()
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
            if not rule.endpoint.startswith(("pages.", "api-docs.")) and rule.endpoint != "static"
        }
        assert len(rules) == len(list(operations(document)))

    def test_every_operation_has_a_summary_of_its_own(self, document: Any) -> None:
        summaries = [operation.get("summary") for _, operation, _ in operations(document)]
        assert all(summaries) and len(set(summaries)) == len(summaries)

    def test_every_operation_says_more_than_its_summary(self, document: Any) -> None:
        bare = [name for name, operation, _ in operations(document) if not operation["description"]]
        assert bare == []

    def test_every_tag_is_described(self, document: Any) -> None:
        described = {tag["name"] for tag in document["tags"] if tag["description"]}
        assert {
            t for _, operation, _ in operations(document) for t in operation["tags"]
        } == described

    def test_every_parameter_is_described_with_an_example(self, document: Any) -> None:
        bare = [
            (name, parameter["name"])
            for name, _, parameters in operations(document)
            for parameter in parameters
            if not parameter.get("description")
            or not ({"example", "enum"} & (parameter.keys() | parameter["schema"].keys()))
        ]
        assert bare == []

    def test_every_answer_has_a_description_and_a_schema(self, document: Any) -> None:
        bare = [
            (name, code)
            for name, operation, _ in operations(document)
            for code, answer in operation["responses"].items()
            if "$ref" not in answer
            and (
                not answer.get("description")
                or (code not in ("204", "304") and not _schema(answer))
            )
        ]
        assert bare == []

    def test_every_operation_tells_its_errors(self, document: Any) -> None:
        for name, operation, parameters in operations(document):
            codes = set(operation["responses"])
            if "/health" not in name:
                assert codes >= {"401", "500", "503"}, name
            if any(parameter["in"] == "path" for parameter in parameters):
                assert "404" in codes, name
            if any(parameter["in"] in ("query", "header") for parameter in parameters):
                assert "422" in codes, name

    def test_every_property_is_described(self, document: Any) -> None:
        bare = [
            (name, key)
            for name, schema in document["components"]["schemas"].items()
            for key, value in schema.get("properties", {}).items()
            if not value.get("description")
        ]
        assert bare == []

    def test_every_plain_property_of_an_answer_has_a_valid_example(self, document: Any) -> None:
        wrong = []
        for name, schema in document["components"]["schemas"].items():
            if name == "PaginationMetadata":  # flask-smorest's own, used by none of ours
                continue
            for key, value in schema["properties"].items():
                if value.get("type") == "array" or "allOf" in value:
                    continue
                if "example" not in value or problems(document, value, value["example"]):
                    wrong.append((name, key))
        assert wrong == []

    @pytest.mark.parametrize(("path", "field"), [("/upload", "image"), ("/upload/batch", "images")])
    def test_the_files_to_upload_are_described(self, path: str, field: str, document: Any) -> None:
        body = document["paths"][path]["post"]["requestBody"]
        schema = body["content"]["multipart/form-data"]["schema"]
        assert body["required"] and schema["required"] == [field]
        file = schema["properties"][field]
        assert file["description"] and "binary" in str(file)

    def test_keys_are_described_and_optional(self, document: Any) -> None:
        assert set(document["components"]["securitySchemes"]) == {"bearer", "api_key"}
        assert {} in document["security"]


def _schema(answer: Any) -> Any:
    return all(content.get("schema") for content in answer.get("content", {"": {}}).values())


class TestAnswers:
    """What is really answered, held against the document."""

    @pytest.fixture
    def agrees(self, document: Any) -> Any:
        def check(name: str, answer: TestResponse) -> None:
            method, path = name.split()
            documented = document["paths"][path][method.lower()]["responses"]
            assert str(answer.status_code) in documented, (name, answer.status_code, answer.json)
            schema = documented[str(answer.status_code)]["content"]["application/json"]["schema"]
            assert problems(document, schema, answer.json) == [], name
            assert _unknown(document, schema, answer.json) == [], name

        return check

    def test_good_ones(
        self, agrees: Any, client: FlaskClient, worker: WorkerThread, app: Flask
    ) -> None:
        done = send(client)
        agrees("POST /upload", done)
        unique_id = (done.json or {})["img_unique_id"]
        agrees("POST /upload", send(client, headers=LATER))
        for path in (
            "/uploads", "/images", "/query/defects", "/stats", "/health", "/health/live",
        ):  # fmt: skip
            agrees(f"GET {path}", client.get(path))
        agrees("GET /images", client.get("/images?limit=1"))
        for path in ("/uploads/{}", "/images/{}", "/images/{}/classes", "/images/{}/regions"):
            answer = client.get(path.format(unique_id))
            agrees(f"GET {path.format('{img_unique_id}')}", answer)

    def test_bad_ones(
        self, agrees: Any, client: FlaskClient, worker: WorkerThread, stub: StubService
    ) -> None:
        key = {"Idempotency-Key": "k"}
        send(client, headers=key)
        agrees("POST /upload", send(client, b"no image"))
        agrees("POST /upload", send(client, png(), headers=key))
        agrees("POST /upload", send(client, headers={"Idempotency-Key": ""}))
        stub.set_fault("500", count=-1)
        failed = send(client)
        agrees("POST /upload", failed)
        stub.reset()
        retried = client.post((failed.json or {})["retry_url"])
        agrees("POST /uploads/{img_unique_id}/retry", retried)
        done = inspected(client)["img_unique_id"]
        again = client.post(f"/uploads/{done}/retry")
        agrees("POST /uploads/{img_unique_id}/retry", again)
        agrees("GET /images/{img_unique_id}", client.get(f"/images/{UNKNOWN}"))
        agrees("DELETE /images/{img_unique_id}", client.delete(f"/images/{UNKNOWN}"))
        agrees("GET /images", client.get("/images?limit=0&class_name=%00"))
        agrees("GET /query/defects", client.get("/query/defects?cursor=x"))

    def test_empty_ones(self, agrees: Any, client: FlaskClient, app: Flask) -> None:
        queued(client)
        for path in ("/uploads", "/images", "/query/defects", "/stats", "/health", "/batches"):
            agrees(f"GET {path}", client.get(path))
        unique_id = add_image(app)
        agrees("GET /images/{img_unique_id}/regions", client.get(f"/images/{unique_id}/regions"))


def _unknown(document: Any, schema: Any, value: Any, place: str = "") -> list[str]:
    """Return the members of an answer that its schema does not name."""
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if "allOf" in schema:
        return _unknown(document, schema["allOf"][0], value, place)
    if isinstance(value, list):
        found = [_unknown(document, schema["items"], each, f"{place}[]") for each in value]
        return sorted({name for names in found for name in names})
    if not isinstance(value, dict) or "properties" not in schema:
        return []
    unknown = [f"{place}.{key}" for key in value.keys() - schema["properties"].keys()]
    for key in value.keys() & schema["properties"].keys():
        unknown += _unknown(document, schema["properties"][key], value[key], f"{place}.{key}")
    return unknown
