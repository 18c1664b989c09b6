"""Whatever rclone, or what stands in its place, writes and answers: an error that is known, or a value."""

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from autoscan.errors import RcloneError
from autoscan.paths import components, covers
from autoscan.rclone import CacheRefresher, Decoder, Encrypted
from tests.chances import many
from tests.clocks import VirtualClock
from tests.fuzzing import anything
from tests.wires import answer, server

ROOT = "My Drive/encrypt"
SECRET = "b1t5/f0lder"
FILE, FOLDER = f"{ROOT}/{SECRET}/f1le", f"{ROOT}/{SECRET}"
#: What makes trouble in a line: what separates, what other programs take for line ends, ways out of a folder.
PIECES = st.sampled_from(
    ["x", "/x", "b1t5/f0lder/f1le", "b1t5/f0lder", "b1t5/f0lder/leaf", "leaf", " \t ", "\n", "\r\n", "/", "..", ".",
     "Failed to decrypt", "\u2028", "\x85", "\x0b", "\x1c", "\0", "Show", " ", "\ufffd", "C:\\",
     "no_data_encryption = true"]
)  # fmt: skip
NAMES = st.text(st.characters(exclude_characters="\n\0/", codec="utf-8"), min_size=1, max_size=8)


class Program:
    """An executable that writes what a test likes."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "rclone"
        self._written, self._reversed = folder / "written", folder / "reversed"
        self.path.write_text(
            f'#!/bin/sh\ncase "$*" in *--reverse*) exec cat "{self._reversed}";; esac\n'
            f'case "$*" in *fail*) cat "{self._written}" >&2; exit 1;; esac\n'
            f'exec cat "{self._written}"\n'
        )
        self.path.chmod(0o755)

    def decode(self, written: bytes, leaf: bytes = b"x \t leaf\n", remote: str = "full:") -> dict[str, str]:
        """Return what a decoder makes of both paths; nothing where it raises what is known."""
        self._written.write_bytes(written)
        self._reversed.write_bytes(leaf)
        kept: dict[str, str] = {}

        def load(_: str, names: Iterable[str]) -> Mapping[str, str]:
            return {name: kept[name] for name in names if name in kept}

        it = Decoder({ROOT: [remote]}, binary=str(self.path), load=load, keep=lambda _, names: kept.update(names))
        wanted = [Encrypted(path=FILE), Encrypted(path=FOLDER, folder=True)]
        with suppress(RcloneError):
            it.plain_size(FILE, 1000)
            found = it.decode(wanted)
            assert it.decode(wanted) == found
            assert len(found.paths) + len(found.failures) == len(wanted)
            return dict(found.paths)
        return {}


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path)


LINES = st.lists(PIECES, max_size=12).map("".join).map(str.encode) | st.binary(max_size=60)


@settings(max_examples=many(60), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(LINES, LINES | st.just(b"x \t leaf\n"), st.sampled_from(["full:", "fail:"]))
@example(b"b1t5/f0lder/f1le \t \n", b"x \t leaf\n", "full:")
@example(b"b1t5/f0lder/f1le \t ../../other\n", b"x \t leaf\n", "full:")
@example(b"b1t5/f0lder/leaf \t x\n", b"x \t leaf\n", "full:")
@example(b"b1t5/f0lder/leaf \t /x\n", b"x \t leaf\n", "full:")
@example(b"b1t5/f0lder/leaf \t Show\n", b"x \t leaf\n", "full:")
@example(b"", b"nonsense", "full:")
def test_nothing_that_it_writes_leads_out_of_the_mapping(
    program: Program, written: bytes, leaf: bytes, remote: str
) -> None:
    for path in program.decode(written, leaf, remote).values():
        assert covers(ROOT, path)
        assert len(components(path)) > len(components(ROOT))
        assert "\0" not in path


@settings(max_examples=many(40), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(NAMES, NAMES)
@example("a\u2028b", "c\x85d\x0be\x1cf")
@example("a\tb", "c \t d")
def test_a_name_is_decoded_whatever_characters_it_has(program: Program, folder: str, name: str) -> None:
    if {folder, name} & {".", ".."} or name.endswith("\r"):
        return
    said = f"{SECRET}/f1le \t {folder}/{name}\n{SECRET}/leaf \t {folder}/x\n"
    assert program.decode(said.encode()) == {FILE: f"{ROOT}/{folder}/{name}", FOLDER: f"{ROOT}/{folder}"}


# ----- the remote control

MEMBERS = "result vfses error status path input OK Media"
BODIES = anything(MEMBERS).map(json.dumps) | st.text(max_size=40)


@settings(max_examples=many(80))
@given(BODIES, BODIES, st.sampled_from([200, 200, 204, 404]), st.sampled_from(["Media/", "gdrive:Media/", "/", ""]))
@example("[]", '{"result": {}}', 200, "gdrive:")
@example('{"vfses": ["gdrive:\\ud800"]}', '{"result": {"Media": "\\ud800"}}', 200, "gdrive:")
def test_whatever_the_remote_control_answers_a_note_comes_of_it(first: str, then: str, status: int, to: str) -> None:
    bodies = [first, then, then]

    def talk(connection: Any, request: bytes) -> None:
        body = bodies.pop(0) if bodies else then
        answer(status, b"" if status == 204 else body.encode(errors="replace"))(connection, request)

    with server(talk) as it:
        refresher = CacheRefresher(it.url, {to: ["/mnt/rclone/Media/"]}, clock=VirtualClock())
        note = refresher.refresh("/mnt/rclone/Media/TV/x.mkv")
        refresher.close()
    assert note.encode().decode() == note
    assert 0 < len(note) < 1200
