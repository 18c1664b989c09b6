"""What happened in each span of a day or a month."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Row, bindparam, case, func, select

from autoscan.model.views import Bucket, ServerBucket
from autoscan.store.dialect import from_ms
from autoscan.store.part import Part
from autoscan.store.periods import DAY, HOUR, Kind, begin
from autoscan.store.tables_shown import marks, periods

_START, _WIDTH, _END = (bindparam(name, type_=BigInteger) for name in ("start", "width", "end"))
_NUMBER = ((periods.c.start - _START) // _WIDTH).label("bucket")
_COUNTED = (
    select(_NUMBER, periods.c.server, periods.c.kind, periods.c.seconds, func.sum(periods.c.number).label("number"))
    .where(periods.c.length == bindparam("length"), periods.c.start >= _START, periods.c.start < _END)
    .group_by(_NUMBER, periods.c.server, periods.c.kind, periods.c.seconds)
    .subquery()
)
_OF_ONE = (_COUNTED.c.bucket, _COUNTED.c.server, _COUNTED.c.kind)
#: How many took so long or less, of how many.
_RUNNING = select(
    _COUNTED,
    func.sum(_COUNTED.c.number).over(partition_by=_OF_ONE, order_by=_COUNTED.c.seconds).label("upto"),
    func.sum(_COUNTED.c.number).over(partition_by=_OF_ONE).label("number_of_all"),
).subquery()
#: The least time within which so large a part was.
_MEDIAN, _P95 = (
    func.min(case((_RUNNING.c.upto >= part * _RUNNING.c.number_of_all, _RUNNING.c.seconds))).label(name)
    for name, part in (("median", 0.5), ("p95", 0.95))
)
_GROUP = (_RUNNING.c.bucket, _RUNNING.c.server, _RUNNING.c.kind)
CHART = select(*_GROUP, func.sum(_RUNNING.c.number).label("number"), _MEDIAN, _P95).group_by(*_GROUP)
MARK = select(marks.c.number).where(marks.c.name == "change")


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
            rows: list[Row[Any]] = list(connection.execute(CHART, values))
        found: defaultdict[int, dict[tuple[str, str], Row[Any]]] = defaultdict(dict)
        for row in rows:
            found[row.bucket][row.server, row.kind] = row
        return tuple(_bucket(number, start, width, found[number]) for number in range(buckets))

    def change_mark(self) -> str:
        """Return a text that changes whenever anything in the database does, by whatever process, and else stays."""
        with self._store.read() as connection:
            return str(connection.execute(MARK).scalar_one())


def _bucket(number: int, start: int, width: int, rows: Mapping[tuple[str, str], Row[Any]]) -> Bucket:
    servers = sorted({server for server, _ in rows if server})
    return Bucket(
        start=from_ms(start + number * width),
        seconds=width // 1000,
        scans=_number(rows, "", Kind.ENDED),
        failed=_number(rows, "", Kind.BAD),
        servers={server: _server(server, rows) for server in servers},
    )


def _server(name: str, rows: Mapping[tuple[str, str], Row[Any]]) -> ServerBucket:
    seen = rows.get((name, Kind.SEEN))
    return ServerBucket(
        ended=_number(rows, name, Kind.ENDED),
        bad=_number(rows, name, Kind.BAD),
        median_visible=float(seen.median) if seen else None,
        p95_visible=float(seen.p95) if seen else None,
    )


def _number(rows: Mapping[tuple[str, str], Row[Any]], server: str, kind: Kind) -> int:
    row = rows.get((server, kind))
    return int(row.number) if row else 0
