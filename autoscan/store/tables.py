"""What is kept: the tables and the indexes that keep each look-up the same at 100,000 rows as at ten.

States stand in conditions as literals, not as parameters: a partial index serves only a query that names its condition.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    false,
    literal_column,
)

from autoscan.model import DeliveryState, ScanState
from autoscan.store.dialect import NEVER_REUSED, Instant, partial_index

metadata = MetaData()


def is_state(column: Column[str], state: ScanState | DeliveryState) -> ColumnElement[bool]:
    """Return the condition that `column` is `state`, spelt so that a partial index on it is found."""
    return column == literal_column(f"'{state.value}'")


#: Every event as it came in.
events = Table(
    "events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("source", Text, nullable=False),
    Column("app", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("request_id", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("known", Boolean, nullable=False),
    **NEVER_REUSED,
)

#: One folder each; `key` is what two spellings of the folder have in common.
scans = Table(
    "scans",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("folder", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("whole", Boolean, nullable=False),
    Column("state", Text, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("source", Text, nullable=False),
    Column("request_id", Text, nullable=False),
    Column("requested_at", Instant, nullable=False),
    Column("last_requested_at", Instant, nullable=False),
    #: From when the longest delay counts: the first request, or the retry.
    Column("waiting_since", Instant, nullable=False),
    Column("due_at", Instant, nullable=False),
    #: Milliseconds: who comes first (see `claiming.rank`).
    Column("rank", BigInteger, nullable=False),
    Column("checks", Integer, nullable=False, default=0),
    Column("claimed_at", Instant),
    Column("next_check_at", Instant),
    Column("ended_at", Instant),
    Column("reason", Text, nullable=False, default=""),
    Column("code", Text, nullable=False, default=""),
    #: The later scan of a folder whose files were missing; no foreign key, it may be forgotten first.
    Column("revived_by", Integer),
    **NEVER_REUSED,
)

IS_WAITING = is_state(scans.c.state, ScanState.WAITING)
IS_CHECKING = is_state(scans.c.state, ScanState.CHECKING)
#: A scan that failed for want of files, and that no later event has taken up again.
IS_MISSING = (
    is_state(scans.c.state, ScanState.FAILED)
    & (scans.c.code == literal_column("'file_missing'"))
    & scans.c.revived_by.is_(None)
)
#: On its way: it waits, is checked, or is being delivered.
IS_OPEN = scans.c.ended_at.is_(None)
HAS_ENDED = scans.c.ended_at.is_not(None)
#: Not by `IS_OPEN`: the index for it would be taken instead, and its rows sorted.
IS_UNDER_WAY = scans.c.state.in_([literal_column("'checking'"), literal_column("'delivering'")])

# Only waiting rows merge: one of them per folder, whatever workers do at once. Scans under way do not count.
Index("scans_waiting_key", scans.c.key, unique=True, **partial_index(IS_WAITING))
# `claim` takes the first by rank ...
Index("scans_waiting_rank", scans.c.rank, **partial_index(IS_WAITING))
# ... among those that are due; with the rank in it, the table is not touched.
Index("scans_waiting_due", scans.c.due_at, scans.c.rank, **partial_index(IS_WAITING))
# The dispatcher asks several times a second whose files are to be looked at.
Index("scans_checking", scans.c.next_check_at, **partial_index(IS_CHECKING))
# A new event looks for failures of its folder to take up; all but a few failures are left out.
Index("scans_missing_key", scans.c.key, **partial_index(IS_MISSING))
# Retention reads the oldest that have ended.
Index("scans_ended", scans.c.ended_at, **partial_index(HAS_ENDED))
# Lists of what is open, besides those that wait: they have an index already.
Index("scans_under_way", scans.c.rank, **partial_index(IS_UNDER_WAY))
# Counting by state, and the newest of a state, for pages and the API. Two indexes with conditions of their own: one on
# the bare state would be taken for `state = 'waiting'` in place of all those above, and lead through every waiting row.
Index("scans_open", scans.c.ended_at, scans.c.state, **partial_index(IS_OPEN))
Index("scans_history", scans.c.state, scans.c.ended_at, **partial_index(HAS_ENDED))

#: Every path of an event and the scan that took it.
event_paths = Table(
    "event_paths",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("event_id", Integer, ForeignKey("events.id", ondelete="CASCADE"), nullable=False),
    Column("path", Text, nullable=False),
    Column("mapped", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("change", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("folder", Text, nullable=False),
    Column("scan_id", Integer, ForeignKey("scans.id", ondelete="SET NULL")),
)
Index("event_paths_event", event_paths.c.event_id)
# Without it, forgetting a scan would read every path.
Index("event_paths_scan", event_paths.c.scan_id, **partial_index(event_paths.c.scan_id.is_not(None)))

#: What a scan should bring about, one row per path; a later event about the same path replaces it.
expectations = Table(
    "expectations",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("scan_id", Integer, ForeignKey("scans.id", ondelete="CASCADE"), nullable=False),
    Column("path", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("change", Text, nullable=False),
    Column("size", BigInteger),
    Column("announced", Boolean, nullable=False),
    #: JSON, `""` if the event knew nothing.
    Column("hints", Text, nullable=False),
    #: When the event came in; where two scans join, the later one holds.
    Column("at", Instant, nullable=False),
    UniqueConstraint("scan_id", "key", name="expectations_scan_key"),
)

#: One scan at one server.
deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("scan_id", Integer, ForeignKey("scans.id", ondelete="CASCADE"), nullable=False),
    Column("server", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("created_at", Instant, nullable=False),
    Column("next_try_at", Instant, nullable=False),
    Column("rank", BigInteger, nullable=False),
    #: Its libraries are known and have an ask each.
    Column("routed", Boolean, nullable=False, default=False),
    Column("error", Text, nullable=False, default=""),
    Column("evidence", Text, nullable=False, default="", server_default=""),
    Column("ended_at", Instant),
    #: The command after the scan has run for it.
    Column("ran_after", Boolean, nullable=False, server_default=false()),
    UniqueConstraint("scan_id", "server", name="deliveries_scan_server"),
    **NEVER_REUSED,
)
IS_PENDING = is_state(deliveries.c.state, DeliveryState.PENDING)
IS_UNROUTED = IS_PENDING & ~deliveries.c.routed
# A lane asks several times a second what has no library yet; history is left out.
Index("deliveries_unrouted", deliveries.c.server, deliveries.c.rank, **partial_index(IS_UNROUTED))
# The newest results, for the command that follows them.
Index("deliveries_ended", deliveries.c.ended_at, **partial_index(deliveries.c.ended_at.is_not(None)))
# Who still waits for a server, when it leaves the configuration.
Index("deliveries_pending", deliveries.c.server, **partial_index(IS_PENDING))

servers = Table(
    "servers",
    metadata,
    Column("name", Text, primary_key=True),
    Column("paused_until", Instant),
    Column("failures", Integer, nullable=False, default=0),
    Column("reason", Text, nullable=False, default=""),
    Column("unauthorized", Boolean, nullable=False, default=False),
    Column("since", Instant),
    Column("prefix", Text, nullable=False, default=""),
    #: Paused by hand: by whom, and since when.
    Column("held_by", Text, nullable=False, server_default=""),
    Column("held_since", Instant),
    Column("probe_asked_at", Instant),
)

#: What each server said about itself, so that no page has to ask it.
server_facts = Table(
    "server_facts",
    metadata,
    Column("server", Text, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("version", Text, nullable=False),
    Column("name", Text, nullable=False),
    #: JSON: a list of {id, title, type, roots}.
    Column("libraries", Text, nullable=False),
)

#: When each line of a mapping table was used last, or came to be known.
mapping_uses = Table(
    "mapping_uses",
    metadata,
    Column("name", Text, primary_key=True),
    Column("used_at", Instant, nullable=False),
)

#: Folders that media lie below, and whether they were there at the last look.
roots = Table(
    "roots",
    metadata,
    Column("path", Text, primary_key=True),
    Column("seen_at", Instant, nullable=False),
    Column("lost_since", Instant),
)

#: The history of scans and deliveries.
transitions = Table(
    "transitions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("scan_id", Integer, ForeignKey("scans.id", ondelete="CASCADE"), nullable=False),
    #: No foreign key: a retry replaces the delivery, its history stays.
    Column("delivery_id", Integer),
    Column("server", Text, nullable=False, default=""),
    Column("old", Text, nullable=False),
    Column("new", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("request_id", Text, nullable=False),
)
Index("transitions_scan", transitions.c.scan_id)

#: Single things worth remembering, e.g. that the old queue was read.
facts = Table(
    "facts",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
# Retention reads the oldest events.
Index("events_at", events.c.at)

#: What was answered to a request that names itself by an `Idempotency-Key`, for a day.
answers = Table(
    "answers",
    metadata,
    Column("key", Text, primary_key=True),
    Column("at", Instant, nullable=False),
    #: Of the request: the same key must not stand for another one.
    Column("digest", Text, nullable=False),
    Column("answer", Text, nullable=False),
)
# Each new answer forgets those of yesterday.
Index("answers_at", answers.c.at)
