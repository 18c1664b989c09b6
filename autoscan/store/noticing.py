"""What people are told: problems that last, scans that failed, and messages until they are sent."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, delete, func, insert, literal, or_, select, update

from autoscan.model import ScanState
from autoscan.model.watching import Failure, Message, Notice, Topic
from autoscan.store.dialect import upsert
from autoscan.store.part import Part
from autoscan.store.remembering import FACT, SET_FACT, WARNING
from autoscan.store.tables import HAS_ENDED, facts, is_state, scans
from autoscan.store.watch_tables import messages, notices

NOTICES = select(notices).order_by(notices.c.since, notices.c.key)
BEGIN_NOTICE = upsert(notices, keys=("key",), update=("event", "subject", "since", "told_at"))
END_NOTICE = delete(notices).where(notices.c.key == bindparam("of_key"))

#: Through the index of what has ended, by the state.
FAILURES = (
    select(scans.c.id, scans.c.folder, scans.c.code, scans.c.reason, scans.c.ended_at)
    .where(
        is_state(scans.c.state, ScanState.FAILED),
        HAS_ENDED,
        scans.c.ended_at >= bindparam("at"),
        scans.c.ended_at <= bindparam("before"),
        or_(
            scans.c.ended_at > bindparam("at"), and_(scans.c.ended_at == bindparam("at"), scans.c.id > bindparam("id"))
        ),
    )
    .order_by(scans.c.ended_at, scans.c.id)
    .limit(bindparam("count"))
)
HELD = select(facts.c.key, facts.c.value).where(facts.c.key.startswith(WARNING + "held:")).order_by(facts.c.key)

ADD_MESSAGE = insert(messages)
DUE_MESSAGE = (
    select(messages)
    .where(messages.c.next_try_at <= bindparam("now"))
    .order_by(messages.c.next_try_at, messages.c.id)
    .limit(literal(1))
)
COUNT_MESSAGES = select(func.count()).select_from(messages)
TRY_AGAIN = (
    update(messages)
    .where(messages.c.id == bindparam("message_id"))
    .values(tries=messages.c.tries + 1, next_try_at=bindparam("at"))
)
DROP_MESSAGE = delete(messages).where(messages.c.id == bindparam("message_id"))
DROP_STRANGERS = delete(messages).where(messages.c.target.not_in(bindparam("targets", expanding=True)))

_TOLD_UNTIL = "told:failures"


class Noticing(Part):
    """Keeps what was told of what, so that each thing is told once, over restarts too. Used by the leader alone."""

    def notices(self) -> list[Notice]:
        """Return the problems that last, told or not, the oldest first."""
        with self._store.read() as connection:
            rows = connection.execute(NOTICES).all()
        return [
            Notice(key=row.key, topic=Topic(row.event), subject=row.subject, since=row.since, told_at=row.told_at)
            for row in rows
        ]

    def note_problems(self, begun: Sequence[Notice], ended: Collection[str], tell: Sequence[Message]) -> None:
        """Keep that these problems last and those have ended, with the messages about them, all or nothing."""
        with self._store.write() as connection:
            for notice in begun:
                values = {"key": notice.key, "event": notice.topic, "subject": notice.subject}
                connection.execute(BEGIN_NOTICE, {**values, "since": notice.since, "told_at": notice.told_at})
            for key in ended:
                connection.execute(END_NOTICE, {"of_key": key})
            if tell:
                connection.execute(ADD_MESSAGE, [_row(message) for message in tell])

    def failures(self, after: tuple[datetime, int], before: datetime, limit: int) -> list[Failure]:
        """Return scans that failed after the moment and id in `after`, at the latest at `before`, the oldest first."""
        values = {"at": after[0], "id": after[1], "before": before, "count": limit}
        with self._store.read() as connection:
            return [Failure(**row._asdict()) for row in connection.execute(FAILURES, values)]

    def told_failures(self) -> tuple[datetime, int] | None:
        """Return moment and id of the last failure that a message was written about; None if there was none ever."""
        with self._store.read() as connection:
            known = connection.execute(FACT, {"fact": _TOLD_UNTIL}).scalar()
        moment, _, number = str(known or "").partition(" ")
        return (datetime.fromisoformat(moment), int(number)) if number else None

    def tell_failures(self, until: tuple[datetime, int], tell: Sequence[Message]) -> None:
        """Keep that the failures up to `until` are told, with the messages about them, all or nothing."""
        with self._store.write() as connection:
            connection.execute(SET_FACT, {"key": _TOLD_UNTIL, "value": f"{until[0].isoformat()} {until[1]}"})
            if tell:
                connection.execute(ADD_MESSAGE, [_row(message) for message in tell])

    def held_places(self) -> dict[str, str]:
        """Return why scans are held, by the folder or anchor that they are held for."""
        with self._store.read() as connection:
            rows = connection.execute(HELD).all()
        return {row.key.split(":", 3)[-1]: row.value for row in rows}

    def due_message(self) -> Message | None:
        """Return the message that is to be sent next, None if none is due."""
        with self._store.read() as connection:
            row = connection.execute(DUE_MESSAGE, {"now": self._clock.now()}).first()
        if row is None:
            return None
        values = row._asdict()
        del values["next_try_at"]
        return Message(topic=Topic(values.pop("event")), **values)

    def unsent_messages(self) -> int:
        """Return how many messages wait to be sent."""
        with self._store.read() as connection:
            return int(connection.execute(COUNT_MESSAGES).scalar_one())

    def sent(self, message_id: int) -> None:
        """Forget a message that was sent, or given up."""
        with self._store.write() as connection:
            connection.execute(DROP_MESSAGE, {"message_id": message_id})

    def send_later(self, message_id: int, at: datetime) -> None:
        """Count a vain try, and try again at `at`."""
        with self._store.write() as connection:
            connection.execute(TRY_AGAIN, {"message_id": message_id, "at": at})

    def forget_targets_but(self, targets: Collection[str]) -> None:
        """Forget the messages to everybody else: they are not configured any more."""
        with self._store.write() as connection:
            connection.execute(DROP_STRANGERS, {"targets": list(targets)})


def _row(message: Message) -> dict[str, Any]:
    return {
        "target": message.target,
        "event": message.topic,
        "title": message.title,
        "body": message.body,
        "created_at": message.created_at,
        "tries": message.tries,
        "next_try_at": message.created_at,
    }
