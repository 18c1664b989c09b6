"""Explain what becomes of a path, without anything becoming of it: by the rules, and by what servers told before."""

from autoscan.explain.values import AtServer, Explanation, Joins, Match, Offer, RuleUsed

__all__ = ["AtServer", "Explanation", "Joins", "Match", "Offer", "RuleUsed"]
