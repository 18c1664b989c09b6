"""The whole at a glance: counts, courses, settings."""

from enum import StrEnum

from marshmallow import fields

from autoscan.model import ScanState
from autoscan.web.apiv1 import fields as field


class IndexAnswer(field.Answer):
    """What answers here."""

    name = field.text("Autoscan.")
    version = field.text("Its version.")
    openapi = field.text("Where the description of the API is (OpenAPI 3.1), on this host.")


class Period(StrEnum):
    """How far back."""

    #: 24 hours, an hour each.
    DAY = "day"
    #: 30 days, a day each.
    MONTH = "month"


class ServerBucketAnswer(field.Answer):
    """What one server did in a span of time."""

    ended = field.whole("Deliveries that ended.")
    bad = field.whole("Those of them that somebody should look at.")
    median_visible = field.number("Seconds from request to sight; null if nothing was seen.", allow_none=True)
    p95_visible = field.number("The same, for all but the slowest 5 %.", allow_none=True)


class BucketAnswer(field.Answer):
    """What happened in a span of time."""

    start = field.moment("When it begins.")
    seconds = field.whole("How long it is.")
    scans = field.whole("Scans that ended.")
    failed = field.whole("Those of them that failed.")
    servers = fields.Dict(
        keys=fields.String(),
        values=fields.Nested(ServerBucketAnswer),
        metadata=field.about("By name; a server that did nothing is left out."),
    )


#: How many scans are in each state.
CountsAnswer = field.Answer.from_dict(
    {state.value: field.whole(f"How many are {state}.") for state in ScanState}, name="CountsAnswer"
)


class StatsAnswer(field.Answer):
    """Counts and courses."""

    scans = field.nested(CountsAnswer, "How many scans are in each state.")
    open = field.whole("Scans on their way.")
    oldest_open = field.moment("When the oldest of these was asked for; null if there is none.", allow_none=True)
    chart = field.list_of(BucketAnswer, "The period asked for, the oldest first.")


class StatsQuery(field.Request):
    """Which period."""

    period = field.one_of(Period, "How far back the chart goes.", load_default=Period.DAY)


class SettingAnswer(field.Answer):
    """One setting in force."""

    name = field.text("Its key.")
    group = field.text("The heading under which the documents have it.")
    type = field.text("What kind of value it takes.")
    value = field.anything("Its value, secrets masked; null where nothing is set.")
    origin = field.text("Where it comes from: a file with its line, environment, command line, default.")
    help = field.text("What it means.")


class SettingsAnswer(field.Answer):
    """All settings."""

    settings = field.list_of(SettingAnswer, "The settings, in the order of the documents.")
    warnings = field.list_of(fields.String(), "What is wrong with them, or with this machine, each in a line.")
