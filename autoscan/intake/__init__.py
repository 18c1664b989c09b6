"""The one door of the queue: map, ignore, prioritise, delay, and store before anything is answered."""

from autoscan.intake.intake import Intake, Plan
from autoscan.intake.receipts import Key, Outcome, Receipt, Received, Taken
from autoscan.intake.rules import SourceRules, source_rules

__all__ = ["Intake", "Key", "Outcome", "Plan", "Receipt", "Received", "SourceRules", "Taken", "source_rules"]
