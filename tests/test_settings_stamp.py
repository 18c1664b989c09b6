"""The stamp of the settings' files is read anew where they were written, and only there."""

from pathlib import Path

import pytest

from autoscan.settings import Stamps, stamp


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the configuration file that this process would read."""
    file = tmp_path / "config.json"
    file.write_text('{"SERVER_SCAN_DELAY": 30}')
    monkeypatch.setenv("PLEX_AUTOSCAN_CONFIG", str(file))
    return file


def test_it_changes_with_the_file_and_back(config: Path) -> None:
    stamps = Stamps()
    first = stamps.now()
    assert first == stamps.now() == stamp()
    config.write_text('{"SERVER_SCAN_DELAY": 3600}')
    assert stamps.now() == stamp() != first
    config.unlink()
    assert stamps.now() == stamp() != first
    config.write_text('{"SERVER_SCAN_DELAY": 30}')
    assert stamps.now() == first


def test_files_that_nobody_wrote_are_not_read_again(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stamps = Stamps()
    first = stamps.now()
    monkeypatch.setattr(Path, "read_bytes", lambda path: pytest.fail(f"{path} is read"))
    assert config.exists()
    assert stamps.now() == first
