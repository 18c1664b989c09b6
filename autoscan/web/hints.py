"""`/explain/preview` and `/explain/complete`: what a page shows while a path is typed; for who is logged in only."""

from flask import Blueprint, Response, jsonify, request

from autoscan.explain import AtServer
from autoscan.web import bodies, confinement, sessions
from autoscan.web.context import here
from autoscan.web.reception import MANUAL, from_paths

#: Longer than any file system takes.
_LONGEST = 4096

blueprint = Blueprint("hints", __name__)
blueprint.before_request(sessions.require_session)


@blueprint.get("/explain/preview")
def preview() -> Response:
    """Tell what would become of `path`, as JSON: mapped, there or not, and what each server would scan."""
    path = _given("path")
    refused = confinement.why_refused(from_paths((path,), ()).event, MANUAL)
    # What the form does not take is not looked for either.
    told = here().explainer().explain(path, MANUAL, probe=not refused)
    return jsonify(
        path=told.path,
        refused=refused,
        mapped=told.mapped,
        ignored_by=told.ignored_by,
        folder=told.folder,
        exists=told.exists,
        joins=None if told.joins is None else told.joins.scan_id,
        servers=[_server(server) for server in told.servers],
    )


@blueprint.get("/explain/complete")
def complete() -> Response:
    """Tell how the beginning of a path may go on, as JSON: inside known libraries and mappings only."""
    return jsonify(paths=here().explainer().complete(_given("text")))


def _server(server: AtServer) -> dict[str, object]:
    return {
        "server": server.server,
        "path": server.path,
        "libraries": [library.title for library in server.libraries],
        "problem": server.problem,
        "about": server.about,
    }


def _given(name: str) -> str:
    return bodies.tame_text(request.args.get(name, "")).strip()[:_LONGEST]
