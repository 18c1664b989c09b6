"""What looks into a server have come to: the progress of each ask, what was found, and how it ended."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, exists, literal, select, update

from autoscan.model import Ask, Delivery, DeliveryState, Finding, Level, Phase
from autoscan.store import tallying
from autoscan.store.delivering import DELIVERY_BY_ID, end_delivery, settle
from autoscan.store.dialect import upsert
from autoscan.store.hot import Hot
from autoscan.store.part import Part
from autoscan.store.rows import DELIVERIES, delivery_step, load_deliveries, note, slices
from autoscan.store.tables import IS_PENDING, deliveries
from autoscan.store.tables_asked import IS_UNENDED, asks, findings, known_items

#: What of an ask changes as it gets on, under the same names in the table.
_PROGRESS = (
    "phase",
    "level",
    "scope",
    "scope_label",
    "scope_is_root",
    "scans",
    "looks",
    "requests",
    "blind",
    "prechecked",
    "visible",
    "touched",
    "first_asked_at",
)

LOOKING = (
    select(asks)
    .where(
        IS_UNENDED,
        asks.c.server == bindparam("server"),
        asks.c.phase == Phase.LOOKING,
        asks.c.due_at <= bindparam("now"),
    )
    .order_by(asks.c.due_at, asks.c.id)
    .limit(literal(500))
)
_LOOKING = Hot(LOOKING)
ASKS_OF_SCAN = (
    select(asks)
    .join(deliveries, deliveries.c.id == asks.c.delivery_id)
    .where(deliveries.c.scan_id == bindparam("scan_id"))
    .order_by(asks.c.id)
)
FINDINGS_OF = select(findings).where(findings.c.ask_id.in_(bindparam("ask_ids", expanding=True)))
DELIVERIES_BY_ID = DELIVERIES.where(deliveries.c.id.in_(bindparam("delivery_ids", expanding=True)))
KEEP = (
    update(asks)
    .where(IS_UNENDED, asks.c.id == bindparam("ask_id"))
    .values({name: bindparam(f"new_{name}") for name in (*_PROGRESS, "due_at")})
)
END_ASK = (
    update(asks)
    .where(IS_UNENDED, asks.c.id == bindparam("ask_id"))
    .values(ended_at=bindparam("now"), result=bindparam("how"), evidence=bindparam("words"))
)
NOT_RAN_AFTER = (
    DELIVERIES.where(deliveries.c.ended_at.is_not(None), deliveries.c.ended_at > bindparam("since"))
    .where(~deliveries.c.ran_after, deliveries.c.state != DeliveryState.CANCELLED)
    .order_by(deliveries.c.ended_at)
    .limit(literal(10))
)
RAN_AFTER = update(deliveries).where(deliveries.c.id == bindparam("delivery")).values(ran_after=True)
FOUND = upsert(findings, keys=("ask_id", "path"), update=("result", "evidence", "saw", "at"))
ASKS_OF_DELIVERY = select(asks.c.result, asks.c.evidence).where(asks.c.delivery_id == bindparam("delivery_id"))
#: Deliveries of these asks that have nothing left to ask.
_OTHER = asks.alias("other")
SERVED = DELIVERIES.where(
    IS_PENDING,
    deliveries.c.id.in_(select(asks.c.delivery_id).where(asks.c.id.in_(bindparam("ask_ids", expanding=True)))),
    ~exists().where(_OTHER.c.delivery_id == deliveries.c.id, _OTHER.c.ended_at.is_(None)),
).order_by(deliveries.c.id)
KNOWN_ITEM = select(known_items.c.item).where(
    known_items.c.server == bindparam("server"),
    known_items.c.library_id == bindparam("library_id"),
    known_items.c.folder == bindparam("folder"),
)
LEARN = upsert(known_items, keys=("server", "library_id", "folder"), update=("item",))


class Looking(Part):
    """Keeps how far the look for each folder has come, so that a restart goes on in the middle."""

    def looking(self, server: str) -> list[Ask]:
        """Return the asks of `server` that are to be looked at now, the longest due first."""
        values = {"server": server, "now": self._clock.now()}
        with self._store.look() as connection:
            if not _LOOKING.rows(connection, values):
                return []
        with self._store.read() as connection:
            return load_asks(connection, _LOOKING.rows(connection, values))

    def asks(self, scan_id: int) -> list[Ask]:
        """Return what a scan asked of each library, ended or not; what was refused to the end has gone."""
        with self._store.read() as connection:
            return load_asks(connection, connection.execute(ASKS_OF_SCAN, {"scan_id": scan_id}).all())

    def keep(self, some: Sequence[Ask], *, due_at: datetime, reason: str = "") -> None:
        """Keep the progress and the findings of `some`, to be gone on with at `due_at`; a `reason` makes history.

        Those whose scan somebody ended meanwhile are left as they are.
        """
        with self._store.write() as connection:
            tallying.progress(connection, some, self._clock.now())
            for ask in some:
                if _progress(connection, ask, due_at) and reason:
                    row = connection.execute(DELIVERY_BY_ID, {"delivery_id": ask.delivery.id}).one()
                    note(connection, delivery_step(row, self._clock.now(), row.state, reason))

    def end(self, ask: Ask, words: str) -> None:
        """End `ask` by its findings; its delivery ends with the last ask, its scan with the last delivery."""
        now = self._clock.now()
        how = DeliveryState.worst(finding.result for finding in ask.findings)
        with self._store.write() as connection:
            tallying.progress(connection, [ask], now)
            if not _progress(connection, ask, now):
                return
            connection.execute(END_ASK, {"ask_id": ask.id, "now": now, "how": how, "words": words})
            end_served(connection, [ask.id], now, words)

    def record(self, delivery_id: int, words: str) -> None:
        """Write something that was done for a delivery into its history."""
        with self._store.write() as connection:
            row = connection.execute(DELIVERY_BY_ID, {"delivery_id": delivery_id}).first()
            if row is not None:
                note(connection, delivery_step(row, self._clock.now(), row.state, words))

    def not_ran_after(self, since: datetime) -> list[Delivery]:
        """Return some deliveries that ended after `since` and for which no command has run yet, the oldest first."""
        with self._store.read() as connection:
            return load_deliveries(connection, connection.execute(NOT_RAN_AFTER, {"since": since}).all())

    def ran_after(self, delivery_id: int) -> None:
        """Note that the command has run for a delivery."""
        with self._store.write() as connection:
            connection.execute(RAN_AFTER, {"delivery": delivery_id})

    def findings(self, ask_ids: Sequence[int]) -> dict[int, list[Finding]]:
        """Return what was found of each of these asks."""
        with self._store.read() as connection:
            return load_findings(connection, ask_ids)

    def known_item(self, server: str, library_id: str, folder: str) -> str | None:
        """Return the item that was learnt to stand for `folder` (server path); None if none was."""
        values = {"server": server, "library_id": library_id, "folder": folder}
        with self._store.read() as connection:
            item = connection.execute(KNOWN_ITEM, values).scalar()
        return str(item) if item else None

    def learn_item(self, server: str, library_id: str, folder: str, item: str) -> None:
        """Keep which item stands for `folder`; `""` forgets it."""
        if (self.known_item(server, library_id, folder) or "") != item:
            with self._store.write() as connection:
                row = {"server": server, "library_id": library_id, "folder": folder, "item": item}
                connection.execute(LEARN, row)


def load_asks(connection: Connection, rows: Sequence[Row[Any]]) -> list[Ask]:
    """Return the asks of `rows`, in their order, with their deliveries and findings."""
    found: dict[int, Row[Any]] = {}
    for some in slices(list({row.delivery_id for row in rows})):
        found |= {row.id: row for row in connection.execute(DELIVERIES_BY_ID, {"delivery_ids": some})}
    by_id = {delivery.id: delivery for delivery in load_deliveries(connection, list(found.values()))}
    seen = load_findings(connection, [row.id for row in rows])
    return [
        Ask(
            id=row.id,
            delivery=by_id[row.delivery_id],
            library_id=row.library_id,
            folder=row.folder,
            findings=tuple(seen.get(row.id, ())),
            result=DeliveryState(row.result) if row.result else None,
            evidence=row.evidence,
            **{
                **{name: getattr(row, name) for name in _PROGRESS},
                "phase": Phase(row.phase),
                "level": Level(row.level),
            },
        )
        for row in rows
    ]


def load_findings(connection: Connection, ask_ids: Sequence[int]) -> dict[int, list[Finding]]:
    """Return the findings by ask."""
    found: defaultdict[int, list[Finding]] = defaultdict(list)
    for some in slices(ask_ids):
        for row in connection.execute(FINDINGS_OF, {"ask_ids": some}):
            values = {field.name: getattr(row, field.name) for field in fields(Finding)}
            found[row.ask_id].append(Finding(**{**values, "result": DeliveryState(row.result)}))
    return found


def end_served(connection: Connection, ask_ids: Sequence[int], now: datetime, reason: str) -> None:
    """End the deliveries of which nothing is open any more, and the scans of which no delivery is."""
    for row in connection.execute(SERVED, {"ask_ids": ask_ids}).all():
        parts = connection.execute(ASKS_OF_DELIVERY, {"delivery_id": row.id}).all()
        how = DeliveryState.worst(DeliveryState(part.result) for part in parts)
        words = "; ".join(dict.fromkeys(part.evidence for part in parts if part.evidence)) or reason
        end_delivery(connection, row, now, how, words)
        settle(connection, row.scan_id, now)


def _progress(connection: Connection, ask: Ask, due_at: datetime) -> bool:
    """Write how far `ask` has come; False if it is not open any more: somebody ended its scan meanwhile."""
    values = {f"new_{name}": getattr(ask, name) for name in _PROGRESS}
    if connection.execute(KEEP, {"ask_id": ask.id, "new_due_at": due_at, **values}).rowcount == 0:
        return False
    _write_findings(connection, ask)
    return True


def _write_findings(connection: Connection, ask: Ask) -> None:
    rows = [
        {"ask_id": ask.id} | {field.name: getattr(finding, field.name) for field in fields(Finding)}
        for finding in ask.findings
    ]
    if rows:
        connection.execute(FOUND, rows)
