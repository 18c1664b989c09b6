"""What the closed loop remembers: the progress of each ask, its findings, and items learnt."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_COUNTERS = ("due_at", "scans", "looks", "requests", "blind")
_FLAGS = ("scope_is_root", "prechecked", "touched")


def upgrade() -> None:
    """Add the columns and tables; asks that were accepted have ended so."""
    op.add_column("deliveries", sa.Column("evidence", sa.Text, nullable=False, server_default=""))
    op.add_column("deliveries", sa.Column("ran_after", sa.Boolean, nullable=False, server_default=sa.false()))
    op.create_index("deliveries_ended", "deliveries", ["ended_at"], sqlite_where=sa.text("ended_at IS NOT NULL"))
    op.execute("ALTER TABLE asks RENAME COLUMN accepted_at TO ended_at")
    for name, value in (
        ("phase", "asking"),
        ("level", "folder"),
        ("result", ""),
        ("evidence", ""),
        ("scope_label", ""),
    ):
        op.add_column("asks", sa.Column(name, sa.Text, nullable=False, server_default=value))
    for name in _COUNTERS:
        kind = sa.BigInteger if name == "due_at" else sa.Integer
        op.add_column("asks", sa.Column(name, kind, nullable=False, server_default="0"))
    for name in _FLAGS:
        op.add_column("asks", sa.Column(name, sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("asks", sa.Column("visible", sa.Boolean))
    op.add_column("asks", sa.Column("first_asked_at", sa.BigInteger))
    op.execute("UPDATE asks SET result = 'accepted' WHERE ended_at IS NOT NULL")
    _findings()
    _known_items()


def _findings() -> None:
    op.create_table(
        "findings",
        sa.Column("ask_id", sa.Integer, sa.ForeignKey("asks.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("path", sa.Text, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("result", "evidence", "saw")),
        sa.Column("at", sa.BigInteger, nullable=False),
    )


def _known_items() -> None:
    op.create_table(
        "known_items",
        *(sa.Column(name, sa.Text, primary_key=True) for name in ("server", "library_id", "folder")),
        sa.Column("item", sa.Text, nullable=False),
    )
