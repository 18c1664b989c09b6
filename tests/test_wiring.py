"""How often the leader looks for work follows from the settings."""

from pathlib import Path

import pytest

from autoscan import wiring
from autoscan.clock import Clock
from autoscan.processor import Dispatcher
from autoscan.processor.dispatcher import LOOK, LOOK_SELDOM
from autoscan.settings import load


@pytest.mark.parametrize(
    ("told", "calm"),
    [
        ({"SERVER_SCAN_DELAY": "0"}, LOOK),
        ({"SERVER_SCAN_DELAY": "30"}, LOOK_SELDOM),
        ({"SERVER_SCAN_DELAY": "30", "SOURCES": '{"manual": {"SCAN_DELAY": 0}}'}, LOOK),
        ({"SERVER_SCAN_DELAY": "30", "SOURCES": '{"manual": {"SCAN_DELAY": 5}}'}, LOOK_SELDOM),
    ],
)
def test_the_dispatcher_looks_often_only_where_a_scan_may_be_due_at_once(
    tmp_path: Path, told: dict[str, str], calm: float
) -> None:
    loaded = load(
        environ={"SERVER_PASS": "pass", "PLEX_AUTOSCAN_QUEUEFILE": str(tmp_path / "q.db"), **told}, cwd=tmp_path
    )
    autoscan = wiring.build(loaded.settings, Clock())
    (dispatcher,) = (job for job in autoscan.jobs() if isinstance(job, Dispatcher))
    assert dispatcher.calm == calm
    autoscan.close()
