"""The changelog and the code name the same version."""

import re
from pathlib import Path

from autoscan import __version__


def test_the_top_version_of_the_changelog_is_the_version_of_the_code() -> None:
    text = (Path(__file__).parent.parent / "CHANGELOG.md").read_text()
    versions = re.findall(r"^## \[(\d+\.\d+\.\d+)\]", text, re.MULTILINE)
    assert versions[0] == __version__
