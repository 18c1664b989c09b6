"""A media server in every kind of trouble: the other one is served meanwhile, and the first gets everything later."""

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autoscan.errors import TargetError
from tests.houses import build, episode
from tests.servers import make_media, season
from tests.servers.base import FakeServer
from tests.targets import FAKES, LIBRARIES, media, pair

Break = Callable[[FakeServer], None]
#: What is wrong with it, until it is mended.
TROUBLE: dict[str, Break] = {
    "answers garbage": lambda it: it.fail_next(times=10_000, status=200, body=b"\x00\xff<{[" * 100),
    "answers without end": lambda it: it.fail_next(times=10_000, status=200, body=b"[" * 40_000_000),
    "closes the connection": lambda it: it.fail_next(times=10_000, error="reset"),
    "breaks off": lambda it: it.set(truncate_body="length"),
    "answers halves": lambda it: it.set(truncate_body="silent"),
    "redirects in a circle": lambda it: it.set(redirect=f"{it.url}/again"),
}


@pytest.mark.parametrize("trouble", TROUBLE.values(), ids=TROUBLE.keys())
def test_one_server_in_trouble_delays_nobody_else_and_gets_everything_once_it_is_mended(
    tmp_path: Path, trouble: Break
) -> None:
    make_media(tmp_path / "media/tv", season("Show", 1, [1]))
    with build(tmp_path) as house:
        sick = house.fakes["plex"]
        trouble(sick)
        house.receive(episode(tmp_path, 1))
        house.run(120)
        assert house.results("jellyfin") == ["verified"]
        assert house.results("plex") == ["pending"]
        state = house.queue.server("plex")
        assert state.paused_until is not None
        assert state.reason
        assert sick.token not in state.reason
        mend(sick)
        house.run(600)
        assert house.results("plex") == ["verified"]
        assert not sick.overlaps()


def mend(fake: FakeServer) -> None:
    fake._trouble._failures.clear()
    fake.set(truncate_body="", redirect="")


#: What a program may take for an answer of a server: anything that JSON can say, with the names that are read.
NAMES = st.sampled_from(
    ["MediaContainer", "Directory", "Metadata", "Location", "Items", "Id", "Path", "Locations", "Name", "key", "size"]
)
ANSWERS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=10,
)


@pytest.mark.parametrize("kind", sorted(FAKES))
def test_no_answer_of_a_server_makes_anything_but_an_error_that_is_known(kind: str, tmp_path: Path) -> None:
    calls = ("probe", "info", "libraries", "states")
    with pair(kind, {"/data": media(tmp_path / "media")}) as it:

        @settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck), database=None)
        @given(st.sampled_from(calls), ANSWERS.map(json.dumps) | st.text(max_size=40))
        def ask(call: str, body: str) -> None:
            it.fake._trouble._failures.clear()
            it.fake.fail_next(times=50, status=200, body=body.encode(errors="replace"), type="application/json")
            with suppress(TargetError):
                getattr(it.target, call)(**({"fresh": True} if call == "libraries" else {}))

        ask()
        it.fake._trouble._failures.clear()
        assert len(it.target.libraries(fresh=True)) == len(LIBRARIES)
