"""What people decide: pauses by hand, who did what, what a server said about itself."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what is remembered of each server."""
    op.add_column("servers", sa.Column("held_by", sa.Text, nullable=False, server_default=""))
    op.add_column("servers", sa.Column("held_since", sa.BigInteger))
    op.add_column("servers", sa.Column("probe_asked_at", sa.BigInteger))
    op.create_table(
        "server_facts",
        sa.Column("server", sa.Text, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("version", "name", "libraries")),
    )
    op.create_table(
        "mapping_uses",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("used_at", sa.BigInteger, nullable=False),
    )
    _answers()
    _attempts()


def _answers() -> None:
    """Add what was answered to requests that may be sent again."""
    op.create_table(
        "answers",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("digest", "answer")),
    )
    op.create_index("answers_at", "answers", ["at"])


def _attempts() -> None:
    """Add failed log-ins by address."""
    op.create_table(
        "attempts",
        sa.Column("who", sa.Text, primary_key=True),
        sa.Column("failures", sa.Integer, nullable=False),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("last_at", "closed_until")),
    )
