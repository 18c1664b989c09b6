"""The verbs of the Makefile, and the pinned requirements that they install."""

import re
import shutil
import subprocess

import pytest

from tests.programs import ROOT

VERBS = ("setup", "run", "test", "fix", "docs", "check", "bench", "chaos", "demo", "image", "lock", "clean")


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_make_alone_lists_every_verb() -> None:
    done = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert re.findall(r"^ +make (\w+)", done.stdout, re.MULTILINE) == ["help", *VERBS]


def test_the_script_for_ci_is_well_formed() -> None:
    subprocess.run(["bash", "-n", ".ci/run"], cwd=ROOT, check=True)


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_requirement_is_pinned_with_hashes_and_names_no_place(name: str) -> None:
    lines = [line for line in (ROOT / name).read_text().splitlines() if line and not line.lstrip().startswith("#")]
    assert all(re.match(r"[a-z0-9._-]+==[\w.]+ \\$| +--hash=sha256:[0-9a-f]{64}", line) for line in lines)


def test_what_runs_needs_nothing_that_only_developers_need() -> None:
    wanted = re.findall(r"^[\w-]+", (ROOT / "requirements.in").read_text(), re.MULTILINE)
    pinned = re.findall(r"^[\w-]+", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    assert set(wanted) <= set(pinned)
    assert not {"pytest", "ruff", "mypy", "coverage", "hypothesis"} & set(pinned)
