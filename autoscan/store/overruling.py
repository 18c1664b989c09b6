"""What a later request for a folder makes of what a waiting scan expects above or below it."""

from typing import Any

from sqlalchemy import bindparam, delete, update

from autoscan import paths
from autoscan.model import Change, NewScan
from autoscan.store.connections import Either
from autoscan.store.hot import Hot
from autoscan.store.tables import expectations

#: What a folder that is about to go holds goes with it.
DROP_PRESENT = delete(expectations).where(
    expectations.c.scan_id == bindparam("into"),
    expectations.c.key > bindparam("low"),
    expectations.c.key < bindparam("high"),
    expectations.c.change != Change.REMOVED,
)
#: A folder that holds something new stays, or is there again.
STAYS = (
    update(expectations)
    .where(
        expectations.c.scan_id == bindparam("into"),
        expectations.c.key.in_(bindparam("keys", expanding=True)),
        expectations.c.announced,
    )
    .values(announced=False, change=Change.ADDED)
)
_DROP_PRESENT, _STAYS = Hot(DROP_PRESENT), Hot(STAYS, several="keys")


def bounds_below(folder: str) -> dict[str, Any]:
    """Return `low` and `high`, between which are the keys of all paths below `folder`, and no others."""
    prefix = paths.key(paths.join(folder, "x"))[:-1]
    return {"low": prefix, "high": prefix[:-1] + chr(ord(prefix[-1]) + 1)}


def overrule(connection: Either, scan_id: int, new: NewScan, *, whole: bool) -> None:
    """Let what `new` brings hold against what the waiting scan `scan_id` expects above and below it.

    An import told of before its series is deleted is not waited for; a series that is imported anew after that is not
    wanted gone. `whole`: the scan waited for a whole folder; no other expects a folder to go.
    """
    for each in new.expectations:
        if each.announced and not each.change.wants_presence:
            _DROP_PRESENT.run(connection, {"into": scan_id, **bounds_below(each.path)})
    if whole and any(each.change.wants_presence for each in new.expectations):
        own = paths.key(new.folder)
        _STAYS.run(connection, {"into": scan_id, "keys": [own, *paths.ancestors(own)]})
