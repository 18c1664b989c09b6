"""Taking an event in once, however often its request is sent: the answer is kept, in the same transaction."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, select

from autoscan.errors import KeyReusedError
from autoscan.model import Added, NewEvent, NewPath, NewScan
from autoscan.store.adding import take_in
from autoscan.store.dialect import upsert
from autoscan.store.part import Part
from autoscan.store.rows import SLICE
from autoscan.store.tables import answers

#: How long the answer to a key is kept.
KEPT = timedelta(hours=24)

FIND_ANSWER = select(answers).where(answers.c.key == bindparam("for_key"), answers.c.at > bindparam("since"))
_OLD = select(answers.c.key).where(answers.c.at <= bindparam("before")).order_by(answers.c.at).limit(SLICE)
DELETE_ANSWERS = delete(answers).where(answers.c.key.in_(_OLD))
#: A key of the day before yesterday may still be there.
KEEP_ANSWER = upsert(answers, keys=("key",), update=("at", "digest", "answer"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Once:
    """How a request names itself, so that it may be sent again."""

    key: str
    #: What tells two requests apart.
    digest: str
    #: Makes the answer that is kept; it runs inside the transaction, so it is short and pure.
    answer: Callable[[Added], str]


class Answered(NamedTuple):
    """The answer to a request."""

    text: str
    #: It is that of an earlier request with the same key; nothing was queued now.
    again: bool


class Idempotency(Part):
    """Takes events in, each once."""

    def add_once(
        self, once: Once, event: NewEvent, paths: Sequence[NewPath], scans: Sequence[NewScan], *, max_delay: float
    ) -> Answered:
        """Do what `add` does and keep the answer, or return the one that was kept in the last 24 hours.

        Raises KeyReusedError where the key came with another digest, and what `add` raises.
        """
        now = self._clock.now()
        with self._store.write() as connection:
            kept = _kept(connection, once, now)
            if kept is not None:
                return Answered(kept, again=True)
            added = take_in(connection, event, paths, scans, timedelta(seconds=max_delay))
            text = once.answer(added)
            _keep(connection, once, text, now)
            return Answered(text, again=False)


def _kept(connection: Connection, once: Once, now: datetime) -> str | None:
    row = connection.execute(FIND_ANSWER, {"for_key": once.key, "since": now - KEPT}).first()
    if row is None:
        return None
    if row.digest != once.digest:
        raise KeyReusedError("This Idempotency-Key came with another request in the last 24 hours: take a new one")
    return str(row.answer)


def _keep(connection: Connection, once: Once, text: str, now: datetime) -> None:
    connection.execute(DELETE_ANSWERS, {"before": now - KEPT})
    connection.execute(KEEP_ANSWER, {"key": once.key, "at": now, "digest": once.digest, "answer": text})
