"""What people decide: pauses by hand, who did what, what a server said about itself."""

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add nothing yet."""
