"""`/health`: is the database there; open to everybody, so it counts and names nothing."""

import logging

from flask import Blueprint, Response, jsonify

from autoscan.errors import StoreUnavailableError
from autoscan.web.context import here

logger = logging.getLogger(__name__)

blueprint = Blueprint("health", __name__)

NO_SERVERS = "No media server is configured: webhooks are taken and kept"


@blueprint.get("/health")
def health() -> tuple[Response, int]:
    """Answer 200 and `healthy`, or 503 and `unhealthy` where the database does not answer (the body is that of 2.x)."""
    try:
        here().store.ping()
        lasting = len(here().warnings())
    except StoreUnavailableError as error:
        logger.warning("the database does not answer: %s", error)
        return _report("unhealthy", "unavailable"), 503
    return _report("healthy", "ok", warnings=lasting), 200


def _report(status: str, database: str, **more: int) -> Response:
    servers = len(here().settings.media_servers)
    timestamp = here().clock.now().isoformat(timespec="seconds").replace("+00:00", "Z")
    notes = [] if servers else [NO_SERVERS]
    return jsonify(
        status=status, checks={"database": database}, timestamp=timestamp, servers=servers, notes=notes, **more
    )
