"""From the settings to the monitor of Google Drive, and to what is wrong with them."""

from collections.abc import Callable, Iterable

from autoscan.clock import Clock
from autoscan.drive.allowed import Allowed
from autoscan.drive.api import DriveApi
from autoscan.drive.monitor import Monitor
from autoscan.drive.monitor_drives import Wanted
from autoscan.drive.monitor_page import SOURCE, Tools
from autoscan.intake import Intake
from autoscan.rclone import Decoder
from autoscan.settings import Settings
from autoscan.store import Queue

ALLOWS_NOTHING = (
    "GOOGLE.ALLOWED.FILE_PATHS is empty, which allows nothing: Google Drive is watched in vain. Write the folders that "
    'count, such as ["My Drive/Media/"]'
)
NOTHING_WATCHED = (
    "Google Drive is enabled, but no drive is to be watched: set GOOGLE.DRIVES.MY_DRIVE, or name shared drives in "
    "GOOGLE.TEAMDRIVES"
)
NO_NAMES = "GOOGLE.TEAMDRIVE is on, but GOOGLE.TEAMDRIVES names no shared drive, so none is watched"


def warnings(settings: Settings) -> tuple[str, ...]:
    """Return what of the settings makes the monitor of no use."""
    if not settings.google_enabled:
        return ()
    asked = wanted(settings)
    named = settings.google_teamdrives or settings.google_drives_shared_drives_list
    shared = settings.google_teamdrive or settings.google_drives_shared_drives
    tests = (
        (not settings.google_allowed_file_paths, ALLOWS_NOTHING),
        (not asked.my_drive and not asked.shared, NOTHING_WATCHED),
        (shared and not named, NO_NAMES),
    )
    return tuple(text for wrong, text in tests if wrong)


def wanted(settings: Settings) -> Wanted:
    """Return which drives the settings ask for."""
    shared: tuple[str, ...] = ()
    if settings.google_teamdrive or settings.google_drives_shared_drives:
        shared = (*settings.google_teamdrives, *settings.google_drives_shared_drives_list)
    return Wanted(
        my_drive=settings.google_drives_my_drive, shared=tuple(dict.fromkeys(each for each in shared if each))
    )


def allowed(settings: Settings) -> Allowed:
    """Return what the settings let through."""
    tables = [settings.server_path_mappings]
    if SOURCE in settings.sources:
        tables.append(settings.sources[SOURCE].path_mappings)
    mapped = (source for table in tables for sources in table.values() for source in sources)
    return Allowed(
        paths=_relative(settings.google_allowed_file_paths),
        extensions=settings.google_allowed_file_extensions_list if settings.google_allowed_file_extensions else None,
        types=settings.google_allowed_mime_types_list if settings.google_allowed_mime_types else None,
        mapped=_relative(each for each in mapped if not each.startswith(("/", "\\"))),
    )


def build(
    settings: Settings, *, api: DriveApi, queue: Queue, intake: Intake, clock: Clock, heartbeat: Callable[[], None]
) -> Monitor:
    """Make the monitor; nothing is asked or opened."""
    decoder = Decoder(
        {root.strip("/"): remotes for root, remotes in settings.rclone_crypt_mappings.items()},
        binary=settings.rclone_binary,
        config=settings.rclone_config,
        load=queue.decoded_names,
        keep=queue.keep_decoded_names,
        heartbeat=heartbeat,
    )
    tools = Tools(
        queue=queue,
        intake=intake,
        clock=clock,
        allowed=allowed(settings),
        decoder=decoder,
        sizes=not settings.google_disable_disk_file_size_check,
        show=settings.google_show_cache_logs,
    )
    return Monitor(
        api=api,
        tools=tools,
        wanted=wanted(settings),
        interval=settings.google_poll_interval,
        old_cache=lambda: queue.read_old_drive_cache(settings.cache_file),
    )


def _relative(paths: Iterable[str]) -> tuple[str, ...]:
    """Return folders of Drive without the slashes that people put around them."""
    return tuple(each for path in paths if (each := path.strip().strip("/")))
