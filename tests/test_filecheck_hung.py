"""Mounts that do not answer cost a helper, and nothing else."""

import ctypes
import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autoscan.errors import FileCheckError
from autoscan.filecheck import FileChecker, pool
from autoscan.filecheck.mounts import LeftAlone, below, mount_of, mount_points, read_mountinfo
from autoscan.filecheck.pool import COMMAND, LEFT_ALONE
from tests.clocks import VirtualClock
from tests.waiting import wait_until

#: A helper that hangs, as in a dead mount, on every path below one of its arguments that exists.
HANGS = """
import importlib.util, os, signal, sys
spec = importlib.util.spec_from_file_location("helper", sys.argv[1])
helper = importlib.util.module_from_spec(spec)
spec.loader.exec_module(helper)
real = os.stat
def stat(path):
    resolved = os.path.realpath(path)
    for dead in sys.argv[2:]:
        if resolved.startswith(os.fsencode(dead) + b"/"):
            open(os.fsencode(dead) + b".asked", "w").close()
            signal.pause()
    return real(path)
helper.os.stat = stat
helper.serve(sys.stdin.buffer, lambda data: os.write(1, data))
"""
#: A helper that gives signs of life, and no answer.
DAWDLES = """
import select, sys
print(flush=True)
while True:
    print('{"link": "/l", "at": "/a"}', flush=True)
    select.select([], [], [], 0.01)
"""
#: A helper that does not even read.
DEAF = "import signal; print(flush=True); signal.pause()"


class Media:
    """Two mounts, of which one is dead, and a checker that looks at them."""

    def __init__(self, folder: Path) -> None:
        self.clock = VirtualClock()
        self.dead, self.live = folder / "dead", folder / "live"
        for mount in (self.dead, self.live):
            mount.mkdir()
        self.file = self.live / "a.mkv"
        self.file.touch()
        script = folder / "hangs.py"
        script.write_text(HANGS)
        self.table = "".join(f"1 2 3:4 / {point} rw - ext4 /dev/x rw\n" for point in ("/", self.dead, self.live))
        self.checker = FileChecker(
            clock=self.clock,
            timeout=0.8,
            command=(sys.executable, "-I", "-S", str(script), COMMAND[-1], str(self.dead)),
            mountinfo=lambda: self.table,
        )


@pytest.fixture
def media(tmp_path: Path) -> Iterator[Media]:
    made = Media(tmp_path.resolve())
    yield made
    made.checker.close()


def failure(look: Callable[[], object]) -> str:
    with pytest.raises(FileCheckError) as caught:
        look()
    return str(caught.value)


def test_a_dead_mount_is_named_and_costs_one_helper(media: Media) -> None:
    text = failure(lambda: media.checker.look([f"{media.dead}/a.mkv"]))
    assert text.startswith(f"{media.dead} does not answer: no look at {media.dead}/a.mkv within 0.8 s")
    assert [helper.close(10) for helper in media.checker._hanging] == [True]


def test_a_dead_mount_is_left_alone_at_once_and_others_go_on(media: Media) -> None:
    text = failure(lambda: media.checker.look([f"{media.dead}/a.mkv"]))
    helpers = list(media.checker._hanging)
    assert failure(lambda: media.checker.look([str(media.file), f"{media.dead}/b/c.mkv"])) == text
    assert failure(lambda: media.checker.listing(str(media.dead))) == text
    assert media.checker._hanging == helpers
    assert media.checker.look([str(media.file)])[str(media.file)].exists


def test_the_path_that_hangs_is_told_from_those_that_answered(media: Media) -> None:
    text = failure(lambda: media.checker.look([str(media.file), f"{media.dead}/b.mkv", str(media.live)]))
    assert text.startswith(f"{media.dead} does not answer: no look at {media.dead}/b.mkv")


def test_a_link_onto_a_dead_mount_names_the_mount_and_is_left_alone_too(media: Media) -> None:
    (media.live / "link").symlink_to(media.dead)
    text = failure(lambda: media.checker.look([str(media.file), f"{media.live}/link/a.mkv"]))
    assert text.startswith(f"{media.dead} does not answer")
    assert failure(lambda: media.checker.look([f"{media.live}/link/b.mkv"])) == text
    assert media.checker.look([str(media.file)])[str(media.file)].exists


def test_after_its_time_a_mount_is_looked_at_again(media: Media) -> None:
    failure(lambda: media.checker.look([f"{media.dead}/a.mkv"]))
    assert all(helper.close(10) for helper in media.checker._hanging)
    media.dead.rename(media.dead.with_name("was dead"))
    media.clock.advance(LEFT_ALONE - 1)
    failure(lambda: media.checker.look([f"{media.dead}/a.mkv"]))
    media.clock.advance(1)
    media.checker._command = COMMAND
    assert not media.checker.look([f"{media.dead}/a.mkv"])[f"{media.dead}/a.mkv"].exists


def test_a_helper_that_dawdles_for_ever_is_given_up(media: Media) -> None:
    checker = FileChecker(clock=media.clock, timeout=0.2, command=(sys.executable, "-c", DAWDLES))
    assert "does not answer" in failure(lambda: checker.look(["/x"]))
    checker.close()


