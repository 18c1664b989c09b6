"""See every scan through: the Dispatcher from due to handed over, a Lane per server from there to accepted.

Nothing here waits: each job does one thing per `step()` and returns, and whoever runs it decides when to come back.
"""

from autoscan.processor.afterwards import Afterwards
from autoscan.processor.dispatcher import Dispatcher
from autoscan.processor.janitor import Janitor
from autoscan.processor.lane import Lane
from autoscan.processor.server import Rules

__all__ = ["Afterwards", "Dispatcher", "Janitor", "Lane", "Rules"]
