"""How the tables came to be: every step applies, nothing is lost, and a newer database is left alone."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, inspect, text

from autoscan.errors import StoreUnavailableError, StoreVersionError
from autoscan.store import Queue, Store
from autoscan.store.connections import open_engine
from autoscan.store.migrating import MIGRATIONS, migrate
from autoscan.store.migrations import HEAD
from autoscan.store.tables import metadata
from tests.clocks import VirtualClock
from tests.queues import add_id, claimed, known, opened, paths_of

#: A later migration, which rebuilds the table that most others refer to.
LATER = """
from alembic import op
import sqlalchemy as sa

revision = "{revision}"
down_revision = "{before}"


def upgrade() -> None:
    with op.batch_alter_table("scans") as scans:
        scans.add_column(sa.Column("note", sa.Text, nullable=False, server_default="none"))
        scans.alter_column("reason", existing_type=sa.Text, nullable=True)
    {more}
"""


@pytest.fixture
def store(tmp_path: Path, clock: VirtualClock) -> Iterator[Store]:
    with opened(tmp_path / "data", clock) as (store, _):
        yield store


@pytest.fixture
def engine(store: Store) -> Iterator[Engine]:
    engine = open_engine(store.path, busy_timeout=1, wal=True)
    yield engine
    engine.dispose()


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    """Return a copy of the migrations that a test may add to."""
    copy = tmp_path / "100% mine"
    shutil.copytree(MIGRATIONS, copy, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


def structure(engine: Engine) -> tuple[dict[str, object], dict[str, str]]:
    """Return what the database says of its tables, the order of columns left out, and of its indexes."""
    found = inspect(engine)
    tables: dict[str, object] = {
        name: (
            {column["name"]: (str(column["type"]), column["nullable"]) for column in found.get_columns(name)},
            found.get_pk_constraint(name)["constrained_columns"],
            sorted((key["name"], tuple(key["column_names"])) for key in found.get_unique_constraints(name)),
            sorted(str(key) for key in found.get_foreign_keys(name)),
        )
        for name in found.get_table_names()
        # SQLite makes tables of its own for each of its full-text indexes.
        if name != "alembic_version" and not name.startswith(("scan_words", "event_words"))
    }
    with engine.connect() as connection:
        indexes = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql > ''"))
        return tables, {name: " ".join(sql.replace('"', "").split()) for name, sql in indexes}


def test_the_newest_migration_is_the_one_that_workers_look_for() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD


def test_migrations_make_the_tables_that_the_queue_works_with(engine: Engine) -> None:
    expected = create_engine("sqlite://")
    metadata.create_all(expected)
    assert structure(engine) == structure(expected)
    expected.dispose()


def test_ids_are_never_given_twice(engine: Engine) -> None:
    with engine.connect() as connection:
        made = connection.execute(text("SELECT name FROM sqlite_master WHERE sql LIKE '%AUTOINCREMENT%'")).scalars()
        assert set(made) == {"asks", "deliveries", "events", "scans"}


def test_upgrading_keeps_every_row(store: Store, engine: Engine, scripts: Path, clock: VirtualClock) -> None:
    queue = Queue(store)
    scan_id = add_id(queue, clock, "/tv", files=["a", "b"], delay=0)
    queue.deliver(claimed(queue).id, ["plex"])
    steps = queue.transitions(scan_id)
    (scripts / "versions" / "later.py").write_text(LATER.format(revision="later", before=HEAD, more="pass"))
    migrate(engine, scripts, "later")
    scan = known(queue, scan_id)
    assert paths_of(scan) == {"/tv/a", "/tv/b"}
    assert queue.transitions(scan_id) == steps
    assert [delivery.server for delivery in queue.deliveries(scan_id)] == ["plex"]
    with store.read() as connection:
        assert connection.execute(text("SELECT note FROM scans")).scalar() == "none"
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == "later"
        assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ("raise RuntimeError('stumbled')", RuntimeError),
        (
            "op.execute('UPDATE transitions SET scan_id = 99')",
            StoreUnavailableError,
        ),
    ],
    ids=["an error", "a broken reference"],
)
def test_a_migration_that_fails_changes_nothing(
    store: Store, engine: Engine, scripts: Path, clock: VirtualClock, more: str, error: type[Exception]
) -> None:
    scan_id = add_id(Queue(store), clock, "/tv", files=["a"])
    before = structure(engine)
    (scripts / "versions" / "later.py").write_text(LATER.format(revision="later", before=HEAD, more=more))
    with pytest.raises(error):
        migrate(engine, scripts, "later")
    assert structure(engine) == before
    assert paths_of(known(Queue(store), scan_id)) == {"/tv/a"}
    store.prepare()


def test_a_database_from_a_newer_version_is_left_alone_and_says_what_to_do(store: Store) -> None:
    with store.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreVersionError, match="start that newer Autoscan again"):
        store.prepare()
    with store.read() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == "9999"
