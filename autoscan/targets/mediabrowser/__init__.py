"""What Jellyfin and Emby have in common: they were one product, and most of its API is left in both."""

from autoscan.targets.mediabrowser.indirect import Evidence, Indirect, flat
from autoscan.targets.mediabrowser.items import (
    Item,
    Items,
    Look,
    Page,
    absent,
    decided,
    form,
    plain_text,
    present,
    unknown,
)
from autoscan.targets.mediabrowser.sidecars import Sidecars
from autoscan.targets.mediabrowser.target import ITEM_REFRESH, MediaBrowserTarget, Record, as_library, library_id

__all__ = [
    "ITEM_REFRESH",
    "Evidence",
    "Indirect",
    "Item",
    "Items",
    "Look",
    "MediaBrowserTarget",
    "Page",
    "Record",
    "Sidecars",
    "absent",
    "as_library",
    "decided",
    "flat",
    "form",
    "library_id",
    "plain_text",
    "present",
    "unknown",
]
