"""Names, types, defaults, help and checks of every setting; the only room that reads the environment."""

from autoscan.settings.configfile import add_missing, ensure_config
from autoscan.settings.environ import plain_environ
from autoscan.settings.loading import Loaded, config_path, first_config, load, places
from autoscan.settings.setting import Group, Setting, Status, Type
from autoscan.settings.showing import Shown, shown
from autoscan.settings.stamp import Stamps, stamp
from autoscan.settings.table import DEFINITIONS
from autoscan.settings.values import (
    ROUTE_NAMES,
    SAMPLE_PASS,
    MediaServer,
    NotifyTarget,
    Secret,
    Settings,
    SourceSettings,
)

__all__ = [
    "DEFINITIONS",
    "ROUTE_NAMES",
    "SAMPLE_PASS",
    "Group",
    "Loaded",
    "MediaServer",
    "NotifyTarget",
    "Secret",
    "Setting",
    "Settings",
    "Shown",
    "SourceSettings",
    "Stamps",
    "Status",
    "Type",
    "add_missing",
    "config_path",
    "ensure_config",
    "first_config",
    "load",
    "places",
    "plain_environ",
    "shown",
    "stamp",
]
