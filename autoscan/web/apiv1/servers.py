"""Media servers: how they are, paused and resumed by hand."""

from typing import Any

from autoscan.errors import ConflictError, NotFoundError
from autoscan.model import ServerState
from autoscan.settings import MediaServer
from autoscan.web.apiv1 import examples
from autoscan.web.apiv1.blueprint import WHO, blueprint, changes
from autoscan.web.apiv1.operations import Operation
from autoscan.web.apiv1.schemas.servers import Health, ServerAnswer, ServersAnswer
from autoscan.web.context import here

TAG = "Servers"
NO_SERVER = "No media server has this name; GET /api/v1/servers lists them"


def _mark() -> str:
    # The settings may be others after a restart.
    return "\n".join([changes(), *(f"{server.type} {server.name}" for server in here().settings.media_servers)])


_LIST = Operation(tag=TAG, answer=ServersAnswer, mark=_mark, example=examples.SERVERS)
_PROBE = Operation(tag=TAG, answer=ServerAnswer, status=202, errors=frozenset({404}), example=examples.SERVER)
_STEER = Operation(tag=TAG, answer=ServerAnswer, errors=frozenset({404, 409}), example=examples.SERVER)


@blueprint.operation("GET", "/servers", _LIST)
def list_servers() -> dict[str, Any]:
    """List the media servers, as they were when they were last heard of; nothing is asked of them."""
    return {"servers": [_shown(server) for server in here().settings.media_servers]}


@blueprint.operation("POST", "/servers/<path:server>/probe", _PROBE)
def probe_server(server: str) -> dict[str, Any]:
    """Have a server asked at once whether it answers; the answer here does not wait for it."""
    known = _server(server)
    here().queue.probe_now(known.name)
    return _shown(known)


@blueprint.operation("POST", "/servers/<path:server>/pause", _STEER)
def pause_server(server: str) -> dict[str, Any]:
    """Ask nothing of a server until it is resumed; what waits for it is kept."""
    known = _server(server)
    if not here().queue.hold(known.name, WHO):
        raise ConflictError(f"{known.name} is paused already")
    return _shown(known)


@blueprint.operation("POST", "/servers/<path:server>/resume", _STEER)
def resume_server(server: str) -> dict[str, Any]:
    """Go on with a server that was paused by hand."""
    known = _server(server)
    if not here().queue.release(known.name, WHO):
        raise ConflictError(f"{known.name} is not paused by hand")
    return _shown(known)


def _server(name: str) -> MediaServer:
    found = next((server for server in here().settings.media_servers if server.name == name), None)
    if found is None:
        raise NotFoundError(NO_SERVER)
    return found


def _shown(server: MediaServer) -> dict[str, Any]:
    queue = here().queue
    state, told = queue.server(server.name), queue.facts(server.name)
    return {
        "name": server.name,
        "type": server.type,
        "state": _health(state),
        "reason": state.reason,
        "since": state.held_since or state.since,
        "next_probe_at": state.paused_until,
        "held_by": state.held_by,
        "waiting": queue.waiting_for(server.name),
        "version": told.version if told else "",
        "calls_itself": told.name if told else "",
        "told_at": told.at if told else None,
        "libraries": told.libraries if told else (),
    }


def _health(state: ServerState) -> Health:
    if state.held_since is not None:
        return Health.HELD
    if state.unauthorized:
        return Health.UNAUTHORIZED
    return Health.OK if state.paused_until is None else Health.PAUSED
