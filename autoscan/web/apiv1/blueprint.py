"""The blueprint that the modules of the API put their operations into."""

from flask.blueprints import BlueprintSetupState
from werkzeug.routing import IntegerConverter, Map

from autoscan.web.apiv1 import access
from autoscan.web.apiv1.operations import Api
from autoscan.web.context import here

MAX_ID = 2**63 - 1


class IdConverter(IntegerConverter):
    """The number of a row: from 1, and no larger than a database takes."""

    regex = r"[1-9]\d{0,18}"

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, min=1, max=MAX_ID)


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
