"""Read the settings that the command line, the environment and the files give together."""

import logging
from argparse import Namespace

from autoscan import logs, settings
from autoscan.cli.parser import OPTIONS
from autoscan.settings import Loaded

log = logging.getLogger(__name__)


def given(arguments: Namespace) -> dict[str, str]:
    """Return the options that were typed."""
    return {name: value for name in OPTIONS if (value := getattr(arguments, name, None)) is not None}


def read(arguments: Namespace) -> Loaded:
    """Return the settings, set the log up, and write the warnings to it. Raises SettingsError."""
    loaded = settings.load(given(arguments))
    logs.setup(loaded.settings)
    for warning in loaded.warnings:
        log.warning("%s", warning)
    return loaded