def test_a_helper_that_does_not_read_is_given_up(media: Media) -> None:
    checker = FileChecker(clock=media.clock, timeout=0.3, command=(sys.executable, "-c", DEAF))
    assert "does not answer" in failure(lambda: checker.look([f"/x/{number}" for number in range(20000)]))
    checker.close()


def test_who_waits_for_a_helper_too_long_is_told_so(media: Media) -> None:
    checker = FileChecker(clock=media.clock, helpers=1, timeout=0.05, command=(sys.executable, "-c", DAWDLES))
    texts: list[str] = []
    threads = [threading.Thread(target=lambda: texts.append(failure(lambda: checker.look(["/x"])))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    checker.close()
    assert any("is busy with a slow mount" in text for text in texts)


def test_close_ends_a_look_that_hangs(media: Media) -> None:
    checker = FileChecker(clock=media.clock, timeout=60, command=media.checker._command, mountinfo=lambda: media.table)
    texts: list[str] = []
    looked = threading.Thread(target=lambda: texts.append(failure(lambda: checker.look([f"{media.dead}/a.mkv"]))))
    looked.start()
    wait_until(media.dead.with_name("dead.asked").exists)
    checker.close()
    looked.join(10)
    assert texts == ["Autoscan is stopping; the look at the media was given up"]


def test_too_many_hanging_helpers_end_all_looks(media: Media) -> None:
    media.checker._hanging = [Stuck()] * pool.MAX_HANGING  # type: ignore[list-item]  # the kernel's doing, not ours
    assert "hang in the kernel" in failure(lambda: media.checker.look([str(media.file)]))
    media.checker._hanging = []


class Stuck:
    """A helper in the kernel's hands: no signal ends it."""

    def gone(self) -> bool:
        return False


def test_a_mount_stays_left_alone_while_a_helper_hangs_there() -> None:
    left, freed = LeftAlone(), [False]
    left.add("/mnt/nas", text="dead", until=300, link="", freed=lambda: freed[0])
    assert left.why("/mnt/nas/a", "/mnt/nas", 100) == "dead"
    assert left.why("/mnt/nas/a", "/mnt/nas", 1000) == "dead"
    freed[0] = True
    assert left.why("/mnt/nas/a", "/mnt/nas", 299) == "dead"
    assert left.why("/mnt/nas/a", "/mnt/nas", 300) == ""


def test_a_mount_below_a_dead_one_is_another_mount() -> None:
    left = LeftAlone()
    left.add("/", text="dead", until=300, link="", freed=lambda: True)
    assert left.why("/mnt/nas/a", "/mnt/nas", 0) == ""


MOUNTINFO = r"""22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime - ext4 /dev/vda rw
40 27 0:50 / /mnt/My\040Media\134x rw - fuse.mergerfs a:b rw

41 40 0:51 / /mnt/My\040Media\134x/tv rw master:1 - nfs4 nas:/tv rw
"""


@pytest.mark.parametrize(
    ("path", "mount"),
    [
        ("/mnt/My Media\\x/tv/Show/a.mkv", "/mnt/My Media\\x/tv"),
        ("/mnt/My Media\\x/tv-anime/a.mkv", "/mnt/My Media\\x"),
        ("/mnt/My Media\\x", "/mnt/My Media\\x"),
        ("/mnt/elsewhere", "/"),
    ],
)
def test_the_longest_mount_point_that_covers_a_path_is_its_mount(path: str, mount: str) -> None:
    assert mount_of(path, mount_points(MOUNTINFO)) == mount


def test_without_a_table_the_first_component_stands_for_the_mount() -> None:
    assert mount_of("/mnt/media/a", mount_points("")) == "/mnt"


def test_the_kernel_s_table_has_the_root() -> None:
    assert "/" in mount_points(read_mountinfo())
    assert FileChecker(clock=VirtualClock()).mounts()("/proc/self") == "/proc"


@pytest.mark.parametrize(("root", "path", "is_below"), [("/", "/a", True), ("/a", "/ab", False), ("/a", "/a", True)])
def test_below_ends_at_component_boundaries(root: str, path: str, is_below: bool) -> None:
    assert below(root, path) is is_below


@pytest.fixture
def unserved(tmp_path: Path) -> Iterator[Path]:
    """A real file system whose server never answers: every look at it hangs in the kernel."""
    point, libc = tmp_path / "unserved", ctypes.CDLL(None, use_errno=True)
    point.mkdir()
    try:
        device = os.open("/dev/fuse", os.O_RDWR)
    except OSError as error:
        pytest.skip(f"no FUSE here: {error}")
    options = f"fd={device},rootmode=40000,user_id=0,group_id=0".encode()
    try:
        if libc.mount(b"unserved", os.fsencode(point), b"fuse", 0, options):
            pytest.skip(f"may not mount here: {os.strerror(ctypes.get_errno())}")
        yield point
        libc.umount2(os.fsencode(point), 2)
    finally:
        os.close(device)


def test_a_real_mount_that_hangs_is_abandoned_and_its_neighbours_are_not(unserved: Path) -> None:
    checker = FileChecker(clock=VirtualClock(), timeout=1)
    assert failure(lambda: checker.look([f"{unserved}/a.mkv"])).startswith(f"{unserved} does not answer")
    assert failure(lambda: checker.listing(str(unserved))).startswith(f"{unserved} does not answer")
    assert checker.look([str(unserved.parent)])[str(unserved.parent)].exists
    checker.close()
