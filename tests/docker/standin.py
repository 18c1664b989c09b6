"""What the image is built on: python:3.11-slim, or where that cannot be pulled, a stand-in of Debian's packages.

`python -m tests.docker.standin` makes the stand-in where it is needed, and prints the name of the base.
"""

import io
import os
import shutil
import sys
import tarfile
import tempfile
from contextlib import suppress
from pathlib import Path

from tests.docker.engine import EngineError, docker, run

BASE = "python:3.11-slim"
STANDIN = "autoscan-standin:python-3.11-slim"
MIRROR = "http://deb.debian.org/debian"
#: Debian 12 has Python 3.11; pip stands where the real one has it: it is no part of what runs.
PACKAGES = "ca-certificates,python3,python3-pip"
#: The slim images are without these, too.
LEFT_OUT = (
    "usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/zoneinfo/right", "usr/share/zoneinfo/posix",
    "usr/lib/python3.11/lib2to3", "usr/lib/python3.11/test", "var/cache/apt", "var/lib/apt/lists", "var/log",
)  # fmt: skip
LINKS = {"python": "/usr/bin/python3.11", "python3": "/usr/bin/python3.11", "python3.11": "/usr/bin/python3.11"}
PACKAGING = ("pip", "setuptools", "wheel", "pkg_resources", "_distutils_hack")


class NoBaseError(Exception):
    """There is nothing to build on, and nothing to make it with; the text says what is missing."""


def base() -> str:
    """Return the name of an image to build on; make the stand-in if it has to be. Raises NoBaseError."""
    for name in (BASE, STANDIN):
        if _present(name):
            return name
    with suppress(EngineError):
        docker("pull", "--quiet", BASE, seconds=300)
        return BASE
    if os.geteuid() != 0 or shutil.which("debootstrap") is None:
        raise NoBaseError(f"{BASE} cannot be pulled, and to make a stand-in, root and debootstrap are needed")
    make()
    return STANDIN


def _present(name: str) -> bool:
    with suppress(EngineError):
        docker("image", "inspect", name)
        return True
    return False


def make() -> None:
    """Make the stand-in. Raises NoBaseError if Debian's packages cannot be had."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "root"
        try:
            run("debootstrap", "--variant=minbase", f"--include={PACKAGES}", "bookworm", str(root), MIRROR, seconds=600)
        except EngineError as error:
            raise NoBaseError(f"{BASE} cannot be pulled, and debootstrap fails: {error}") from error
        _shape(root)
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as archive:
            archive.add(root, arcname=".", filter=_kept)
    path = "PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"
    docker("import", f"--change=ENV {path} LANG=C.UTF-8", '--change=CMD ["python3"]', "-", STANDIN,
           stdin=packed.getvalue(), seconds=300)  # fmt: skip


def _shape(root: Path) -> None:
    """Put Python and pip where python:3.11-slim has them, and leave out what it leaves out."""
    for name in LEFT_OUT:
        shutil.rmtree(root / name, ignore_errors=True)
        (root / name).mkdir(parents=True)
    (root / "var/cache/apt/archives/partial").mkdir(parents=True)
    (root / "var/lib/apt/lists/partial").mkdir(parents=True)
    for name, target in LINKS.items():
        (root / "usr/local/bin" / name).symlink_to(target)
    packages = root / "usr/local/lib/python3.11/dist-packages"
    packages.mkdir(parents=True, exist_ok=True)
    for name in PACKAGING:
        for found in (root / "usr/lib/python3/dist-packages").glob(f"{name}*"):
            shutil.move(found, packages)
    for found in (root / "usr/bin").glob("pip*"):
        shutil.move(found, root / "usr/local/bin")


def _kept(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """Leave devices and what was mounted out; Docker makes its own."""
    inside = entry.name.removeprefix("./")
    return None if entry.isdev() or inside.startswith(("proc/", "sys/", "dev/")) else entry


if __name__ == "__main__":
    try:
        print(base())
    except NoBaseError as error:
        sys.exit(str(error))
