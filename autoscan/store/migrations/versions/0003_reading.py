"""What pages read: search, charts, and orders that stay fast."""

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add nothing yet."""
