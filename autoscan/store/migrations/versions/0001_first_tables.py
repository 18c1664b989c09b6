"""The tables of 3.0. This is how they began: it repeats them, and never follows `autoscan.store.tables`."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

NEVER_REUSED = {"sqlite_autoincrement": True}


def upgrade() -> None:
    """Make the tables and their indexes."""
    _events()
    _scans()
    _event_paths()
    _expectations()
    _deliveries()
    _asks()
    _servers()
    _transitions()
    _others()
    _indexes_of_scans()
    _other_indexes()


def _text(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Text, nullable=False)


def _whole(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Integer, nullable=False)


def _flag(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Boolean, nullable=False)


def _instant(name: str) -> sa.Column[Any]:
    """Return a column for milliseconds since 1970."""
    return sa.Column(name, sa.BigInteger, nullable=False)


def _maybe_instant(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger)


def _id() -> sa.Column[Any]:
    return sa.Column("id", sa.Integer, primary_key=True)


def _events() -> None:
    op.create_table(
        "events",
        _id(),
        _instant("at"),
        *map(_text, ("source", "app", "type", "request_id", "body", "note")),
        _flag("known"),
        **NEVER_REUSED,
    )


def _scans() -> None:
    op.create_table(
        "scans",
        _id(),
        _text("folder"),
        _text("key"),
        _flag("whole"),
        _text("state"),
        _whole("priority"),
        _text("source"),
        _text("request_id"),
        *map(_instant, ("requested_at", "last_requested_at", "waiting_since", "due_at", "rank")),
        _whole("checks"),
        *map(_maybe_instant, ("claimed_at", "next_check_at", "ended_at")),
        _text("reason"),
        _text("code"),
        sa.Column("revived_by", sa.Integer),
        **NEVER_REUSED,
    )


def _event_paths() -> None:
    op.create_table(
        "event_paths",
        _id(),
        sa.Column("event_id", sa.Integer, sa.ForeignKey("events.id", ondelete="CASCADE"), nullable=False),
        *map(_text, ("path", "mapped", "kind", "change", "outcome", "detail", "folder")),
        sa.Column("scan_id", sa.Integer, sa.ForeignKey("scans.id", ondelete="SET NULL")),
    )


def _expectations() -> None:
    op.create_table(
        "expectations",
        _id(),
        sa.Column("scan_id", sa.Integer, sa.ForeignKey("scans.id", ondelete="CASCADE"), nullable=False),
        *map(_text, ("path", "key", "kind", "change")),
        sa.Column("size", sa.BigInteger),
        _flag("announced"),
        _text("hints"),
        _instant("at"),
        sa.UniqueConstraint("scan_id", "key", name="expectations_scan_key"),
    )


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        _id(),
        sa.Column("scan_id", sa.Integer, sa.ForeignKey("scans.id", ondelete="CASCADE"), nullable=False),
        _text("server"),
        _text("state"),
        _whole("attempts"),
        *map(_instant, ("created_at", "next_try_at", "rank")),
        _flag("routed"),
        _text("error"),
        _maybe_instant("ended_at"),
        sa.UniqueConstraint("scan_id", "server", name="deliveries_scan_server"),
        **NEVER_REUSED,
    )


def _asks() -> None:
    op.create_table(
        "asks",
        _id(),
        sa.Column("delivery_id", sa.Integer, sa.ForeignKey("deliveries.id", ondelete="CASCADE"), nullable=False),
        *map(_text, ("server", "library_id", "folder")),
        _instant("rank"),
        _text("scope"),
        _maybe_instant("accepted_at"),
        sa.UniqueConstraint("delivery_id", "library_id", name="asks_delivery_library"),
        **NEVER_REUSED,
    )


def _servers() -> None:
    op.create_table(
        "servers",
        sa.Column("name", sa.Text, primary_key=True),
        _maybe_instant("paused_until"),
        _whole("failures"),
        _text("reason"),
        _flag("unauthorized"),
        _maybe_instant("since"),
        _text("prefix"),
    )


def _transitions() -> None:
    op.create_table(
        "transitions",
        _id(),
        _instant("at"),
        sa.Column("scan_id", sa.Integer, sa.ForeignKey("scans.id", ondelete="CASCADE"), nullable=False),
        sa.Column("delivery_id", sa.Integer),
        *map(_text, ("server", "old", "new", "reason", "request_id")),
    )


def _others() -> None:
    op.create_table(
        "slots",
        sa.Column("server", sa.Text, primary_key=True),
        sa.Column("library_id", sa.Text, primary_key=True),
        _text("scope"),
        _instant("held_since"),
    )
    op.create_table(
        "roots", sa.Column("path", sa.Text, primary_key=True), _instant("seen_at"), _maybe_instant("lost_since")
    )
    op.create_table("facts", sa.Column("key", sa.Text, primary_key=True), _text("value"))


def _index(name: str, table: str, columns: list[str], where: str, *, unique: bool = False) -> None:
    op.create_index(name, table, columns, unique=unique, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def _indexes_of_scans() -> None:
    waiting = "state = 'waiting'"
    _index("scans_waiting_key", "scans", ["key"], waiting, unique=True)
    _index("scans_waiting_rank", "scans", ["rank"], waiting)
    _index("scans_waiting_due", "scans", ["due_at", "rank"], waiting)
    _index("scans_checking", "scans", ["next_check_at"], "state = 'checking'")
    missing = "state = 'failed' AND code = 'file_missing' AND revived_by IS NULL"
    _index("scans_missing_key", "scans", ["key"], missing)
    _index("scans_ended", "scans", ["ended_at"], "ended_at IS NOT NULL")
    _index("scans_open", "scans", ["ended_at", "state"], "ended_at IS NULL")
    _index("scans_history", "scans", ["state", "ended_at"], "ended_at IS NOT NULL")


def _other_indexes() -> None:
    op.create_index("events_at", "events", ["at"])
    op.create_index("event_paths_event", "event_paths", ["event_id"])
    _index("event_paths_scan", "event_paths", ["scan_id"], "scan_id IS NOT NULL")
    _index("deliveries_pending", "deliveries", ["server"], "state = 'pending'")
    pending_unrouted = "state = 'pending' AND routed = 0"
    _index("deliveries_unrouted", "deliveries", ["server", "rank"], pending_unrouted)
    _index("asks_open", "asks", ["server", "rank"], "accepted_at IS NULL")
    _index("asks_open_library", "asks", ["server", "library_id"], "accepted_at IS NULL")
    op.create_index("transitions_scan", "transitions", ["scan_id"])
