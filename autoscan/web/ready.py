"""`/ready`: could a webhook be stored now? What else is not as it should be is said, and refuses nothing."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, jsonify, request

from autoscan.errors import RequestError, StoreUnavailableError
from autoscan.model import ServerState
from autoscan.store import LOW_DISK
from autoscan.web import security
from autoscan.web.context import here
from autoscan.web.sessions import signed_in

blueprint = Blueprint("ready", __name__)

#: Seconds in which the database must take a row; whoever asks waits longer than that.
PATIENCE = 2.0
#: Seconds after which a leader that gave no sign of life is missed.
MISSED = 15.0
_MIB = 1024**2
#: Scans that wait for a server that is away are counted up to here: there may be a million, and probes are frequent.
COUNTED = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that was looked at."""

    name: str
    ok: bool
    #: For who may know: names of servers and folders stand in it.
    text: str


@blueprint.get("/ready")
def ready() -> tuple[Response, int]:
    """Answer 200 if a webhook could be stored now, else 503; list everything that is not as it should be.

    Without credentials the answer holds the names of the checks only.
    """
    store = _store()
    checks = [store, *(_others() if store.ok else ())]
    in_full = _may_know()
    told = {check.name: _told(check, in_full=in_full) for check in checks}
    timestamp = here().clock.now().isoformat(timespec="seconds").replace("+00:00", "Z")
    status = "ready" if store.ok else "not ready"
    return jsonify(status=status, checks=told, timestamp=timestamp), 200 if store.ok else 503


def _told(check: Check, *, in_full: bool) -> dict[str, Any]:
    return {"status": "ok" if check.ok else "failing"} | ({"text": check.text} if in_full else {})


def _may_know() -> bool:
    if not {"Authorization", "X-Api-Key"} & set(request.headers.keys()):
        return signed_in()
    try:
        security.require_credentials()
    except RequestError:
        return False
    return True


def _store() -> Check:
    try:
        here().queue.try_write(PATIENCE)
    except StoreUnavailableError as error:
        return Check(name="store", ok=False, text=str(error))
    return Check(name="store", ok=True, text="the database takes events")


def _others() -> Iterator[Check]:
    yield _leader()
    yield _disk()
    yield _servers()
    yield _mounts()
    yield _drive()
    warnings = here().warnings()
    yield Check(name="warnings", ok=not warnings, text="; ".join(warnings) or "none")


def _leader() -> Check:
    tick = here().slots.last_tick()
    if tick is None:
        return Check(name="leader", ok=False, text="no worker runs the background jobs: scans wait")
    age = here().clock.now().timestamp() - tick
    seen = datetime.fromtimestamp(tick, UTC).isoformat(timespec="seconds")
    return Check(name="leader", ok=age < MISSED, text=f"last sign of life at {seen}")


def _disk() -> Check:
    free = here().queue.disk_free()
    if free is None:
        return Check(name="disk", ok=True, text="the system does not tell how much is free")
    text = f"{free // _MIB} MiB free at {here().store.path.parent}"
    return Check(name="disk", ok=free >= LOW_DISK, text=text)


def _servers() -> Check:
    names = [server.name for server in here().settings.media_servers]
    states = map(here().queue.server, names)
    away = [_away(state) for state in states if state.paused_until is not None or state.held_since is not None]
    return Check(name="servers", ok=not away, text="; ".join(away) or f"{len(names)} configured, none is away")


def _away(server: ServerState) -> str:
    waiting = here().queue.waiting_for(server.name, COUNTED + 1)
    told = f"scans that wait: {waiting if waiting <= COUNTED else f'more than {COUNTED}'}"
    if server.held_since is not None:
        return f"{server.name} was paused by hand; {told}"
    since = f" since {server.since.isoformat(timespec='seconds')}" if server.since else ""
    return f"{server.name} is away{since} ({server.reason}); {told}"


def _mounts() -> Check:
    held = here().queue.warnings("held:")
    gone = [f"{root.path} is gone" for root in here().queue.roots() if root.lost_since is not None]
    return Check(name="mounts", ok=not gone and not held, text="; ".join([*gone, *held]) or "all are there")


def _drive() -> Check:
    if not here().settings.google_enabled:
        return Check(name="drive", ok=True, text="not watched")
    bad = [f"{drive.name}: {drive.problem}" for drive in here().queue.drive_states() if not drive.ok]
    return Check(name="drive", ok=not bad, text="; ".join(bad) or "read without trouble")
