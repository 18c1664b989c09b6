"""Which drives are to be watched: My Drive, and shared drives by their names or ids."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from autoscan.drive.api import DriveApi, SharedDrive
from autoscan.drive.paths import MY_DRIVE
from autoscan.model import DriveState
from autoscan.store import Queue

#: Begins the key of a configured name that fits no drive.
UNKNOWN = "?"
#: Stands for the account while nothing is known of its drives.
ACCOUNT = f"{UNKNOWN}Google Drive"

NO_SUCH_DRIVE = (
    "no shared drive of this account is called, or has the id, {name}: correct GOOGLE.TEAMDRIVES, or make the account "
    "a member of it"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the settings ask for."""

    my_drive: bool
    #: Names or ids of shared drives.
    shared: tuple[str, ...] = ()


def find(wanted: Wanted, api: DriveApi, queue: Queue) -> tuple[DriveState, ...]:
    """Return how far each drive is that is to be watched, new ones included. Raises DriveError.

    A name that fits no drive gives a state with a problem, whose id begins with `?`.
    """
    found: list[DriveState] = []
    if wanted.my_drive:
        known = queue.drive_state("")
        root = known.root if known is not None and known.root else api.root().id
        found.append(replace(known or DriveState(drive="", name=MY_DRIVE), root=root, name=MY_DRIVE))
    if wanted.shared:
        drives = api.drives()
        for name in wanted.shared:
            fitting = _fitting(name, drives)
            found += [_known(each, queue) for each in fitting] or [unknown(name, NO_SUCH_DRIVE.format(name=name))]
    return tuple({each.drive: each for each in found}.values())


def unknown(name: str, problem: str) -> DriveState:
    """Return the state of a drive that cannot be watched since there is none of that name."""
    return DriveState(drive=f"{UNKNOWN}{name}", name=name, problem=problem)


def is_unknown(state: DriveState) -> bool:
    """Tell whether a state stands for no drive."""
    return state.drive.startswith(UNKNOWN)


def _fitting(name: str, drives: Sequence[SharedDrive]) -> list[SharedDrive]:
    """Return the drives of an id, else of a name, else of a name whatever its case; several may have the same."""
    wanted = name.strip()
    tests: Iterable[list[SharedDrive]] = (
        [each for each in drives if each.id == wanted],
        [each for each in drives if each.name == wanted],
        [each for each in drives if each.name.casefold() == wanted.casefold()],
    )
    return next((fitting for fitting in tests if fitting), [])


def _known(drive: SharedDrive, queue: Queue) -> DriveState:
    known = queue.drive_state(drive.id) or DriveState(drive=drive.id, name=drive.name)
    return replace(known, root=drive.id, name=drive.name)
