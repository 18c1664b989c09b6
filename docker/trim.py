"""Leave out of the image's packages what Autoscan never reads; part of the build."""

import shutil
import subprocess
import sysconfig
from collections.abc import Iterator
from pathlib import Path

PACKAGES = Path(sysconfig.get_path("purelib"))
#: Colours for source code, C's grammar, Bootstrap's other versions and themes, what only libraries' own tests need.
FOLDERS = (
    "pygments",
    "pycparser",
    "flask_bootstrap/static/bootstrap4",
    "flask_bootstrap/static/bootstrap5/css/bootswatch",
    "sqlalchemy/testing",
    "alembic/testing",
    "**/tests",
)
#: What only compilers, type checkers and translators read.
FILES = ("**/*.map", "**/*.pyi", "**/*.pyx", "**/*.pxd", "**/*.po", "**/*.c", "**/*.h", "*/RECORD")
DISCOVERY = "googleapiclient/discovery_cache/documents/*.json"
KEPT = "drive.v3.json"


def main() -> None:
    """Remove it all, and what only debuggers read in libraries."""
    for folder in _found(FOLDERS):
        shutil.rmtree(folder, ignore_errors=True)
    for file in _found(FILES):
        file.unlink()
    for document in PACKAGES.glob(DISCOVERY):
        if document.name != KEPT:
            document.unlink()
    subprocess.run(["strip", "--strip-unneeded", *PACKAGES.glob("**/*.so*")], check=True)  # noqa: S603, S607 - our build


def _found(patterns: tuple[str, ...]) -> Iterator[Path]:
    for pattern in patterns:
        yield from list(PACKAGES.glob(pattern))


if __name__ == "__main__":
    main()
