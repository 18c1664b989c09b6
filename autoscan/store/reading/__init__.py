"""What pages, API and commands show: lists with filters and pages, one thing in full, charts."""

from autoscan.store.reading.charts import ChartReading
from autoscan.store.reading.events import EventReading
from autoscan.store.reading.scans import ScanReading

__all__ = ["Reading"]


class Reading(ScanReading, EventReading, ChartReading):
    """Finds and shows, changes nothing; each method is one view of one moment."""
