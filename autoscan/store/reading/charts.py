"""What happened in each span of a day or a month."""

from collections import Counter, defaultdict
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, bindparam, select

from autoscan.model.views import Bucket, ServerBucket
from autoscan.store.dialect import from_ms
from autoscan.store.part import Part
from autoscan.store.periods import DAY, HOUR, Kind, begin
from autoscan.store.tables_shown import marks, periods

CHART = select(periods.c.start, periods.c.server, periods.c.kind, periods.c.seconds, periods.c.number).where(
    periods.c.length == bindparam("length"),
    periods.c.start >= bindparam("begin", type_=BigInteger),
    periods.c.start < bindparam("end", type_=BigInteger),
)
MARK = select(marks.c.number).where(marks.c.name == "change")

#: How often each number of seconds, by server and kind.
_Counts = defaultdict[tuple[str, str], Counter[int]]

#: What is left of a sum of fractions that should be nothing.
_TINY = 1e-9


class ChartReading(Part):
    """Reads what was counted by the hour and by the day, and whether anything has changed."""

    def chart(self, since: datetime, until: datetime, buckets: int) -> tuple[Bucket, ...]:
        """Return so many spans of equal length, the oldest first; together they come nearest to `since` to `until`.

        A span is a number of whole hours, and the last ends with the hour of `until`; from a day on it is a number of
        whole days in UTC, and the last ends with the day of `until`.
        """
        wanted = (until - since).total_seconds() / buckets
        length = HOUR if wanted < DAY else DAY
        width = max(1, round(wanted / length)) * length * 1000
        end = begin(until - timedelta(milliseconds=1), length) + length * 1000
        start = end - width * buckets
        with self._store.read() as connection:
            rows = connection.execute(CHART, {"length": length, "begin": start, "end": end}).all()
        counts: defaultdict[int, _Counts] = defaultdict(lambda: defaultdict(Counter))
        for begun, server, kind, seconds, number in rows:
            counts[(begun - start) // width][server, kind][seconds] += number
        return tuple(
            _bucket(from_ms(start + number * width), width // 1000, counts[number]) for number in range(buckets)
        )

    def change_mark(self) -> str:
        """Return a text that changes whenever anything in the database does, by whatever process, and else stays."""
        with self._store.read() as connection:
            return str(connection.execute(MARK).scalar_one())


def _bucket(start: datetime, seconds: int, counts: _Counts) -> Bucket:
    servers = sorted({server for server, _ in counts if server})
    return Bucket(
        start=start,
        seconds=seconds,
        scans=counts["", Kind.ENDED].total(),
        failed=counts["", Kind.BAD].total(),
        servers={server: _server(server, counts) for server in servers},
    )


def _server(name: str, counts: _Counts) -> ServerBucket:
    seen = counts[name, Kind.SEEN]
    return ServerBucket(
        ended=counts[name, Kind.ENDED].total(),
        bad=counts[name, Kind.BAD].total(),
        median_visible=_percentile(seen, 0.5),
        p95_visible=_percentile(seen, 0.95),
    )


def _percentile(seen: Counter[int], part: float) -> float | None:
    """Return the least number of seconds within which so large a part of all were seen; None if none was."""
    missing = part * seen.total()
    for seconds, number in sorted(seen.items()):
        missing -= number
        if missing < _TINY:
            return float(seconds)
    return None
