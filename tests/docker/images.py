"""The image under test, built once from a copy of the sources among which secrets lie about."""

import shutil
import sys
from pathlib import Path

from tests.docker.engine import inspect, run
from tests.docker.standin import STANDIN, base
from tests.programs import ROOT

IMAGE = "autoscan:under-test"
RCLONE = "autoscan:under-test-rclone"
REVISION = "0123abc"
#: What the image is made of.
SOURCES = ("Dockerfile", ".dockerignore", "requirements.txt", "scan.py", "wsgi.py", "gunicorn_config.py",
           "autoscan", "templates", "static", "docker")  # fmt: skip
#: In every file that must not get into an image.
PLANTED = "planted-secret-5b1f0c7e"
SECRETS = (".env", "config/config.json", "queue.db", "autoscan.db", "autoscan.db-wal", "secret_key", "server_pass",
           "plex_autoscan.log", "autoscan/.env", "autoscan/queue.db", "docker/autoscan.log.1")  # fmt: skip


def build(folder: Path, target: str, tag: str, on: str) -> None:
    """Build a target with the builder that every engine has; `folder` holds what `prepare` made."""
    run(
        *("docker", "build", "--quiet", "--network=host", "--target", target, "--tag", tag),
        *("--build-arg", f"BASE={on}", "--build-arg", f"REVISION={REVISION}", str(folder)),
        seconds=900,
        DOCKER_BUILDKIT="0",
    )


def prepare(folder: Path, on: str) -> None:
    """Copy the sources, plant secrets among them, and fetch what a builder on the stand-in cannot."""
    for name in SOURCES:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__", "offline"))
        else:
            shutil.copy(source, folder)
    for name in SECRETS:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(PLANTED)
    (folder / "docker/offline").mkdir()
    (folder / "docker/offline/.gitkeep").touch()
    if on == STANDIN:
        _fetch(folder / "docker/offline/wheels")


def _fetch(wheels: Path) -> None:
    near = ROOT / "docker/offline/wheels"
    links = ("--find-links", str(near)) if near.is_dir() else ()
    run(
        *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes", *links),
        *("--only-binary=:all:", "--python-version=3.11", "--requirement", str(ROOT / "requirements.txt")),
        *("--dest", str(wheels)),
        seconds=300,
    )


def image(folder: Path) -> str:
    """Build the image and return the name of its base. Raises NoBaseError."""
    on = base()
    prepare(folder, on)
    build(folder, "runtime", IMAGE, on)
    return on


def size(name: str) -> int:
    """Return the size of an image in bytes."""
    return int(inspect(name)["Size"])
