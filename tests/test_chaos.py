"""The short form of `make chaos`: no 2xx without a committed row, and a judge that notices what is wrong."""

import random
from collections.abc import Iterator

import pytest

from chaos import fuzz, verdict
from chaos.faults import Faults
from chaos.traffic import Traffic
from chaos.world import World, opened

SEED = 1


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with opened(tmp_path_factory.mktemp("chaos").resolve()) as made:
        yield made


def test_whoever_is_killed_between_commit_and_answer_no_acknowledged_event_is_lost(world: World) -> None:
    traffic = Traffic(world, SEED)
    faults = Faults(world, traffic, SEED)
    traffic.start()
    try:
        for _ in range(6):
            world.wait_until_it_leads()
            faults._between()
        faults._everything()
    finally:
        traffic.stop()
    assert len(traffic.ledger.acknowledged) > 10
    found = verdict.judge(world, traffic.ledger)
    assert (found.lost, found.twice, found.damage) == ((), (), ())


def test_the_judge_notices_what_is_lost_and_what_is_not_seen_through(world: World) -> None:
    traffic = Traffic(world, SEED + 1)
    chance = random.Random(SEED)
    traffic.post(traffic.make(chance))
    (stored,) = traffic.ledger.acknowledged
    forged = traffic.make(chance)
    traffic.ledger.note(forged, 200)
    found = verdict.judge(world, traffic.ledger)
    assert found.lost == (forged.name,)
    assert stored not in found.lost
    assert any("is still waiting" in line for line in found.unverified)
    assert not found.is_good


def test_the_fuzzer_finds_new_code_and_nothing_wrong() -> None:
    found = fuzz.run(2.0, SEED)
    assert found.faults == ()
    assert found.requests > 20
    assert found.corpus > 70
    assert found.reached > 300


def test_the_fuzzer_notices_an_answer_of_500(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("autoscan.triggers.parse", fail)
    assert not fuzz.run(0.0, SEED).is_good
