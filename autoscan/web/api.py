"""`/api/<SERVER_PASS>`: plex_autoscan's API, whose answers are always HTTP 200 once the secret is right."""

import logging
from typing import Any

from flask import Blueprint, Response, jsonify, request
from flask.blueprints import BlueprintSetupState

from autoscan.errors import AutoscanError
from autoscan.web import bodies, security
from autoscan.web.context import here

logger = logging.getLogger(__name__)

blueprint = Blueprint("api", __name__)


class LegacyConverter(security.SecretConverter):
    """What may hold the SERVER_PASS here; `v1/` leads to the other API, and no password begins so."""

    regex = rf"(?!v1/.){security.SecretConverter.regex}"


@blueprint.record
def _know_secrets(state: BlueprintSetupState) -> None:
    state.app.url_map.converters["legacy"] = LegacyConverter


@blueprint.before_request
def check_secret() -> None:
    """Raise unless the path ends with the secret."""
    security.require_path((request.view_args or {}).get("rest", ""))


@blueprint.route("/api/<legacy:rest>", methods=["GET", "POST"])
def command(rest: str) -> Response:  # noqa: ARG001 - the guard has looked at it
    """Do what `cmd` says, in the query, the form or the JSON body: `queue_count` counts the scans not yet done."""
    try:
        return jsonify(_result(_command()))
    except AutoscanError:
        logger.exception("the API could not answer")
        return jsonify(error="Unexpected error occurred, check logs...")


def _command() -> str | None:
    given = request.args.get("cmd")
    return given if given is not None or request.method != "POST" else _text(bodies.read().fields.get("cmd"))


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _result(name: str | None) -> dict[str, int | str]:
    if name is None:
        return {"error": "No cmd parameter was supplied"}
    if name != "queue_count":
        return {"error": f"Unknown cmd: {name}"}
    return {"queue_count": here().queue.count_open()}
