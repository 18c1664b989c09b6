"""Decide when a scan may go to the servers: its files are there and whole, or gone where they should be."""

from autoscan.presence.judge import Presence
from autoscan.presence.verdicts import Go, Missing, Rules, Verdict, Wait

__all__ = ["Go", "Missing", "Presence", "Rules", "Verdict", "Wait"]
