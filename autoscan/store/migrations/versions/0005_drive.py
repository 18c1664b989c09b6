"""What the Google Drive monitor remembers."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the drives, the cache of their files, and the names that rclone decoded."""
    _drives()
    _files()
    op.create_table(
        "drive_names",
        sa.Column("id", sa.Integer, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("remote", "name", "decoded")),
        sa.UniqueConstraint("remote", "name", name="drive_names_remote_name"),
    )


def _drives() -> None:
    op.create_table(
        "drives",
        sa.Column("drive", sa.Text, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False, server_default="") for name in ("name", "root", "page_token")),
        sa.Column("polled_at", sa.BigInteger),
        sa.Column("problem", sa.Text, nullable=False, server_default=""),
        sa.Column("since", sa.BigInteger),
        *(
            sa.Column(name, sa.Text, nullable=False, server_default="")
            for name in ("walk", "walk_token", "build_token")
        ),
        sa.Column("round", sa.Integer, nullable=False, server_default="1"),
        *(sa.Column(name, sa.Integer, nullable=False, server_default="0") for name in ("walked", "built")),
        sa.Column("lost_at", sa.BigInteger),
        sa.Column("complete", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("watched", sa.Boolean, nullable=False, server_default=sa.true()),
    )


def _files() -> None:
    op.create_table(
        "drive_files",
        sa.Column("id", sa.Text, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("drive", "name", "mime", "md5")),
        sa.Column("size", sa.BigInteger),
        sa.Column("trashed", sa.Boolean, nullable=False),
        sa.Column("listed_at", sa.BigInteger),
        sa.Column("round", sa.Integer, nullable=False),
        sa.Column("gone", sa.Boolean, nullable=False, server_default=sa.false()),
    )
    op.create_index("drive_files_round", "drive_files", ["drive", "round"])
    op.create_index("drive_files_gone", "drive_files", ["gone"], sqlite_where=sa.text("gone"))
    op.create_table(
        "drive_places",
        sa.Column("file_id", sa.Text, sa.ForeignKey("drive_files.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("parent_id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
    )
    op.create_index("drive_places_parent", "drive_places", ["parent_id", "name"])
