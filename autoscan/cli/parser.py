"""The grammar of the command line. Imports nothing heavy, so that `--help` answers at once."""

import argparse
from dataclasses import dataclass

from autoscan import __version__


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One command: its name, and the sentence that `--help` prints."""

    name: str
    help: str
    #: Whether it prints a table, which `--json` replaces.
    table: bool = False
    #: Names that other programs of the family gave it.
    aliases: tuple[str, ...] = ()


COMMANDS = (
    Command(
        name="sections",
        help="Show the libraries of every media server: id, title, type, folders.",
        table=True,
        aliases=("jesections",),
    ),
    Command(name="sections+", help="As sections, with what is being scanned and how many items there are.", table=True),
    Command(name="server", help="Serve webhooks and scan."),
    Command(name="update_config", help="Add the missing keys to the configuration file, keeping a copy of it."),
    Command(name="url", help="Show the addresses for webhooks."),
    Command(name="authorize", help="Authorize Google Drive (not part of this version)."),
    Command(name="build_caches", help="Build the caches of Google Drive (not part of this version)."),
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
        command.name, aliases=command.aliases, help=command.help, description=command.help, allow_abbrev=False
    )
    _add_options(parser)
    if command.table:
        parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    if command.name == "server":
        parser.add_argument(
            "--show-url", action="store_true", help="print the webhook addresses even where no terminal shows them"
        )


def _add_options(parser: argparse.ArgumentParser) -> None:
    for name, (metavar, text) in OPTIONS.items():
        parser.add_argument(f"--{name}", metavar=metavar, help=text, default=argparse.SUPPRESS)
