"""What is kept for lists and charts alone; it follows from the tables of `autoscan.store.tables`."""

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, Table, Text

from autoscan.store.dialect import Instant
from autoscan.store.tables import metadata

#: Single numbers: one that every change of the database makes larger, how far events are listed, how many scans have
#: ended how.
marks = Table(
    "marks",
    metadata,
    Column("name", Text, primary_key=True),
    Column("number", BigInteger, nullable=False),
)

#: Scans that have ended and that lists do not find yet (see `arrears`).
unlisted = Table(
    "unlisted",
    metadata,
    Column("scan_id", Integer, ForeignKey("scans.id", ondelete="CASCADE"), primary_key=True),
)

#: Who sends events.
sources = Table(
    "sources",
    metadata,
    Column("name", Text, primary_key=True),
    Column("seen_at", Instant, nullable=False),
)

#: What happened in each hour and day at each server, and of scans (no server): see `autoscan.store.periods`.
periods = Table(
    "periods",
    metadata,
    #: In seconds.
    Column("length", Integer, primary_key=True),
    #: In milliseconds since 1970.
    Column("start", BigInteger, primary_key=True),
    Column("server", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("seconds", Integer, primary_key=True),
    Column("number", Integer, nullable=False),
)
