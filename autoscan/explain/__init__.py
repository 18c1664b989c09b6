"""Explain what becomes of a path, without anything becoming of it: by the rules, and by what servers told before."""

from autoscan.explain.explainer import Explainer, tables
from autoscan.explain.prober import Prober
from autoscan.explain.usage import MappingUse
from autoscan.explain.values import AtServer, Explanation, Joins, Match, Offer, RuleUsed

__all__ = [
    "AtServer",
    "Explainer",
    "Explanation",
    "Joins",
    "MappingUse",
    "Match",
    "Offer",
    "Prober",
    "RuleUsed",
    "tables",
]
