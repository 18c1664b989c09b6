"""The tables of what watches the service: figures that only grow, problems, and messages about them."""

from sqlalchemy import BigInteger, Column, Integer, Table, Text

from autoscan.store.dialect import Instant
from autoscan.store.tables import metadata

#: Figures that only grow (see `tallying`), by what is counted, of whom (a server, a drive), and how it ended.
counters = Table(
    "counters",
    metadata,
    Column("name", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("label", Text, primary_key=True),
    Column("value", BigInteger, nullable=False),
)

#: Problems that somebody may want to be told of, for as long as they last.
notices = Table(
    "notices",
    metadata,
    Column("key", Text, primary_key=True),
    Column("event", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("since", Instant, nullable=False),
    #: When a message about it was written; None: not yet.
    Column("told_at", Instant),
)

#: Messages that are not yet sent, a row for each that should get it.
messages = Table(
    "messages",
    metadata,
    Column("id", Integer, primary_key=True),
    #: A digest of the address, which is a secret.
    Column("target", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("next_try_at", Instant, nullable=False),
)
