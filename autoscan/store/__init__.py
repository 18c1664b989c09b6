"""All SQL: the queue of scans and what is remembered beside it, in one SQLite file."""

from autoscan.model import Added, NewEvent, NewPath, NewScan, Queued, RootState, ServerState, Transition
from autoscan.store.engine import Store
from autoscan.store.idempotency import Answered, Once
from autoscan.store.queue import Queue
from autoscan.store.watching import LOW_DISK

__all__ = [
    "LOW_DISK",
    "Added",
    "Answered",
    "NewEvent",
    "NewPath",
    "NewScan",
    "Once",
    "Queue",
    "Queued",
    "RootState",
    "ServerState",
    "Store",
    "Transition",
]
