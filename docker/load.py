"""Load every module of Autoscan and what those load when they are needed, so that Python writes their byte code."""

import importlib
import pkgutil
import sys

#: Packages that are loaded in the middle of functions, where they are used.
LATE = (
    "apispec.ext.marshmallow",
    "apprise",
    "alembic.command",
    "concurrent_log_handler",
    "google.oauth2.credentials",
    "google.oauth2.service_account",
    "google_auth_httplib2",
    "google_auth_oauthlib.flow",
    "googleapiclient.discovery",
    "gunicorn.app.wsgiapp",
    "gunicorn.workers.gthread",
    "prometheus_client.multiprocess",
    "rich.live",
    "rich.progress",
    "rich.table",
    "sqlalchemy.dialects.sqlite",
)


def main() -> None:
    """Load them all; what cannot be loaded ends the build."""
    sys.path.insert(0, sys.argv[1])
    package = importlib.import_module("autoscan")
    for module in pkgutil.walk_packages(package.__path__, "autoscan."):
        if ".migrations.env" not in module.name:  # Alembic runs it
            importlib.import_module(module.name)
    for name in LATE:
        importlib.import_module(name)


if __name__ == "__main__":
    main()
