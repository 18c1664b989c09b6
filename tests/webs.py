"""A whole Autoscan behind Flask's test client: real settings from a file, a real database, a clock to turn."""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from weakref import WeakSet

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from autoscan import settings, wiring
from autoscan.store import Store
from autoscan.web import create_app
from tests.clocks import VirtualClock

SECRET = "correct-horse-battery"
#: What tests opened and still hold, to be closed after each.
_apps: WeakSet[Flask] = WeakSet()


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """An application that a test may call, and what is behind it."""

    autoscan: wiring.Autoscan
    app: Flask
    client: FlaskClient
    clock: VirtualClock

    def rows(self, statement: str) -> list[dict[str, Any]]:
        """Return what the database holds."""
        with self.autoscan.store.read() as connection:
            return [dict(row) for row in connection.execute(text(statement)).mappings()]

    def folders(self) -> list[str]:
        """Return the folders of all scans, in the order in which they were asked for."""
        return [row["folder"] for row in self.rows("SELECT folder FROM scans ORDER BY id")]

    def events(self) -> list[dict[str, Any]]:
        """Return the events as stored."""
        return self.rows("SELECT * FROM events ORDER BY id")


def build(folder: Path, *, environ: Mapping[str, str] | None = None, **config: Any) -> Site:
    """Return a site whose config.json in `folder` holds `config`; SERVER_PASS is `SECRET` unless it says otherwise."""
    folder.mkdir(parents=True, exist_ok=True)
    written = {"SERVER_PASS": SECRET, "SERVER_ALLOW_MANUAL_SCAN": True, "SERVER_SCAN_DELAY": 30, **config}
    (folder / "config.json").write_text(json.dumps(written))
    options = {"config": str(folder / "config.json"), "queuefile": str(folder / "queue.db")}
    loaded = settings.load(options, environ=environ or {}, cwd=folder)
    database = folder / "autoscan.db"
    if not database.exists():
        database.write_bytes(_empty_database())
    autoscan = wiring.build(loaded.settings, VirtualClock(), warnings=loaded.warnings, origins=loaded.origins)
    autoscan.store.prepare()
    return serve(autoscan)


def serve(autoscan: wiring.Autoscan) -> Site:
    """Return a site over `autoscan`, whose clock is a virtual one."""
    app = create_app(autoscan)
    _apps.add(app)
    clock = autoscan.clock
    assert isinstance(clock, VirtualClock)
    return Site(autoscan=autoscan, app=app, client=app.test_client(), clock=clock)


def close_all() -> None:
    """Close what sites have open; one that is used again opens itself again."""
    for app in _apps:
        app.extensions["autoscan"].close()


@cache
def _empty_database() -> bytes:
    """Return a database with its tables and nothing in them: to make one takes longer than most tests."""
    with TemporaryDirectory() as folder:
        store = Store(Path(folder) / "autoscan.db", VirtualClock())
        store.prepare()
        store.dispose()
        return store.path.read_bytes()


def basic(password: str, *, user: str = "anybody", encoding: str = "utf-8") -> dict[str, str]:
    """Return the header that a caller with `user:password` sends."""
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode(encoding)).decode()}


def token(client: FlaskClient, page: str = "/login") -> str:
    """Return the CSRF token in the form of `page`, whose cookie `client` now holds."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get(page).text)
    assert found, page
    return found[1]


def sign_in(client: FlaskClient, password: str = SECRET) -> None:
    """Log in as a person does."""
    answer = client.post("/login", data={"csrf_token": token(client), "password": password})
    assert answer.status_code == 303, answer.text
