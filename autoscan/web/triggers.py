"""`/triggers/<name>`: the addresses of Cloudbox/autoscan and autopulse, with the secret in a header."""

from flask import Blueprint, Response

from autoscan.web import security
from autoscan.web.reception import receive

blueprint = Blueprint("triggers", __name__)
blueprint.before_request(security.require_credentials)


@blueprint.route("/triggers/<name>", methods=["GET", "POST", "PUT"])
def by_name(name: str) -> Response:
    """Take an event of the source `name`."""
    return receive(name)
