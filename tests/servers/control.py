"""The controls of a simulated server over HTTP, for tests and demos in another process."""

import dataclasses
import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from tests.servers.wire import Response

if TYPE_CHECKING:
    from tests.servers.base import FakeServer

Control = Callable[["FakeServer", Mapping[str, Any]], object]


def _plain(value: object) -> object:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def _set(server: "FakeServer", args: Mapping[str, Any]) -> None:
    server.set(**args)


def _fail_next(server: "FakeServer", args: Mapping[str, Any]) -> None:
    server.fail_next(**args)


def _advance(server: "FakeServer", args: Mapping[str, Any]) -> None:
    server.advance(float(args["seconds"]))


_CONTROLS: Mapping[str, Control] = {
    "/__sim__/set": _set,
    "/__sim__/fail_next": _fail_next,
    "/__sim__/advance": _advance,
    "/__sim__/wait_idle": lambda server, _: server.wait_idle(),
    "/__sim__/requests": lambda server, args: server.requests(args.get("match", "")),
    "/__sim__/scans": lambda server, _: server.scans(),
    "/__sim__/overlaps": lambda server, _: server.overlaps(),
    "/__sim__/violations": lambda server, _: server.violations,
    "/__sim__/paths": lambda server, _: server.paths(),
}


def control(server: "FakeServer", method: str, path: str, body: bytes) -> Response:
    """Answer `POST /__sim__/set {knob: value}` and its like, and `GET /__sim__/scans` and its like, in JSON."""
    action = _CONTROLS.get(path)
    if action is None:
        return Response(status=404)
    result = action(server, json.loads(body) if body else {})
    return Response(body=json.dumps(_plain(result)).encode(), type="application/json")
