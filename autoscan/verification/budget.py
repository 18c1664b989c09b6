"""What one folder may cost a server, and which part of it each round of looks may take. Pure."""

from autoscan import paths
from autoscan.model import Ask, Kind

#: Scan requests and HTTP requests for one folder at one library.
MAX_SCANS = 5
MAX_REQUESTS = 30
#: The most that one look, or one scan with its plan, may take.
RESERVE = 6
#: After so many requests a round of looks ends, by the scans so far, so that later rounds have their part.
ROUNDS = (11, 14, 18, 22, 26)
#: What a later round takes: the scan with its plan, one look, the state; one more where something should go.
LATER_ROUND = 4


def is_round_over(ask: Ask) -> bool:
    """Tell whether this round of looks has had its part of the budget."""
    return ask.requests >= ROUNDS[min(max(ask.scans, 1), MAX_SCANS) - 1] * _folders(ask)


def is_spent(ask: Ask) -> bool:
    """Tell whether the next look, which may take several requests, could go beyond the budget of its folders."""
    return ask.requests >= (MAX_REQUESTS - RESERVE) * _folders(ask)


def affords(ask: Ask, rounds: int) -> bool:
    """Tell whether the budget will do for so many rounds: the last one begins before it is spent."""
    removes = any(not each.change.wants_presence for each in ask.delivery.expectations)
    before_last = (rounds - 1) * (LATER_ROUND + removes)
    return ask.requests + before_last < (MAX_REQUESTS - RESERVE) * _folders(ask)


def is_too_dear(ask: Ask) -> bool:
    """Tell whether a round that takes as much as the later ones so far would go beyond the budget."""
    later = max(1, ask.scans - 1)
    usual = max(0, ask.requests - (ROUNDS[0] + 1) * _folders(ask)) / later
    return ask.requests + usual >= MAX_REQUESTS * _folders(ask)


def _folders(ask: Ask) -> int:
    return max(1, len({paths.parent(each.path) for each in ask.delivery.expectations if each.kind is Kind.FILE}))
