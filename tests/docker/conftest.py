"""An engine for one test file at a time, and the image, built once."""

import fcntl
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.docker import engine, images
from tests.docker.standin import NoBaseError


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """The image under test."""

    base: str
    #: What it was built from.
    folder: Path
    name: str = images.IMAGE


@pytest.fixture(scope="module")
def the_engine() -> Iterator[None]:
    """Keep the engine to this file: other processes that run tests wait until it is done."""
    if reason := engine.missing():
        pytest.skip(reason)
    with (Path(tempfile.gettempdir()) / "autoscan-docker-tests.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        engine.sweep()
        yield


@pytest.fixture(scope="module")
def built(the_engine: None, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Build the image; what did not change since is taken from the engine's cache."""
    folder = tmp_path_factory.mktemp("sources")
    try:
        return Built(base=images.image(folder), folder=folder)
    except NoBaseError as error:
        pytest.skip(str(error))
