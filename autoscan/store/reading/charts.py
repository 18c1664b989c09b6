"""What happened in each span of a day or a month."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, bindparam, func, select

from autoscan.model.views import Bucket, ServerBucket
from autoscan.store.dialect import from_ms
from autoscan.store.part import Part
from autoscan.store.periods import DAY, HOUR, Kind, begin
from autoscan.store.tables_shown import marks, periods

_START, _WIDTH, _END = (bindparam(name, type_=BigInteger) for name in ("start", "width", "end"))
_NUMBER = ((periods.c.start - _START) // _WIDTH).label("bucket")
CHART = (
    select(_NUMBER, periods.c.server, periods.c.kind, periods.c.seconds, func.sum(periods.c.number).label("number"))
    .where(periods.c.length == bindparam("length"), periods.c.start >= _START, periods.c.start < _END)
    .group_by(_NUMBER, periods.c.server, periods.c.kind, periods.c.seconds)
)
MARK = select(marks.c.number).where(marks.c.name == "change")

#: By bucket and server: how often each kind, and each time to be seen.
_Counts = dict[tuple[int, str], dict[str, dict[int, int]]]


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
        values = {"length": length, "start": start, "end": end, "width": width}
        with self._store.read() as connection:
            rows = connection.execute(CHART, values).all()
        counts = _by_bucket(rows)
        return tuple(_bucket(number, start, width, counts) for number in range(buckets))

    def change_mark(self) -> str:
        """Return a text that changes whenever anything in the database does, by whatever process, and else stays."""
        with self._store.read() as connection:
            return str(connection.execute(MARK).scalar_one())


def _by_bucket(rows: Iterable[Any]) -> _Counts:
    counts: _Counts = defaultdict(lambda: defaultdict(dict))
    for row in rows:
        counts[row.bucket, row.server][row.kind][row.seconds] = row.number
    return counts


def _bucket(number: int, start: int, width: int, counts: _Counts) -> Bucket:
    servers = sorted(server for bucket, server in counts if bucket == number and server)
    scans = counts.get((number, ""), {})
    return Bucket(
        start=from_ms(start + number * width),
        seconds=width // 1000,
        scans=sum(scans.get(Kind.ENDED, {}).values()),
        failed=sum(scans.get(Kind.BAD, {}).values()),
        servers={server: _server(counts[number, server]) for server in servers},
    )


def _server(kinds: dict[str, dict[int, int]]) -> ServerBucket:
    seen = kinds.get(Kind.SEEN, {})
    return ServerBucket(
        ended=sum(kinds.get(Kind.ENDED, {}).values()),
        bad=sum(kinds.get(Kind.BAD, {}).values()),
        median_visible=_percentile(seen, 0.5),
        p95_visible=_percentile(seen, 0.95),
    )


def _percentile(seen: dict[int, int], part: float) -> float | None:
    """Return the smallest number of seconds within which `part` of all were seen."""
    missing = part * sum(seen.values())
    for seconds, number in sorted(seen.items()):
        missing -= number
        if missing <= 0:
            return float(seconds)
    return None
