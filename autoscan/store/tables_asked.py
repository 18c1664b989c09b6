"""What is asked of each library of a server, and what came of it."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint, false

from autoscan.model import Level, Phase
from autoscan.store.dialect import NEVER_REUSED, Instant, partial_index
from autoscan.store.tables import metadata

#: One delivery at one library; open until it is known how it ended, so that a crash loses nothing.
asks = Table(
    "asks",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("delivery_id", Integer, ForeignKey("deliveries.id", ondelete="CASCADE"), nullable=False),
    Column("server", Text, nullable=False),
    Column("library_id", Text, nullable=False),
    #: As the server sees it.
    Column("folder", Text, nullable=False),
    Column("rank", BigInteger, nullable=False),
    #: What the server was asked for last.
    Column("scope", Text, nullable=False, default=""),
    Column("ended_at", Instant),
    Column("phase", Text, nullable=False, server_default=Phase.ASKING),
    Column("level", Text, nullable=False, server_default=Level.FOLDER),
    Column("scope_label", Text, nullable=False, server_default=""),
    Column("scope_is_root", Boolean, nullable=False, server_default=false()),
    #: When it is to be asked for, or looked at, next.
    Column("due_at", Instant, nullable=False, server_default="0"),
    Column("scans", Integer, nullable=False, server_default="0"),
    Column("looks", Integer, nullable=False, server_default="0"),
    Column("requests", Integer, nullable=False, server_default="0"),
    Column("blind", Integer, nullable=False, server_default="0"),
    Column("prechecked", Boolean, nullable=False, server_default=false()),
    Column("visible", Boolean),
    Column("touched", Boolean, nullable=False, server_default=false()),
    Column("first_asked_at", Instant),
    Column("result", Text, nullable=False, server_default=""),
    #: How it ended, in words.
    Column("evidence", Text, nullable=False, server_default=""),
    UniqueConstraint("delivery_id", "library_id", name="asks_delivery_library"),
    **NEVER_REUSED,
)
IS_UNENDED = asks.c.ended_at.is_(None)
# The next to be asked of a server, by rank; what has ended is left out.
Index("asks_open", asks.c.server, asks.c.rank, **partial_index(IS_UNENDED))
# Who else waits for this library and may share its scan.
Index("asks_open_library", asks.c.server, asks.c.library_id, **partial_index(IS_UNENDED))

#: How each path of an ask ended.
findings = Table(
    "findings",
    metadata,
    Column("ask_id", Integer, ForeignKey("asks.id", ondelete="CASCADE"), primary_key=True),
    Column("path", Text, primary_key=True),
    Column("result", Text, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("saw", Text, nullable=False),
    Column("at", Instant, nullable=False),
)

#: Which item of a server stands for which folder: learnt when it was found, so that the next look is one request.
known_items = Table(
    "known_items",
    metadata,
    Column("server", Text, primary_key=True),
    Column("library_id", Text, primary_key=True),
    Column("folder", Text, primary_key=True),
    Column("item", Text, nullable=False),
)

#: Libraries that were asked and are not yet seen idle: the primary key is what keeps two from holding one.
slots = Table(
    "slots",
    metadata,
    Column("server", Text, primary_key=True),
    Column("library_id", Text, primary_key=True),
    Column("scope", Text, nullable=False),
    Column("held_since", Instant, nullable=False),
)
