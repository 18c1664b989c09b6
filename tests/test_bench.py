"""The benchmarks run, and what they measure answers."""

import pytest

from bench import __main__ as command
from bench import ack, drive, history, weight


def test_a_webhook_is_answered_by_autoscan_and_by_both_floors(capsys: pytest.CaptureFixture[str]) -> None:
    figures = ack.main([ack.Round(connections=2, webhooks=6, keep_alive=True)])
    assert [each["application"] for each in figures] == ["bare", "durable", "autoscan"]
    assert [each["failures"] for each in figures] == [0, 0, 0]
    assert "autoscan / durable floor" in capsys.readouterr().out


def test_pages_answer_at_both_sizes_of_a_history(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "REPEATS", 1)
    figures = history.main((200, 400))
    assert {each["scans"] for each in figures} == {200, 400}
    assert "page: /history with its charts" in capsys.readouterr().out


def test_the_monitor_of_drive_is_measured(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drive, "CHANGES", 50)
    (figure,) = drive.main((500,))
    assert figure["requests_per_poll"] == 1
    assert float(str(figure["change_requests"])) < 10
    assert "a poll" in capsys.readouterr().out


def test_autoscan_is_weighed_beside_a_bare_application(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weight, "WAITING", 20)
    monkeypatch.setattr(weight, "STARTS", 1)
    lines = {line.what: line for line in weight.main(seconds=0.2, webhooks=8, settle=0.0)}
    memory = lines["memory idle (PSS, 4 workers)"]
    assert 0 < (memory.floor or 0) < memory.value < 1000
    assert lines["threads after as much again"].value > 8
    assert lines["scan.py --help"].value > 0
    assert "memory under load" in capsys.readouterr().out


def test_an_unknown_benchmark_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["speed"]) == 2
    assert "there is no benchmark speed; there are ack" in capsys.readouterr().err
