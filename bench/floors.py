"""The floors: the least a Flask application could do with a webhook, with and without a durable row.

Run under the same Gunicorn settings as Autoscan: `gunicorn bench.floors:bare` and `bench.floors:durable`, the latter
with `FLOOR_DATABASE` naming its SQLite file.
"""

import os
import sqlite3
import threading

from flask import Flask, request

bare = Flask("bare")
durable = Flask("durable")
_local = threading.local()


@bare.post("/<secret>")
def take(secret: str) -> str:
    """Parse the body and forget it."""
    request.get_json()
    return "OK" if secret else ""


@durable.post("/<secret>")
def keep(secret: str) -> str:
    """Parse the body and commit it, fsynced, as one row."""
    request.get_json()
    connection = _connection()
    with connection:
        connection.execute("INSERT INTO events (body) VALUES (?)", (request.get_data(),))
    return "OK" if secret else ""


def _connection() -> sqlite3.Connection:
    if not hasattr(_local, "connection"):
        _local.connection = sqlite3.connect(os.environ["FLOOR_DATABASE"], timeout=10)  # noqa: TID251 - no settings here
        _local.connection.execute("PRAGMA journal_mode=WAL")
        _local.connection.execute("PRAGMA synchronous=FULL")
        _local.connection.execute("CREATE TABLE IF NOT EXISTS events (id INTEGER PRIMARY KEY, body BLOB)")
    connection: sqlite3.Connection = _local.connection
    return connection
