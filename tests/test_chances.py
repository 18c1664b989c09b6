"""What property tests draw: the same in each run, or new examples where somebody asks for more of them."""

import os
import subprocess
import sys

from tests.chances import VARIABLE
from tests.programs import ROOT

PROGRAM = """
from tests import chances
chances.load()
from hypothesis import given, settings, strategies as st
@given(st.integers())
def usual(number): print("usual", number)
@settings(max_examples=chances.many(30))
@given(st.integers())
def own(number): print("own", number)
usual()
own()
"""


def drawn(times: str = "") -> list[str]:
    environment = {**os.environ, VARIABLE: times} if times else os.environ  # noqa: TID251 - for a program of its own
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()


def test_each_run_draws_the_same_examples() -> None:
    assert drawn() == drawn()


def test_on_wish_there_are_more_and_others() -> None:
    few, many = drawn("1"), drawn("5")
    assert few != drawn("1")
    assert [line.split()[0] for line in many].count("usual") == 500
    assert [line.split()[0] for line in many].count("own") == 150
