"""What metrics and notices remember."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the figures that only grow, the problems that last, and the messages that are not yet sent."""
    op.create_table(
        "counters",
        *(sa.Column(name, sa.Text, primary_key=True) for name in ("name", "subject", "label")),
        sa.Column("value", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "notices",
        sa.Column("key", sa.Text, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("event", "subject")),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("told_at", sa.BigInteger),
    )
    op.create_table(
        "messages",
        sa.Column("id", sa.Integer, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("target", "event", "title", "body")),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("next_try_at", sa.BigInteger, nullable=False),
    )
