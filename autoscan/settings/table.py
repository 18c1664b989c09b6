"""Every setting in one table: loading, documents, sample and `.env.example` all follow from it.

A new setting is one row in a `rows_` module and its field in `values.Settings`; `make docs` does the rest.
"""

from autoscan.settings.rows_container import CONTAINER
from autoscan.settings.rows_google import GOOGLE
from autoscan.settings.rows_loop import AFTER, LOOP
from autoscan.settings.rows_main import MAIN
from autoscan.settings.rows_old import OLD
from autoscan.settings.rows_program import PROGRAM
from autoscan.settings.rows_watch import WATCH
from autoscan.settings.setting import Setting, Status

#: All settings, in the order of the documents.
DEFINITIONS: tuple[Setting, ...] = (*MAIN, *LOOP, *WATCH, *PROGRAM, *AFTER, *GOOGLE, *CONTAINER, *OLD)

#: The same by name.
BY_NAME = {setting.name: setting for setting in DEFINITIONS}

#: Settings with a value: all but the obsolete ones and mere other names.
VALUED = tuple(
    setting
    for setting in DEFINITIONS
    if setting.status is not Status.OBSOLETE and setting.into in ("", "MEDIA_SERVERS")
)

#: Keys that hold other settings.
GROUPS = frozenset(setting.top for setting in DEFINITIONS if setting.nested)


def names(setting: Setting) -> tuple[str, ...]:
    """Return all names of a setting, its own first; `NAME_FILE` is not among them."""
    others = (each.name for each in DEFINITIONS if each.status is Status.ALIAS and each.into == setting.name)
    return (setting.name, *(others if setting.name != "MEDIA_SERVERS" else ()))


def file_names(setting: Setting) -> tuple[str, ...]:
    """Return the names under which a file can be given that holds this secret."""
    return tuple(f"{name}_FILE" for name in names(setting)) if setting.secret else ()
