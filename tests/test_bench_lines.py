"""Figures beside their goals: what is met, what is missed, and what of it stands in ARCHITECTURE.md."""

import json
from pathlib import Path

import pytest

from bench import __main__ as command
from bench import page, queue, reaction, soak, summary
from bench.lines import Line


@pytest.mark.parametrize(
    ("line", "goal", "verdict"),
    [
        (Line(what="a", value=0.5, most=0.5), "<= 0.50", "met"),
        (Line(what="a", value=0.51, most=0.5), "<= 0.50", "MISSED"),
        (Line(what="a", value=800, least=800), ">= 800", "met"),
        (Line(what="a", value=799, least=800), ">= 800", "MISSED"),
        (Line(what="a", value=1), "", ""),
    ],
)
def test_a_figure_meets_its_goal_or_is_said_to_miss_it(line: Line, goal: str, verdict: str) -> None:
    assert (line.goal, line.verdict) == (goal, verdict)


def test_throughput_and_latency_stand_beside_the_durable_floor() -> None:
    figures = [
        {"application": name, "connections": 16, "keep_alive": True, "rate": rate, "p50": 1.0, "p99": p99}
        for name, rate, p99 in (("bare", 1000.0, 5.0), ("durable", 500.0, 10.0), ("autoscan", 399.0, 12.0))
    ]
    verdicts = {line.what.partition(": ")[2]: line.verdict for line in summary.lines("ack", figures)}
    assert verdicts == {"bare Flask view": "", "throughput": "MISSED", "p50": "", "p99": "met"}


def test_a_question_to_a_large_history_stands_beside_the_small_one() -> None:
    figures = [
        {"question": "newest", "scans": scans, "milliseconds": took} for scans, took in ((1000, 2.0), (1_000_000, 4.1))
    ]
    (line,) = summary.lines("history", figures)
    assert line.cells() == ("newest, 1,000,000 scans beside 1,000", "4.10 ms", "2 ms", "<= 4", "MISSED")


def test_the_last_figures_go_between_the_marks_of_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "PAGE", tmp_path / "page.md")
    page.PAGE.write_text(f"before\n{page.BEGIN}\nstale\n{page.END}\nafter\n")
    lines = [Line(what="start | stop", value=1.5, unit="s", most=2).as_json()]
    kept = {"benchmark": "queue", "seconds": 3.0, "machine": "here", "lines": lines}
    (tmp_path / "queue.json").write_text(json.dumps(kept))
    page.write(tmp_path, ["ack", "queue"])
    text = page.PAGE.read_text()
    assert "| start \\| stop | 1.50 s |  | <= 2 | met |" in text
    assert text.startswith("before\n")
    assert text.endswith("\nafter\n")
    assert "stale" not in text


def test_every_benchmark_has_a_word_on_the_page() -> None:
    assert set(command.BENCHMARKS) <= set(page.ABOUT)
    assert page.BEGIN in page.PAGE.read_text()


def test_a_queue_is_measured_at_each_size(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("REPEATS", 2), ("STARTS", 1), ("SETTLE", 0.1)):
        monkeypatch.setattr(queue, name, value)
    figures = {line.what: line.value for line in queue.main((5, 20))}
    assert figures["claim, all due, 20 waiting"] > 0
    assert figures["memory (PSS, 4 workers), 5 waiting"] > 10
    assert "start to first answer, 20 waiting" in capsys.readouterr().out


def test_reactions_of_three_servers_are_measured() -> None:
    lines = {line.what: line for line in reaction.main(1)}
    for server in ("plex", "jellyfin", "emby"):
        assert lines[f"{server}: verified after one scan"].met
        assert lines[f"{server}: due, to the request, p95"].value > 0


def test_a_day_of_the_soak_is_lived_and_everything_is_verified() -> None:
    lines = {line.what: line for line in summary.lines("soak", soak.main(1, groups=1))}
    assert lines["webhooks"].value == 400
    assert lines["scans open at the end"].met
    assert lines["verified, of all that ended"].met
