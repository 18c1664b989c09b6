"""See every scan through: the Dispatcher from due to handed over, a Lane per server from there to accepted.

Nothing here waits: each job does one thing per `step()` and returns, and whoever runs it decides when to come back.
"""

from typing import Protocol

from autoscan.processor.dispatcher import Dispatcher
from autoscan.processor.janitor import Janitor
from autoscan.processor.lane import Lane

__all__ = ["Dispatcher", "Janitor", "Job", "Lane"]


class Job(Protocol):
    """Something the leader does for ever, a step at a time."""

    name: str

    def step(self) -> bool:
        """Do one thing and tell whether there was anything to do."""

    def close(self) -> None:
        """Give back what the job holds outside the database."""
