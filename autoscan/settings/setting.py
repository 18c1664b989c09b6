"""What is known of one setting: its name, type, default and help, and whether this version acts on it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Type(StrEnum):
    """What a value is; the member's text is how the documents call it."""

    STR = "text"
    CHOICE = "choice"
    BOOL = "true/false"
    INT = "whole number"
    URL = "URL"
    PATH = "path"
    LIST = "list of texts"
    #: One text with commas, or a list.
    COMMAS = "texts with commas"
    MAPPING = "{to: [from, ...]}"
    PRIORITIES = '{"number": [part of a path, ...]}'
    SERVERS = "list of servers"
    SOURCES = "{name: {...}}"
    #: Also a plain list, which holds for every path.
    ANCHORS = "{path: [file or folder, ...]}"
    NETWORKS = "addresses with commas"
    #: `/autoscan`, of a URL.
    BASE = "path of a URL"
    #: True: all of them.
    SOME = "true/false, or names with commas"
    FOLDERS = "list of whole paths"
    NOTIFY = "list of URLs, or of {URL, EVENTS}"
    #: Whatever it is, nobody reads it.
    ANY = "anything"


#: From the environment these are JSON; the others are the text itself.
STRUCTURED = frozenset({Type.MAPPING, Type.PRIORITIES, Type.SERVERS, Type.SOURCES, Type.ANCHORS})
#: From the environment these are JSON where they begin with a bracket.
LISTED = frozenset({Type.LIST, Type.COMMAS, Type.NETWORKS, Type.SOME, Type.FOLDERS, Type.NOTIFY})


class Status(StrEnum):
    """What this version does with a setting."""

    USED = "used"
    #: Accepted; a warning says what replaces it, or that nothing does.
    OBSOLETE = "obsolete"
    #: Another name of, or a part of, the setting named in `into`.
    ALIAS = "alias"


class Group(StrEnum):
    """The headings of the documents, in their order."""

    SERVER = "Web server and webhooks"
    MEDIA = "Media servers"
    PATHS = "Paths"
    QUEUE = "Waiting, merging, keeping"
    FILES = "Waiting for the file"
    GUARDS = "Guards against lost mounts"
    VERIFY = "Looking whether the server shows the file"
    WATCH = "Metrics, and telling people"
    PROGRAM = "Files of the program and logs"
    SESSIONS = "Sessions, HTTPS and proxies"
    GUNICORN = "Gunicorn"
    ANALYZE = "Plex: analyze"
    MISMATCHED = "Plex: fix mismatched items"
    TRASH = "Plex: empty trash"
    PLEX_WAITS = "Plex: look before the scan"
    COMMANDS = "Own commands"
    RCLONE = "Rclone: what a mount remembers"
    GOOGLE = "Google Drive"
    SIGNATURE = "Webhook signatures"
    CONTAINER = "Container"
    OLD = "Keys and variables of earlier versions"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One setting. Nested keys are written with dots: `GOOGLE.ALLOWED.FILE_PATHS`."""

    name: str
    type: Type = Type.ANY
    #: The value where nobody sets one.
    default: Any = ""
    #: One or two sentences for the operator; of an obsolete key: what replaces it.
    help: str = ""
    group: Group = Group.OLD
    status: Status = Status.USED
    #: Never printed, and `NAME_FILE` reads it from a file.
    secret: bool = False
    #: The setting that this one's value goes into; it has no attribute of its own then.
    into: str = ""
    #: The command line's spelling, without the dashes.
    option: str = ""
    #: The attribute of `Settings`, where it is not the name in lower case.
    field: str = ""
    #: The default in words, where it is computed.
    shown: str = ""
    #: An example for the documents, where the default shows nothing.
    example: str = ""
    choices: tuple[str, ...] = ()
    low: int = 0
    high: int = 1_000_000
    #: Belongs into `config.json`; the others are environment variables first of all.
    in_file: bool = True
    #: Of an obsolete setting: values that need no warning.
    silent: tuple[Any, ...] = ()

    @property
    def attribute(self) -> str:
        """Return the name of its attribute in `Settings`; `""` where it has none."""
        if self.into or self.status is Status.OBSOLETE:
            return ""
        return self.field or self.name.lower().replace(".", "_")

    @property
    def top(self) -> str:
        """Return the top-level key that holds it, which is the environment variable's name, too."""
        return self.name.partition(".")[0]

    @property
    def nested(self) -> bool:
        """Tell whether it stands inside another key."""
        return "." in self.name
