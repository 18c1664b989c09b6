"""The OpenAPI document: valid, complete, and true of the application."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import jsonschema_rs
import pytest
import schemathesis

from autoscan import __version__
from tests.webs import SECRET, Site, build, close_all

KEY = {"X-Api-Key": SECRET}


@cache
def document() -> dict[str, Any]:
    with TemporaryDirectory() as folder:
        answer = build(Path(folder)).client.get("/api/v1/openapi.json", headers=KEY)
        close_all()
    assert answer.status_code == 200
    found: dict[str, Any] = answer.get_json()
    return found


def operations() -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


OPERATIONS = dict(operations())


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return build(tmp_path)


def resolved(schema: Any) -> Any:
    """Return `schema` in a form that a validator of JSON Schema takes by itself."""
    return {"components": document()["components"], **schema}


def contents(operation: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from operation.get("requestBody", {}).get("content", {}).values()
    for answer in operation["responses"].values():
        named = document()["components"]["responses"].get(str(answer.get("$ref", "")).rpartition("/")[2], answer)
        yield from named.get("content", {}).values()


def test_the_document_is_openapi_3_1() -> None:
    assert document()["openapi"] == "3.1.0"
    assert document()["info"]["version"] == __version__
    schemathesis.openapi.from_dict(document()).validate()


def test_every_route_of_the_api_is_in_it_and_nothing_else(tmp_path: Path) -> None:
    app = build(tmp_path).app
    rules = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/api/v1")]
    served = {(method, rule.endpoint) for rule in rules for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}}
    described = {(name.partition(" ")[0], f"apiv1.{each['operationId']}") for name, each in OPERATIONS.items()}
    assert served == described


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_says_what_it_is_who_may_and_what_can_go_wrong(name: str) -> None:
    operation = OPERATIONS[name]
    assert operation["summary"]
    assert {"400", "401", "403", "429", "503"} <= operation["responses"].keys()
    schemes = {scheme for each in operation.get("security", document()["security"]) for scheme in each}
    assert {"bearer", "apiKey", "basic"} <= schemes
    assert ("session" in schemes) == name.startswith("GET ")
    assert all(each["description"] for each in operation["parameters"])


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_has_examples_that_its_schemas_take(name: str) -> None:
    shown = list(contents(OPERATIONS[name]))
    assert shown
    for content in shown:
        schema = resolved(content["schema"])
        jsonschema_rs.Draft202012Validator(schema, validate_formats=True).validate(content["example"])


def test_every_field_says_what_it_means() -> None:
    for name, schema in document()["components"]["schemas"].items():
        assert schema["description"], name
        for field, about in schema["properties"].items():
            assert about.get("description"), (name, field)


def test_the_document_says_below_which_path_the_api_is(tmp_path: Path) -> None:
    client = build(tmp_path, BASE_PATH="/autoscan").client
    below = client.get("/autoscan/api/v1/openapi.json", headers=KEY)
    assert below.get_json()["servers"] == [{"url": "/autoscan"}]
    assert client.get("/autoscan/api/v1/nothing", headers=KEY | {"Accept": "text/html"}).is_json


def test_the_document_is_made_once_and_sent_once(site: Site) -> None:
    assert site.client.get("/api/v1/openapi.json", headers=KEY).get_json()["servers"] == [{"url": "/"}]
    assert list(site.app.extensions["apiv1.documents"]) == ["/"]
    again = site.client.get("/api/v1/openapi.json", headers=KEY)
    assert json.loads(again.data) == document()
    same = site.client.get("/api/v1/openapi.json", headers=KEY | {"If-None-Match": again.headers["ETag"]})
    assert (same.status_code, same.data) == (304, b"")
