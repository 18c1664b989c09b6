"""What every part of the queue has in common."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from autoscan.store.engine import Store


class Part:
    """A part of the queue, on `store`; all of its methods raise StoreUnavailableError."""

    def __init__(self, store: "Store") -> None:
        self._store = store
        self._clock = store.clock
