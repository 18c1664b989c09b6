"""The OpenAPI 3.1 document, made of the operations and their schemas: what it says is what is checked."""

import inspect
import json
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, cast

from flask import current_app, request
from marshmallow import Schema
from werkzeug.routing import Rule

from autoscan import __version__
from autoscan.web.apiv1.blueprint import MAX_ID
from autoscan.web.apiv1.fields import Answer, Request
from autoscan.web.apiv1.operations import Api, Operation
from autoscan.web.apiv1.schemas.problems import Problem

if TYPE_CHECKING:
    from apispec import APISpec

_ABOUT = """\
What pages show and do about scans, events, servers, paths and settings, for programs. Send SERVER_PASS with each
request: as a Bearer token, as `X-Api-Key`, or as the password of HTTP Basic (any user name). Who is logged in on the
pages may read without it.

Errors have one shape, also those that no operation names: 404 for an address that is not there, 405 (with `Allow`) for
a method that an address has not, 500 for what nobody foresaw.

Lists are paged by a cursor: hand `next` back as `cursor` until it is empty. What is asked for again and again has an
`ETag`; send it as `If-None-Match`, and an unchanged answer is 304 without a body.
"""

#: What an error means, by its HTTP status.
_ERRORS = {
    400: ("The query or the body is not what the operation takes; `fields` names what is wrong.", "BAD_REQUEST"),
    401: ("SERVER_PASS is missing or wrong.", "UNAUTHORIZED"),
    403: ("The credentials are right, but may not be used from there: a page of another site, say.", "FORBIDDEN"),
    404: ("There is no such thing, or no more.", "NOT_FOUND"),
    409: ("It is there, but its state does not allow this.", "CONFLICT"),
    413: ("The body is larger than SERVER_MAX_BODY_SIZE allows.", "REQUEST_ENTITY_TOO_LARGE"),
    415: ("The body is not JSON.", "UNSUPPORTED_MEDIA_TYPE"),
    422: ("The Idempotency-Key came with another request in the last 24 hours.", "UNPROCESSABLE_ENTITY"),
    429: ("Too many wrong passwords from this address; Retry-After says when to come back.", "TOO_MANY_REQUESTS"),
    503: ("The database does not answer; nothing was stored. Try again after Retry-After.", "SERVICE_UNAVAILABLE"),
}
_ALWAYS = frozenset({400, 401, 403, 429, 503})
#: These say when to come back.
_LATER = frozenset({429, 503})

_PARAMETERS: dict[str, dict[str, Any]] = {
    "scan_id": {"description": "The scan.", "schema": {"type": "integer", "minimum": 1, "maximum": MAX_ID}},
    "event_id": {"description": "The event.", "schema": {"type": "integer", "minimum": 1, "maximum": MAX_ID}},
    "server": {"description": "The name of the server.", "schema": {"type": "string", "minLength": 1}},
}
_EXAMPLES: dict[str, Any] = {"scan_id": 4711, "event_id": 815, "server": "plex"}

_SCHEMES: dict[str, dict[str, str]] = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "SERVER_PASS as a Bearer token."},
    "apiKey": {"type": "apiKey", "in": "header", "name": "X-Api-Key", "description": "SERVER_PASS in a header."},
    "basic": {"type": "http", "scheme": "basic", "description": "Any user name, SERVER_PASS as the password."},
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "autoscan",
        "description": "Who is logged in on the pages, for reading; the rest needs a page's token in X-CSRFToken.",
    },
}

_TAGS = {
    "Scans": "Folders to be scanned, each with its delivery to every server.",
    "Events": "What came in.",
    "Servers": "Media servers.",
    "Paths": "What would become of a path.",
    "Overview": "The whole at a glance.",
}


def text() -> str:
    """Return the document of the current application as JSON; it is made once in a process for each BASE_PATH."""
    made: dict[str, str] = current_app.extensions.setdefault("apiv1.documents", {})
    root = request.script_root or "/"
    if root not in made:
        made[root] = json.dumps(build(root), indent=1, sort_keys=True)
    return made[root]


def build(root: str) -> dict[str, Any]:
    """Return the document of the current application, which is served below `root`."""
    spec = _empty(root)
    spec.components.schema("Problem", schema=Problem)
    for name, scheme in _SCHEMES.items():
        spec.components.security_scheme(name, scheme)
    for status, (meaning, code) in _ERRORS.items():
        spec.components.response(f"Error{status}", _error(meaning, code, status))
    api = cast("Api", current_app.blueprints["apiv1"])
    for rule in sorted(current_app.url_map.iter_rules(), key=lambda rule: rule.rule):
        if rule.endpoint in api.operations:
            _add(spec, rule, api.operations[rule.endpoint])
    return spec.to_dict()


