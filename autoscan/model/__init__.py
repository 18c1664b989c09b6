"""The words of the trade as values: what is asked for, and how far it has come."""

from autoscan.model.drive import DriveEntry, DriveState, Walk
from autoscan.model.events import Change, Event, Hints, Kind, ScanRequest
from autoscan.model.scans import Ask, Delivery, Expectation, Finding, Scan, Sighting, Slot
from autoscan.model.states import DeliveryState, Level, Phase, ScanState, Seen
from autoscan.model.steering import Acted, LibraryFacts, PathSeen, ServerFacts
from autoscan.model.stored import Added, NewEvent, NewPath, NewScan, Queued, RootState, ServerState, Transition

__all__ = [
    "Acted",
    "Added",
    "Ask",
    "Change",
    "Delivery",
    "DeliveryState",
    "DriveEntry",
    "DriveState",
    "Event",
    "Expectation",
    "Finding",
    "Hints",
    "Kind",
    "Level",
    "LibraryFacts",
    "NewEvent",
    "NewPath",
    "NewScan",
    "PathSeen",
    "Phase",
    "Queued",
    "RootState",
    "Scan",
    "ScanRequest",
    "ScanState",
    "Seen",
    "ServerFacts",
    "ServerState",
    "Sighting",
    "Slot",
    "Transition",
    "Walk",
]
