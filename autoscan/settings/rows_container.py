"""The settings that only the container's first process reads, before there is an Autoscan; see `table.py`."""

from autoscan.settings.setting import Group, Setting, Type

#: The largest id that Linux gives to anybody.
_LARGEST = 4_294_967_294


def _id(name: str, what: str) -> Setting:
    text = f"{what} id that a container started as root goes on as; docker-compose.yml starts it as that one at once."
    return Setting(
        name=name,
        type=Type.INT,
        default=1000,
        high=_LARGEST,
        in_file=False,
        group=Group.CONTAINER,
        help=f"{text} It counts in the real environment only, and without a container not at all.",
    )


CONTAINER = (_id("PUID", "User"), _id("PGID", "Group"))
