"""What pages read: search, charts, and orders that stay fast."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

INDEX = """
    CREATE VIRTUAL TABLE {table} USING fts5 (
        tokens, item UNINDEXED,
        tokenize = "ascii tokenchars '='", prefix = '3 4 5 6 7', detail = none, columnsize = 0
    )
"""
#: A number that no earlier database of this place had, so that nothing remembered of that one is taken for new.
FIRST_MARK = "INSERT INTO marks VALUES ('change', abs(random() % 1000000000000))"
TOTALS = "INSERT INTO marks SELECT 'ended:' || state, count(*) FROM scans WHERE ended_at IS NOT NULL GROUP BY state"


def upgrade() -> None:
    """Add the indexes of words, the periods of charts, and the marks; what has ended before is listed by the leader."""
    for table in ("scan_words", "event_words"):
        op.execute(INDEX.format(table=table))
    op.create_table("marks", _name(), sa.Column("number", sa.BigInteger, nullable=False))
    op.execute(FIRST_MARK)
    op.execute("INSERT INTO marks VALUES ('events_listed', 0)")
    op.execute(TOTALS)
    op.create_table("sources", _name(), sa.Column("seen_at", sa.BigInteger, nullable=False))
    op.create_table(
        "unlisted",
        sa.Column("scan_id", sa.Integer, sa.ForeignKey("scans.id", ondelete="CASCADE"), primary_key=True),
    )
    op.execute("INSERT INTO unlisted SELECT id FROM scans WHERE ended_at IS NOT NULL")
    _periods()
    under_way = sa.text("state IN ('checking', 'delivering')")
    op.create_index("scans_under_way", "scans", ["rank"], sqlite_where=under_way, postgresql_where=under_way)


def _name() -> sa.Column[str]:
    return sa.Column("name", sa.Text, primary_key=True)


def _periods() -> None:
    op.create_table(
        "periods",
        sa.Column("length", sa.Integer, primary_key=True),
        sa.Column("start", sa.BigInteger, primary_key=True),
        *(sa.Column(name, sa.Text, primary_key=True) for name in ("server", "kind")),
        sa.Column("seconds", sa.Integer, primary_key=True),
        sa.Column("number", sa.Integer, nullable=False),
    )
