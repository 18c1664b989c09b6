"""Failed log-ins, counted by address: in the database, because the workers are processes of their own."""

from datetime import timedelta
from math import ceil

from sqlalchemy import Column, Integer, Table, Text, bindparam, delete, func, select

from autoscan.store.dialect import Instant, upsert
from autoscan.store.part import Part
from autoscan.store.tables import metadata

#: So many failures cost nothing: people mistype.
FREE = 5
#: Seconds that an address has to wait after the next one; each further failure doubles them, up to the longest.
FIRST_WAIT, LONGEST_WAIT = 10, 900
#: After this time without a failure an address is forgotten.
REMEMBERED = timedelta(hours=1)
#: More addresses than this are not kept; the table stays small, so that it needs no index besides its key.
MOST = 1000

#: Failed log-ins by address; small (see `MOST`), so that its key is the only index.
attempts = Table(
    "attempts",
    metadata,
    #: Kind and address.
    Column("who", Text, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_at", Instant, nullable=False),
    #: Until then a failure is not noted.
    Column("closed_until", Instant, nullable=False),
)

OF_WHOM = select(attempts).where(attempts.c.who == bindparam("whom"))
COUNT = select(func.count()).select_from(attempts)
KEEP = upsert(attempts, keys=("who",), update=("failures", "last_at", "closed_until"))
FORGET = delete(attempts).where(attempts.c.who == bindparam("whom"))
FORGET_OLD = delete(attempts).where(attempts.c.last_at < bindparam("before"))
FORGET_OLDEST = delete(attempts).where(
    attempts.c.who == select(attempts.c.who).order_by(attempts.c.last_at).limit(1).scalar_subquery()
)


class Attempts(Part):
    """Tells who has failed too often to try again now."""

    def wait_left(self, who: str) -> int:
        """Return the seconds that `who` still has to wait, 0 for none."""
        with self._store.read() as connection:
            known = connection.execute(OF_WHOM, {"whom": who}).first()
        left: timedelta = known.closed_until - self._clock.now() if known is not None else timedelta(0)
        return max(ceil(left.total_seconds()), 0)

    def count_failure(self, who: str) -> int:
        """Note a failed log-in of `who`; return the seconds until the next one counts as one, 0 for at once.

        A failure within these seconds is not noted, so that nobody is kept out by a program that goes on trying.
        """
        left = self.wait_left(who)
        if left:
            return left
        now = self._clock.now()
        with self._store.write() as connection:
            connection.execute(FORGET_OLD, {"before": now - REMEMBERED})
            known = connection.execute(OF_WHOM, {"whom": who}).first()
            if known is None and connection.execute(COUNT).scalar_one() >= MOST:
                connection.execute(FORGET_OLDEST)
            failures = 1 if known is None else int(known.failures) + 1
            wait = _wait(failures)
            until = now + timedelta(seconds=wait)
            connection.execute(KEEP, {"who": who, "failures": failures, "last_at": now, "closed_until": until})
        return wait

    def forget_failures(self, who: str) -> None:
        """Note that `who` knew the password."""
        with self._store.read() as connection:
            known = connection.execute(OF_WHOM, {"whom": who}).first()
        if known is not None:
            with self._store.write() as connection:
                connection.execute(FORGET, {"whom": who})


def _wait(failures: int) -> int:
    """Return seconds."""
    return 0 if failures < FREE else min(FIRST_WAIT << min(failures - FREE, 16), LONGEST_WAIT)
