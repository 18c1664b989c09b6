"""`/<SERVER_PASS>` and `/<SERVER_PASS>/<name>`: the webhook's address, whose secret is in the path."""

from flask import Blueprint, Response, g, request
from werkzeug.exceptions import NotFound

from autoscan.errors import CredentialsError
from autoscan.web import pages, security
from autoscan.web.context import secret
from autoscan.web.reception import UNNAMED, receive, refuse_redirected

blueprint = Blueprint("webhooks", __name__)


@blueprint.before_request
def check_secret() -> None:
    """Raise unless the path holds the secret: 401 for an event; 404 for a look, as for any page that is not there."""
    name = security.source_in((request.view_args or {}).get("rest", ""), secret())
    if name is None and request.method in ("GET", "HEAD"):
        raise NotFound
    if name is None:
        raise CredentialsError(security.WRONG_PATH)
    security.require_near()
    g.source = name


@blueprint.route("/", defaults={"rest": ""}, methods=["POST", "PUT"])
@blueprint.route("/<secret:rest>", methods=["GET", "POST", "PUT"])
def by_path(rest: str) -> Response:  # noqa: ARG001 - the guard has taken it apart
    """Take an event, or `path=` and `dir=`; show the manual form to who looks at the bare address."""
    if request.method in ("GET", "HEAD") and not g.source and not request.args.keys() & {"path", "dir"}:
        refuse_redirected()
        return pages.form()
    return receive(g.source or UNNAMED)
