"""What is run without detours is what SQLAlchemy would have run."""

from typing import Any

import pytest
from sqlalchemy import Select, bindparam, delete, insert, select

from autoscan.store import Store
from autoscan.store.dialect import stored
from autoscan.store.hot import Hot
from autoscan.store.tables import scans
from tests.clocks import START

SOME: Select[Any] = select(scans).where(scans.c.key.in_(bindparam("keys", expanding=True))).order_by(scans.c.id)


def row(key: str) -> dict[str, Any]:
    times = dict.fromkeys(("requested_at", "last_requested_at", "waiting_since", "due_at"), START)
    rest = {"folder": key, "source": "s", "request_id": "r", "state": "waiting", "priority": 0, "rank": 1}
    return {"key": key, "whole": True, **rest, **times}


INSERT = Hot(insert(scans), columns=list(row("")))


def test_a_row_is_written_with_the_columns_defaults_and_read_with_its_types(store: Store) -> None:
    with store.write() as connection:
        number = INSERT.new_id(connection, row("/a"))
    with store.read() as connection:
        (slow,) = connection.execute(SOME, {"keys": ["/a"]}).all()
        (fast,) = Hot(SOME, several="keys").rows(connection, {"keys": ["/a"]})
    assert fast._asdict() == slow._asdict()
    assert (fast.id, fast.checks, fast.reason, fast.whole, fast.due_at) == (number, 0, "", True, stored(START))


def test_a_list_may_have_any_length(store: Store) -> None:
    hot = Hot(SOME, several="keys")
    with store.write() as connection:
        for key in ("/a", "/b", "/c"):
            INSERT.new_id(connection, row(key))
        found = [
            [each.key for each in hot.rows(connection, {"keys": keys})]
            for keys in (["/b"], ["/c", "/a"], [], ["/a", "/x", "/b"], ["/x"], ["/c"])
        ]
    assert found == [["/b"], ["/a", "/c"], [], ["/a", "/b"], [], ["/c"]]


def test_only_what_selects_has_rows(store: Store) -> None:
    with store.write() as connection:
        INSERT.new_id(connection, row("/a"))
        returning = Hot(delete(scans).returning(scans.c.id))
        with pytest.raises(TypeError, match="SELECT"):
            returning.rows(connection, {})
