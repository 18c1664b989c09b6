"""What every test has: an environment without anybody's settings."""

import os

import pytest

#: What a program needs from its surroundings; everything else might be a setting.
KEPT = ("HOME", "LANG", "LC_ALL", "LC_CTYPE", "LOGNAME", "PATH", "PYTHONPATH", "SHELL", "TEMP", "TERM", "TMP", "TMPDIR",
        "TZ", "USER", "VIRTUAL_ENV")  # fmt: skip
KEPT_PREFIXES = ("COV", "PYTEST_", "PIP_", "HYPOTHESIS_")


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take every variable away that could be one of Autoscan's, its servers' or its libraries'."""
    for name in list(os.environ):  # noqa: TID251 - to clean it is the point
        if name not in KEPT and not name.startswith(KEPT_PREFIXES):
            monkeypatch.delenv(name)
