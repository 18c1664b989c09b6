"""What each address of the API takes and answers, said once: it checks requests, and the document is made of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any

from flask import Blueprint, Response, jsonify, make_response
from marshmallow import Schema

from autoscan.web import live
from autoscan.web.apiv1 import asked

View = Callable[..., Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method of one address."""

    #: The heading in the document.
    tag: str
    #: Shapes what the view returns; None where it returns a response of its own.
    answer: type[Schema] | None = None
    #: The HTTP status of the answer.
    status: int = 200
    #: Every parameter of the query, field by field; the view gets it as `query`.
    query: type[Schema] | None = None
    #: The fields of the JSON body; the view gets it as `body`.
    body: type[Schema] | None = None
    #: Headers of the request that mean something; the view gets them as `headers`.
    headers: type[Schema] | None = None
    #: What can go wrong besides what can go wrong everywhere.
    errors: frozenset[int] = frozenset()
    #: For what is asked for again and again: returns what changes whenever the answer would. The answer then has an
    #: ETag, and is 304 without a body for who has it already.
    mark: Callable[[], str] | None = None
    #: An answer, as JSON has it.
    example: Any = None
    #: A body, likewise.
    body_example: Mapping[str, Any] | None = None


class Api(Blueprint):
    """A blueprint that knows its operations, by the endpoint."""

    def __init__(self, name: str, import_name: str, url_prefix: str) -> None:
        super().__init__(name, import_name, url_prefix=url_prefix)
        self.operations: dict[str, Operation] = {}

    def operation(self, method: str, rule: str, operation: Operation) -> Callable[[View], View]:
        """Return the decorator that serves `rule` with a view; its docstring is the operation's summary."""

        def register(view: View) -> View:
            self.operations[f"{self.name}.{view.__name__}"] = operation
            self.add_url_rule(rule, view.__name__, _answering(view, operation), methods=[method])
            return view

        return register


def _answering(view: View, operation: Operation) -> View:
    @wraps(view)
    def answer(**arguments: Any) -> Response:
        arguments |= _read(operation)
        if operation.mark is not None:
            return live.conditional(lambda: _shaped(view(**arguments), operation), operation.mark())
        return _shaped(view(**arguments), operation)

    return answer


def _read(operation: Operation) -> dict[str, Any]:
    """Return what the view gets of the request, all of it checked."""
    query = asked.query(operation.query)
    read = {} if operation.query is None else {"query": query}
    if operation.headers is not None:
        read["headers"] = asked.headers(operation.headers)
    if operation.body is not None:
        read["body"] = asked.body(operation.body)
    return read


def _shaped(made: Any, operation: Operation) -> Response:
    if operation.answer is None or isinstance(made, Response):
        return make_response(made)
    response = jsonify(operation.answer().dump(made))
    response.status_code = operation.status
    return response
