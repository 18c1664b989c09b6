"""All that one scrape tells, at one moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from autoscan.metrics.requests import Answered
from autoscan.model.drive import DriveState
from autoscan.model.watching import Figures


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What the database, the workers and the disk say."""

    now: datetime
    version: str
    figures: Figures
    answered: Answered
    #: The names of the media servers in the configuration.
    servers: Sequence[str]
    drives: Sequence[DriveState]
    #: When the leader was last known to be alive, in seconds since 1970.
    last_tick: float | None
    #: Of the database's folder and files; None where the system does not tell.
    disk_free: int | None
    store_bytes: int | None
