"""The grammar of the command line. Imports nothing heavy, so that `--help` answers at once."""

import argparse
from dataclasses import dataclass

from autoscan import __version__


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command: its name, and the sentence that `--help` prints."""

    name: str
    help: str
    #: What `COMMAND --help` adds.
    more: str = ""
    #: Whether it prints a table, which `--json` replaces.
    table: bool = False
    #: Names that other programs of the family gave it.
    aliases: tuple[str, ...] = ()


SCAN = """
A PATH is a file or a folder as a webhook would name it: it goes through SERVER_PATH_MAPPINGS (and those of the source
"cli" in SOURCES). Nothing of it touches the queue of a running service. Files are looked at once, not
SERVER_MAX_FILE_CHECKS times: one that is not there ends as file_missing, and no server is asked, unless Autoscan sees
nothing at all of where it should lie. With --removed the paths are expected to be gone, and it is looked until the
servers show them no more. A server that does not answer for a minute is given up.

Exit code: 0 if every server ended well, or has no library for a path where another has one; 1 otherwise; 2 if the
settings do not hold; 130 after Ctrl-C.
"""
EXPLAIN = """
Takes the path through every step that a webhook's path would take: mappings, ignore list, folder, priority, delay;
looks whether it is there; and asks each media server for its libraries. Where no library holds it, the missing mapping
is offered as text to copy. Nothing is queued or scanned.

Exit code: 0 if every server has a library for the path, 1 otherwise, 2 if the settings do not hold.
"""
DOCTOR = """
Asks every media server for what Autoscan relies on, follows each mapping, and looks at the folders and files of this
machine. Changes nothing.

Exit code: 0 if nothing failed (warnings alone are no failure), 1 otherwise, 2 if the settings do not hold.
"""
AUTHORIZE = """
Prints an address to open in a browser, and opens it where this machine has one. Whoever agrees there gives Autoscan the
right to read Drive, nothing more. On a machine without a browser, and in a container, paste the address at which the
browser ends. The service may run meanwhile: it goes on with the new authorisation. Needs GOOGLE.ENABLED, and
GOOGLE.CLIENT_ID and GOOGLE.CLIENT_SECRET of a client of the type Desktop app; a service account needs no authorisation,
and is only tried.

Exit code: 0 if Drive can be read, 1 otherwise, 2 if the settings do not hold.
"""

BACKUP = """
FILE becomes a .tar.gz with the database as it is at one moment, config.json and the keys beside the database. The
service may run meanwhile. The archive holds secrets, and only its owner may read it. Environment variables and .env are
not in it.
"""
RESTORE = """
Refuses while the service runs, and checks the archive before it changes anything. What was there before is moved into a
folder `before-restore-...` beside the database. Archives of earlier versions are brought up to date.
"""

CACHES = """
Reads the names and places of all files of every drive that is watched, a thousand with each request; nothing is scanned
for it. Without it, where a file was is known only if something had happened to it before. May run beside the service,
and goes on where it was when it was stopped.
"""

COMMANDS = (
    Command(
        name="sections",
        help="Show the libraries of every media server: id, title, type, folders.",
        table=True,
        aliases=("jesections",),
    ),
    Command(name="sections+", help="As sections, with what is being scanned and how many items there are.", table=True),
    Command(name="server", help="Serve webhooks and scan."),
    Command(
        name="scan",
        help="Scan paths now, in the foreground, and look until every media server shows them.",
        more=SCAN,
        table=True,
    ),
    Command(name="explain", help="Show what would become of a path, step by step.", more=EXPLAIN, table=True),
    Command(
        name="doctor",
        help="Check servers, mappings, files and this machine, and say what to do about each finding.",
        more=DOCTOR,
        table=True,
    ),
    Command(name="update_config", help="Add the missing keys to the configuration file, keeping a copy of it."),
    Command(name="url", help="Show the addresses for webhooks."),
    Command(name="notify", help="Show who is told of problems; with --test send each a message."),
    Command(name="backup", help="Write the database, the configuration and keys into one archive.", more=BACKUP),
    Command(name="restore", help="Put such an archive in place; the service must be stopped.", more=RESTORE),
    Command(name="authorize", help="Let Autoscan read Google Drive, by way of your browser.", more=AUTHORIZE),
    Command(
        name="build_caches", help="List Google Drive once, so that moves and deletions are understood.", more=CACHES
    ),
)

#: The options that every command takes, before or after its name, and their value's name and help.
OPTIONS = {
    "config": ("FILE", "configuration file (PLEX_AUTOSCAN_CONFIG)"),
    "logfile": ("FILE", "log file (PLEX_AUTOSCAN_LOGFILE)"),
    "loglevel": ("LEVEL", "WARN, INFO or DEBUG (PLEX_AUTOSCAN_LOGLEVEL)"),
    "queuefile": ("FILE", "old queue; its folder holds the database (PLEX_AUTOSCAN_QUEUEFILE)"),
    "cachefile": ("FILE", "old cache (PLEX_AUTOSCAN_CACHEFILE)"),
}


def build_parser() -> argparse.ArgumentParser:
    """Return the parser; an option that was not given is not in its result."""
    parser = argparse.ArgumentParser(
        prog="scan.py",
        description="Autoscan: webhooks in, partial scans of Plex, Emby and Jellyfin out.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"Autoscan {__version__}")
    _add_options(parser)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    for command in COMMANDS:
        _add_command(commands, command)
    return parser


def _add_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]", command: Command) -> None:
    parser = commands.add_parser(
        command.name,
        aliases=command.aliases,
        help=command.help,
        description=f"{command.help}\n{command.more}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    _add_options(parser)
    if command.table:
        parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    if command.name == "scan":
        _add_scan(parser)
    if command.name == "explain":
        parser.add_argument("path", metavar="PATH", help="a file or folder, as an application would name it")
        parser.add_argument("--source", metavar="NAME", default="", help="apply the rules of this source in SOURCES")
    if command.name in ("backup", "restore"):
        parser.add_argument("file", metavar="FILE", help="the archive, such as autoscan.tar.gz")
    if command.name == "notify":
        parser.add_argument("--test", action="store_true", help="send a message to each")
    if command.name == "server":
        parser.add_argument(
            "--show-url", action="store_true", help="print the webhook addresses even where no terminal shows them"
        )


def _add_scan(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="+", metavar="PATH", help="a file or folder")
    parser.add_argument("--removed", action="store_true", help="the paths are gone: look until no server shows them")
    parser.add_argument(
        "--timeout",
        type=_seconds,
        metavar="SECONDS",
        help="wait no longer than this (default: until every server has come to an end, which takes hours for a file "
        "that never appears)",
    )


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds < float("inf"):
        raise ValueError(text)
    return seconds


def _add_options(parser: argparse.ArgumentParser) -> None:
    for name, (metavar, text) in OPTIONS.items():
        parser.add_argument(f"--{name}", metavar=metavar, help=text, default=argparse.SUPPRESS)
