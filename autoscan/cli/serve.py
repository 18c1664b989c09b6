"""`scan.py server`: a configuration if there is none, a few words to the operator, and then Gunicorn."""

import errno
import os
import socket
import sys
from argparse import Namespace
from pathlib import Path

from autoscan import __version__, logs, settings, wiring
from autoscan.cli import addresses
from autoscan.cli.reading import given
from autoscan.clock import Clock
from autoscan.errors import AutoscanError, SettingsError
from autoscan.settings import Loaded, Settings

ROOT = Path(__file__).resolve().parents[2]


def serve(arguments: Namespace) -> int:
    """Serve until told to stop; returns only if Gunicorn is not there, or the start fails."""
    options = given(arguments)
    made = _first_config(options)
    loaded = settings.load(options)
    _check_port(loaded.settings)
    _check_store(loaded.settings)
    _announce(loaded.settings, made=made, show_url=arguments.show_url or sys.stdout.isatty())
    try:
        import gunicorn  # noqa: F401, PLC0415 - only to see whether it is there
    except ImportError:
        return _serve_plainly(loaded)
    _become_gunicorn(loaded.settings, options)
    return 0


def _first_config(options: dict[str, str]) -> bool:
    """Write a configuration if there is none, and tell whether one was written; where none can be, do without."""
    try:
        return settings.first_config(options)
    except SettingsError as error:
        print(f"{error} The environment has to do.", file=sys.stderr)
        return False


def _check_port(found: Settings) -> None:
    """Raise AutoscanError, with what to do, if the address cannot be listened on: Gunicorn would try for 5 s."""
    family = socket.AF_INET6 if ":" in found.server_ip else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((found.server_ip, found.server_port))
        except OSError as error:
            raise AutoscanError(_port_advice(found, error)) from error


def _check_store(found: Settings) -> None:
    """Prepare the database, so that what is wrong with it is said once and ends the start. Raises AutoscanError."""
    store = wiring.build(found, Clock()).store
    store.prepare()
    store.dispose()


def _port_advice(found: Settings, error: OSError) -> str:
    where = f"port {found.server_port} of {found.server_ip}"
    if error.errno == errno.EADDRINUSE:
        return (
            f"{where} is in use: `ss -ltnp 'sport = :{found.server_port}'` (as root) names the program that has it; "
            "stop that, or set SERVER_PORT to another port"
        )
    if error.errno == errno.EACCES:
        return f"{where} is reserved for root: set SERVER_PORT to 1024 or more"
    return f"{where} cannot be listened on ({error.strerror}): SERVER_IP has to be an address of this machine"


def _announce(found: Settings, *, made: bool, show_url: bool) -> None:
    """Say where webhooks go and what is missing. Where output may be kept as a log, the secret stays out of it."""
    print(f"Autoscan {__version__}, configured by {found.config_path}{' (new)' if made else ''}")
    print("Webhook for Sonarr, Radarr, Lidarr, Readarr, Whisparr, Bazarr, ...:")
    if show_url:
        for each in addresses.webhook_urls(found):
            print(f"  {each}")
    else:
        print("  `scan.py url` shows it")
    missing = _missing(found)
    if missing:
        print("Not configured yet:")
    for line in missing:
        print(f"  - {line}")
    sys.stdout.flush()


def _missing(found: Settings) -> list[str]:
    lines = []
    if not found.media_servers:
        lines.append("media servers: set PLEX_TOKEN, JELLYFIN_API_KEY or MEDIA_SERVERS; until then webhooks are kept")
    if not found.server_path_mappings and not found.sources:
        lines.append("SERVER_PATH_MAPPINGS: needed where the applications see other paths than the media servers do")
    if found.webhook_sample_pass:
        lines.append("SERVER_PASS: it is the published sample, which serves this machine and private networks only")
    return lines


def _become_gunicorn(found: Settings, options: dict[str, str]) -> None:
    """Replace this program by Gunicorn; what was typed goes along as environment variables.

    Paths are made absolute, because Gunicorn has to start in the folder of wsgi.py to find it.
    """
    passed = {
        "CONFIG": str(found.config_path),
        "LOGFILE": "-" if found.logfile is None else str(found.logfile),
        "QUEUEFILE": str(found.queue_file),
        "CACHEFILE": str(found.cache_file),
    }
    if "loglevel" in options:
        passed["LOGLEVEL"] = options["loglevel"]
    for name, value in passed.items():
        os.putenv(f"PLEX_AUTOSCAN_{name}", value)
    os.chdir(ROOT)
    command = [sys.executable, "-m", "gunicorn", "-c", str(ROOT / "gunicorn_config.py"), "wsgi:app"]
    os.execv(sys.executable, command)  # noqa: S606 - no shell is the point


def _serve_plainly(loaded: Loaded) -> int:
    from autoscan.web import plain  # noqa: PLC0415 - heavy, and seldom needed

    logs.setup(loaded.settings)
    plain.serve(loaded)
    return 0
