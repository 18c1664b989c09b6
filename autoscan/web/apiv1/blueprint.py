"""The blueprint that the modules of the API put their operations into."""

from flask.blueprints import BlueprintSetupState
from werkzeug.routing import IntegerConverter

from autoscan.web.apiv1 import access
from autoscan.web.apiv1.operations import Api
from autoscan.web.context import here

#: A larger one is refused by the pattern, so that it is no address for any method.
MAX_ID = 10**18 - 1


class IdConverter(IntegerConverter):
    """The number of a row: from 1 to `MAX_ID`, which a database takes."""

    regex = r"[1-9]\d{0,17}"


blueprint = Api("apiv1", __name__, url_prefix="/api/v1")


@blueprint.record
def _know_ids(state: BlueprintSetupState) -> None:
    state.app.url_map.converters["id"] = IdConverter


blueprint.before_request(access.check)

#: How the history calls who did something over the API.
WHO = "api"


def changes() -> str:
    """Return what changes whenever something about scans, events or servers did."""
    return here().queue.change_mark()
