"""The settings as Gunicorn's arbiter reads them, at the start and again for each reload."""

import logging
import sys
from dataclasses import replace

from autoscan import settings
from autoscan.errors import SettingsError
from autoscan.settings import Loaded, Settings

log = logging.getLogger(__name__)

#: What a reload leaves as it is: the listening socket stays, and so does the database. With the name of each setting.
FIXED = {"server_ip": "SERVER_IP", "server_port": "SERVER_PORT", "queue_file": "PLEX_AUTOSCAN_QUEUEFILE"}


class Configuration:
    """The settings as the arbiter read them last; workers inherit them by the fork, so that all have the same.

    At the start a mistake ends the program; on a reload it is reported, and what was there stays.
    """

    def __init__(self) -> None:
        self.loaded: Loaded | None = None
        #: Of the files as they were read last, whether that went well or not; see `settings.stamp`.
        self.stamp = ""
        self._good: Loaded | None = None

    def read(self) -> Settings:
        """Read the settings, and return those that are in force from now on."""
        if self._good is None:
            self.loaded = self._good = _first()
        else:
            self.loaded = self._again(self._good)
        # To read may write a SERVER_PASS that was missing.
        self.stamp = settings.stamp()
        return self.loaded.settings

    def _again(self, good: Loaded) -> Loaded:
        try:
            found = settings.load()
        except Exception as error:  # noqa: BLE001 - whatever it is, the port has to answer
            return _kept(good, error)
        self._good = _with_fixed(good.settings, found)
        return self._good


def _first() -> Loaded:
    try:
        return settings.load()
    except (SettingsError, OSError) as error:
        sys.stderr.write("".join(f"{line}\n" for line in str(error).splitlines()))
        sys.exit(2)


def _kept(good: Loaded, error: Exception) -> Loaded:
    """Return what was in force, with a warning that lasts until the next reload."""
    lines = str(error).splitlines() or [type(error).__name__]
    for line in lines:
        log.error("%s", line)
    log.error("the new configuration cannot be used; the last good one stays in force")
    return replace(good, warnings=(*good.warnings, unusable("; ".join(lines))))


def unusable(why: str) -> str:
    """Return the warning about a configuration that is not in force."""
    return f"the configuration was changed and cannot be used, so the last good one stays in force: {why}"


def _with_fixed(old: Settings, found: Loaded) -> Loaded:
    """Return `found` with what a reload cannot change as it was; say so, if it was to change."""
    new = found.settings
    changed = [name for field, name in FIXED.items() if getattr(old, field) != getattr(new, field)]
    if not changed:
        return found
    text = f"restart Autoscan for a changed {' and '.join(changed)} to take effect"
    log.warning("%s", text)
    kept = {field: getattr(old, field) for field in (*FIXED, "old_queue_files")}
    return replace(found, settings=replace(new, **kept), warnings=(*found.warnings, text))


#: Gunicorn runs its configuration file anew for each reload; what has to outlast that stands here.
current = Configuration()
