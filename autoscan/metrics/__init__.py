"""Tell Prometheus: what the database knows, and what only the processes that answer requests know."""

from autoscan.metrics.page import CONTENT_TYPE, page
from autoscan.metrics.requests import OTHER, Requests, Result
from autoscan.metrics.slots import Slots, folder_of
from autoscan.metrics.state import State

__all__ = ["CONTENT_TYPE", "OTHER", "Requests", "Result", "Slots", "State", "folder_of", "page"]
