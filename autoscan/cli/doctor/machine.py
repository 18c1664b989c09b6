"""Look at this machine: the media, the data folder, the configuration file, and what has been wrong for long."""

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from autoscan import wiring
from autoscan.cli.doctor.findings import Finding, fail, ok, warn
from autoscan.cli.doctor.folders import Folders
from autoscan.cli.doctor.servers import View
from autoscan.clock import Clock
from autoscan.errors import StoreUnavailableError
from autoscan.paths import Mappings
from autoscan.paths.mapping import Rule
from autoscan.settings import Loaded, Settings

HERE = "this machine"
#: Free bytes that the data folder needs, and with which nobody has to think of it.
LITTLE, PLENTY = 100 * 2**20, 2**30


def check(loaded: Loaded, views: Sequence[View], folders: Folders) -> Iterator[Finding]:
    """Yield every finding about this machine."""
    settings = loaded.settings
    yield from _media(settings, views, folders)
    yield from _anchors(settings, folders)
    yield from _data_folder(settings.data_dir)
    yield _config_file(settings.config_path)
    yield from _lasting(loaded)


# ----- media


def _media(settings: Settings, views: Sequence[View], folders: Folders) -> Iterator[Finding]:
    if settings.server_max_file_checks <= 0:
        yield ok(HERE, "media", "files are not looked at before a scan (SERVER_MAX_FILE_CHECKS is 0)")
        return
    local = Mappings.from_config(settings.server_file_exist_path_mappings)
    places: dict[str, list[str]] = {}
    for view in views:
        back = _inverse(view.mappings)
        for root in dict.fromkeys(root for library in view.libraries or () for root in library.roots):
            here = local.apply(back.apply(root).path).path
            places.setdefault(here, []).append(view.name if here == root else f"{view.name} has it as {root}")
    for here, names in places.items():
        yield _root(here, ", ".join(names), folders.state(here).trouble)


def _inverse(mappings: Mappings) -> Mappings:
    """Return the table that leads from a server's paths back to mapped ones."""
    return Mappings(rules=tuple(Rule(to=rule.source, source=rule.to) for rule in mappings.rules))


def _root(here: str, whose: str, trouble: str) -> Finding:
    if not trouble:
        return ok(HERE, "media", f"{here} is there ({whose})")
    return warn(
        HERE,
        "media",
        f"{here} is {trouble} ({whose}): files below it are scanned without a look at them",
        f"Mount the media at {here} (in Docker: -v HOST_FOLDER:{here}:ro), or map it in "
        "SERVER_FILE_EXIST_PATH_MAPPINGS to where this machine sees the same files.",
    )


def _anchors(settings: Settings, folders: Folders) -> Iterator[Finding]:
    for start, anchors in settings.anchors.items():
        below = start or "every path"
        for anchor in anchors:
            if folders.exists(anchor):
                yield ok("ANCHORS", anchor, f"is there: {below} may be scanned")
            else:
                text = f"is not there: scans below {below} wait"
                yield fail("ANCHORS", anchor, text, "Mount the media, or correct ANCHORS.")


# ----- the data folder and the configuration


def _data_folder(folder: Path) -> Iterator[Finding]:
    place = next((each for each in (folder, *folder.parents) if os.path.exists(each)), folder)  # noqa: PTH110 - no error
    advice = f"Let the user that runs Autoscan (id {os.getuid()}) write to {place}, or set PLEX_AUTOSCAN_QUEUEFILE."
    try:
        with tempfile.TemporaryFile(dir=place):
            yield ok(HERE, "data folder", f"{folder} is writable")
        free = shutil.disk_usage(place).free
    except OSError as error:
        yield fail(HERE, "data folder", f"{folder} is not writable: {error.strerror}", advice)
    else:
        yield _space(folder, free)


def _space(folder: Path, free: int) -> Finding:
    text = f"{free // 2**20} MiB free for {folder}"
    if free >= PLENTY:
        return ok(HERE, "free space", text)
    advice = "Free some space on its disk: without any, webhooks are refused."
    return warn(HERE, "free space", text, advice) if free >= LITTLE else fail(HERE, "free space", text, advice)


def _config_file(path: Path) -> Finding:
    with suppress(OSError):
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & 0o077:
            text = f"{path} has mode {mode:04o}: others may read the tokens in it"
            return warn(HERE, "configuration", text, f"chmod 600 {path}")
        return ok(HERE, "configuration", f"{path} has mode {mode:04o}")
    return ok(HERE, "configuration", f"{path} is not there: environment and defaults count")


# ----- what lasts


def _lasting(loaded: Loaded) -> Iterator[Finding]:
    autoscan = wiring.build(loaded.settings, Clock())
    network = autoscan.store.warnings
    if not network:
        yield ok(HERE, "file system", "the data folder lies on a local one")
    warnings = [*network, *loaded.warnings]
    if not loaded.settings.media_servers:
        yield fail("settings", "servers", "no media server is configured", "Set PLEX_TOKEN or MEDIA_SERVERS.")
    if os.path.exists(autoscan.store.path):  # noqa: PTH110 - no error where one may not look
        try:
            autoscan.store.ping()
            warnings += autoscan.queue.warnings()
            yield ok(HERE, "database", f"{autoscan.store.path} answers")
        except StoreUnavailableError as error:
            yield fail(HERE, "database", str(error))
        finally:
            autoscan.store.dispose()
    for text in warnings:
        yield warn("warnings", "lasting", text)
