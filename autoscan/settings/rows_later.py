"""The settings of the family's features that this version accepts and later ones bring; see `table.py`.

An issue that brings a feature changes one word: the status of its feature below, to USED.
"""

from typing import Any

from autoscan.settings.setting import Group, Setting, Status, Type

_STATUS = {
    Group.CONTAINER: Status.LATER,
}


def _row(group: Group, name: str, kind: Type, default: Any, text: str, **more: Any) -> Setting:
    return Setting(name=name, type=kind, default=default, help=text, group=group, status=_STATUS[group], **more)


LATER = (
    _row(Group.CONTAINER, "PUID", Type.STR, "", "User id to run as, in a container.", in_file=False, switch=True),
    _row(Group.CONTAINER, "PGID", Type.STR, "", "Group id to run as, in a container.", in_file=False, switch=True),
)
