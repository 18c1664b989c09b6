"""Run one command and turn whatever comes of it into an exit code."""

import logging
import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from importlib import import_module
from io import TextIOWrapper

from autoscan.cli.parser import COMMANDS, build_parser
from autoscan.errors import AutoscanError, SettingsError, StoreVersionError

log = logging.getLogger(__name__)

#: Exit codes: it could not be done; the configuration or the command line does not hold; Ctrl-C.
FAILED, UNUSABLE, INTERRUPTED = 1, 2, 130

#: Commands that have a module of their own, which is imported for them only, and their functions in it.
_MODULES = {
    "server": ("serve", "serve"),
    "scan": ("scanning", "scan"),
    "doctor": ("doctor", "doctor"),
    "authorize": ("authorizing", "authorize"),
    "build_caches": ("caching", "build_caches"),
    "explain": ("explaining", "explain"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command in `argv` (default: the program's) and return the exit code; without a command, print help."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # A name that this terminal cannot show must not end the command.
            stream.reconfigure(errors="replace")
    parser = build_parser()
    arguments = parser.parse_args(argv)
    if arguments.command is None:
        parser.print_help()
        return 0
    try:
        return _command(arguments.command)(arguments)
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the one place where a command's errors become words
        return report(error)


def report(error: Exception) -> int:
    """Say what went wrong, in words for the operator, and return the exit code."""
    if isinstance(error, SettingsError):
        for problem in error.problems:
            _complain(str(problem))
        return UNUSABLE
    if isinstance(error, AutoscanError):
        _complain(str(error))
        # Whoever restarts what failed need not restart this.
        return UNUSABLE if isinstance(error, StoreVersionError) else FAILED
    if isinstance(error, OSError) and error.strerror and not isinstance(error, BrokenPipeError):
        _complain(
            f"{error.filename}: {error.strerror}: mend that, or name another place" if error.filename else str(error)
        )
    elif not isinstance(error, BrokenPipeError):
        log.critical("this is a bug, please report it", exc_info=error)
    return FAILED


def _command(name: str) -> Callable[[Namespace], int]:
    """Return the function behind a command; its imports are made now, and only for this command."""
    for command in COMMANDS:
        if name in command.aliases:
            _complain(f"{name} is an old name of {command.name}")
            name = command.name
    if name in _MODULES:
        module, function = _MODULES[name]
        found: Callable[[Namespace], int] = getattr(import_module(f"autoscan.cli.{module}"), function)
        return found
    from autoscan.cli import commands  # noqa: PLC0415 - heavy

    return commands.BY_NAME[name]


def _complain(line: str) -> None:
    print(line, file=sys.stderr)
