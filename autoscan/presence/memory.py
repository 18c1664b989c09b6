"""What files looked like the last time, until a scan is judged; a restart merely looks once more."""

from collections import OrderedDict
from collections.abc import Mapping

from autoscan.filecheck import Look


class Memory:
    """The last looks of each scan, of as many scans as fit."""

    def __init__(self, limit: int = 1000) -> None:
        self._limit = limit
        self._looks: OrderedDict[int, Mapping[str, Look]] = OrderedDict()

    def of(self, scan_id: int) -> Mapping[str, Look]:
        """Return the last looks by mapped path, if they are remembered."""
        return self._looks.get(scan_id, {})

    def keep(self, scan_id: int, looks: Mapping[str, Look]) -> None:
        """Remember `looks`; over the limit, the scan that was kept longest ago is forgotten."""
        self._looks[scan_id] = looks
        self._looks.move_to_end(scan_id)
        if len(self._looks) > self._limit:
            self._looks.popitem(last=False)

    def forget(self, scan_id: int) -> None:
        """Drop what is remembered of a scan."""
        self._looks.pop(scan_id, None)
