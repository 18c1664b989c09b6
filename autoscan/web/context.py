"""The `Autoscan` that the running application serves."""

from typing import cast

from flask import current_app

from autoscan.wiring import Autoscan


def here() -> Autoscan:
    """Return what `create_app` was given."""
    return cast("Autoscan", current_app.extensions["autoscan"])


def secret() -> str:
    """Return the SERVER_PASS in clear, to be compared or to be put into a link for those who know it."""
    return here().settings.server_pass.reveal()