def _empty(root: str) -> "APISpec":
    from apispec import APISpec  # noqa: PLC0415 - heavy, and needed by few

    return APISpec(
        title="Autoscan",
        version=__version__,
        openapi_version="3.1.0",
        info={"description": _ABOUT},
        plugins=[_plugin()],
        servers=[{"url": root}],
        tags=[{"name": name, "description": about} for name, about in _TAGS.items()],
        security=[{name: []} for name in _SCHEMES],
    )


def _plugin() -> Any:
    from apispec.ext.marshmallow import MarshmallowPlugin  # noqa: PLC0415 - as above
    from apispec.ext.marshmallow.openapi import OpenAPIConverter  # noqa: PLC0415 - as above

    class Converter(OpenAPIConverter):
        """Says of answers that every field is there, and of everything that nothing else is."""

        def schema2jsonschema(self, schema: Schema) -> dict[str, Any]:
            """Return the JSON schema of `schema`."""
            made: dict[str, Any] = super().schema2jsonschema(schema)  # type: ignore[no-untyped-call] # apispec's
            if isinstance(schema, Answer):
                made["required"] = sorted(made["properties"])
            elif isinstance(schema, Request) and schema.at_least_one:
                made["anyOf"] = [{"required": [name]} for name in schema.at_least_one]
            described = inspect.getdoc(type(schema)) or ""
            return {"description": described, "additionalProperties": False, **made}

        def field2property(self, field: Any) -> dict[str, Any]:
            """Return the JSON schema of `field`, its pattern as JavaScript spells it."""
            made: dict[str, Any] = super().field2property(field)
            if "pattern" in made:
                made["pattern"] = made["pattern"].replace(r"\Z", "$")
            return made

    plugin = MarshmallowPlugin(schema_name_resolver=_name)
    plugin.Converter = Converter
    return plugin


def _name(schema: Any) -> str:
    """Return the name of a schema in the document: that of its class without what it is for."""
    kind = schema if isinstance(schema, type) else type(schema)
    return re.sub(r"Answer$", "", kind.__name__)


def _add(spec: "APISpec", rule: Rule, operation: Operation) -> None:
    view = current_app.view_functions[rule.endpoint]
    (method,) = (rule.methods or set()) - {"HEAD", "OPTIONS"}
    described = _operation(rule, operation, view, method)
    spec.path(path=re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule), operations={method.lower(): described})


def _operation(rule: Rule, operation: Operation, view: Callable[..., Any], method: str) -> dict[str, Any]:
    summary, _, description = (inspect.getdoc(view) or "").partition("\n\n")
    described: dict[str, Any] = {
        "tags": [operation.tag],
        "operationId": rule.endpoint.partition(".")[2],
        "summary": summary.replace("\n", " ").rstrip("."),
        "parameters": list(_parameters(rule, operation)),
        "responses": _responses(operation),
    }
    if description:
        described["description"] = description
    if operation.body is not None:
        content = {"schema": operation.body, "example": operation.body_example}
        described["requestBody"] = {"required": True, "content": {"application/json": content}}
    if method != "GET":
        # A session would need a token from a page besides.
        described["security"] = [{name: []} for name in _SCHEMES if name != "session"]
    return described


def _parameters(rule: Rule, operation: Operation) -> Iterator[dict[str, Any]]:
    for name in rule.arguments:
        yield {"in": "path", "name": name, "required": True, "example": _EXAMPLES[name], **_PARAMETERS[name]}
    for place, schema in (("query", operation.query), ("header", operation.headers)):
        if schema is not None:
            yield {"in": place, "schema": schema}
    if operation.mark is not None:
        yield {
            "in": "header",
            "name": "If-None-Match",
            "description": "The ETag of the answer that the caller has.",
            "schema": {"type": "string"},
        }


def _responses(operation: Operation) -> dict[str, Any]:
    schema: Any = operation.answer or {"type": "object"}
    answer: dict[str, Any] = {
        "description": "Safely stored." if operation.status != 200 else "The answer.",  # noqa: PLR2004 - HTTP's own
        "content": {"application/json": {"schema": schema, "example": operation.example}},
    }
    found: dict[str, Any] = {str(status): f"Error{status}" for status in sorted(operation.errors | _ALWAYS)}
    if operation.mark is not None:
        answer["headers"] = {"ETag": {"description": "Changes with the answer.", "schema": {"type": "string"}}}
        found["304"] = {"description": "The caller has the answer already."}
    return {str(operation.status): answer, **found}


def _error(meaning: str, code: str, status: int) -> dict[str, Any]:
    example: dict[str, Any] = {"status": "error", "error_code": code, "error": meaning, "request_id": "5f0c2a9d31be"}
    if status == 400:  # noqa: PLR2004 - HTTP's own
        wrong = {"limit": ["Must be greater than or equal to 1 and less than or equal to 200."]}
        example |= {"error": f"limit: {wrong['limit'][0]}", "fields": wrong}
    answer = {"description": meaning, "content": {"application/json": {"schema": Problem, "example": example}}}
    seconds = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}}
    return answer | ({"headers": seconds} if status in _LATER else {})
