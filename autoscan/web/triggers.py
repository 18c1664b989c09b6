"""`/triggers/<name>`: the addresses of Cloudbox/autoscan and autopulse, with the secret in a header."""

from flask import Blueprint, Response

from autoscan.web import security
from autoscan.web.reception import receive

blueprint = Blueprint("triggers", __name__)
blueprint.before_request(security.require_credentials)


@blueprint.route("/triggers/a-train/<drive>", methods=["POST", "PUT"])
def of_drive(drive: str) -> Response:
    """Take what A-Train says of a drive; `SOURCES` may have rules for `a-train/<drive id>`, and for `a-train`."""
    return receive(f"a-train/{drive}")


@blueprint.route("/triggers/<name>", methods=["GET", "POST", "PUT"])
def by_name(name: str) -> Response:
    """Take an event of the source `name`."""
    return receive(name)
