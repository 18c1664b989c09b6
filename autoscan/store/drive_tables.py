"""The tables of the Google Drive monitor: how far each drive was read, and where each of its files was."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    false,
    true,
)

from autoscan.store.dialect import Instant, partial_index
from autoscan.store.tables import metadata

#: A row per drive, also of one that is watched no more: its place in the log of changes is worth keeping.
drives = Table(
    "drives",
    metadata,
    Column("drive", Text, primary_key=True),
    Column("name", Text, nullable=False, server_default=""),
    Column("root", Text, nullable=False, server_default=""),
    Column("page_token", Text, nullable=False, server_default=""),
    Column("polled_at", Instant),
    Column("problem", Text, nullable=False, server_default=""),
    Column("since", Instant),
    Column("walk", Text, nullable=False, server_default=""),
    Column("walk_token", Text, nullable=False, server_default=""),
    Column("round", Integer, nullable=False, server_default="1"),
    Column("walked", Integer, nullable=False, server_default="0"),
    Column("lost_at", Instant),
    Column("complete", Boolean, nullable=False, server_default=false()),
    Column("build_token", Text, nullable=False, server_default=""),
    Column("built", Integer, nullable=False, server_default="0"),
    Column("watched", Boolean, nullable=False, server_default=true()),
)

#: A file or folder as it was last told of.
drive_files = Table(
    "drive_files",
    metadata,
    Column("id", Text, primary_key=True),
    Column("drive", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("mime", Text, nullable=False),
    Column("md5", Text, nullable=False),
    Column("size", BigInteger),
    Column("trashed", Boolean, nullable=False),
    Column("listed_at", Instant),
    #: The listing that saw it last (see `DriveState.round`).
    Column("round", Integer, nullable=False),
    #: A folder that was deleted; what the cache has below it goes little by little.
    Column("gone", Boolean, nullable=False, server_default=false()),
)
IS_GONE = drive_files.c.gone
# What a listing of a whole drive did not see.
Index("drive_files_round", drive_files.c.drive, drive_files.c.round)
# The next deleted folder to be cleared; there are few.
Index("drive_files_gone", drive_files.c.gone, **partial_index(IS_GONE))

#: The folders that hold each file: one today, several in old drives.
drive_places = Table(
    "drive_places",
    metadata,
    Column("file_id", Text, ForeignKey("drive_files.id", ondelete="CASCADE"), primary_key=True),
    Column("parent_id", Text, primary_key=True),
    #: The file's name once more: Drive allows two files of one name in a folder, which are one path on a mount.
    Column("name", Text, nullable=False),
)
Index("drive_places_parent", drive_places.c.parent_id, drive_places.c.name)

#: What rclone made of encrypted paths; the oldest are forgotten.
drive_names = Table(
    "drive_names",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("remote", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("decoded", Text, nullable=False),
    UniqueConstraint("remote", "name", name="drive_names_remote_name"),
)
