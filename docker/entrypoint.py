"""The container's first process: give its files and itself to the right user, then become the command.

Started as root it changes the owner of Autoscan's own files, and of nothing else, to `PUID`:`PGID` (default 1000:1000)
and goes on as that user. Started as anybody else it stays so. Exit code 2: the data folder cannot be written.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

#: Where Autoscan's files may lie; the second is a volume of version 2.
FOLDERS = (Path("/config"), Path("/app/database"))
#: What the image sets: the folder of this file holds the database and all else that is written.
QUEUE_FILE = "/config/queue.db"
#: Autoscan's own files: a volume may be shared with other programs.
OWN = (
    "config.json*",
    "autoscan.db*",
    "queue.db*",
    "cache.db*",
    "autoscan.log*",
    ".__autoscan.lock",
    "plex_autoscan.log*",
    ".__plex_autoscan.lock",
    "secret_key*",
    "server_pass*",
)
UNUSABLE = 2


def main(command: list[str]) -> NoReturn:
    """Become `command`; does not return."""
    if os.geteuid() == 0:
        _give_up_root(_id("PUID"), _id("PGID"))
    _require_writable(Path(os.environ.get("PLEX_AUTOSCAN_QUEUEFILE") or QUEUE_FILE).parent)
    os.execvp(command[0], command)  # noqa: S606 - the operator's own command


def _id(name: str) -> int:
    text = os.environ.get(name, "") or "1000"
    if not text.isdigit():
        _end(f"{name} is {text!r}: it has to be a number, such as 1000")
    return int(text)


def _give_up_root(uid: int, gid: int) -> None:
    """Hand the files over and become that user; uid 0 stays root, as asked."""
    try:
        for path in _own_files():
            os.chown(path, uid, gid, follow_symlinks=False)
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    except PermissionError as error:
        _end(
            f"started as root, but not allowed to become {uid}:{gid} ({error}): start the container with "
            f"`--user {uid}:{gid}`, or leave it the capabilities CHOWN, SETUID and SETGID"
        )


def _own_files() -> Iterator[Path]:
    for folder in FOLDERS:
        if folder.is_dir():
            yield folder
            for pattern in OWN:
                yield from folder.glob(pattern)


def _require_writable(folder: Path) -> None:
    """End with code 2 where the data folder, or a database in it, cannot be written by this user."""
    ours = [folder, *folder.glob("autoscan.db*")]
    blocked = [path for path in ours if not os.access(path, os.W_OK)]
    if blocked:
        uid, gid = os.geteuid(), os.getegid()
        _end(
            f"{blocked[0]} cannot be written by uid {uid}. A folder of the host: `chown -R {uid}:{gid} FOLDER`. "
            f"A volume: `docker run --rm --user 0 -e PUID={uid} -e PGID={gid} -v VOLUME:{folder} IMAGE true`"
        )


def _end(message: str) -> NoReturn:
    print(message, file=sys.stderr)  # noqa: T201 - there is no log yet
    sys.exit(UNUSABLE)


if __name__ == "__main__":
    main(sys.argv[1:])
