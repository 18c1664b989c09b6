"""Decide when a scan may go to the servers: its files are there and whole, or gone where they should be."""

from autoscan.presence.guard import Guard
from autoscan.presence.inside import Inside
from autoscan.presence.judge import Presence
from autoscan.presence.mass import MassGuard
from autoscan.presence.verdicts import Go, Missing, Rules, Verdict, Wait

__all__ = ["Go", "Guard", "Inside", "MassGuard", "Missing", "Presence", "Rules", "Verdict", "Wait"]
