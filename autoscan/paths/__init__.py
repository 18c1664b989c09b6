"""Paths as text: which flavour they have, what they cover, how they map, and which folder a change asks for.

Pure: nothing here looks at a file system. The paths of three machines (application, Autoscan, media server) meet here,
and none of them need be this one.
"""

from autoscan.paths.flavour import (
    Flavour,
    ancestors,
    clean,
    components,
    covers,
    flavour,
    join,
    key,
    name,
    parent,
)
from autoscan.paths.kinds import MEDIA_EXTENSIONS, is_media, is_photo, is_sidecar, kind_by_name, medium, scan_folder
from autoscan.paths.mapping import Mapped, Mappings, Rule
from autoscan.paths.nearest import alike, closest, no_library
from autoscan.paths.rules import IgnoreList, Priorities

__all__ = [
    "MEDIA_EXTENSIONS",
    "Flavour",
    "IgnoreList",
    "Mapped",
    "Mappings",
    "Priorities",
    "Rule",
    "alike",
    "ancestors",
    "clean",
    "closest",
    "components",
    "covers",
    "flavour",
    "is_media",
    "is_photo",
    "is_sidecar",
    "join",
    "key",
    "kind_by_name",
    "medium",
    "name",
    "no_library",
    "parent",
    "scan_folder",
]
