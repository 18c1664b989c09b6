"""One leader, however many try; its jobs go on whatever happens to them; everything ends when asked to."""

import fcntl
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import PIPE

import pytest

from autoscan.clock import Clock
from autoscan.errors import StoreUnavailableError
from autoscan.services import Job, Services, beat, wake
from autoscan.services.lock import LeaderLock
from tests.waiting import QuickClock, wait_until

Make = Callable[..., Services]


@dataclass
class Counter:
    """A job that counts its steps."""

    name: str = "counter"
    steps: int = 0
    closed: threading.Event = field(default_factory=threading.Event)

    def step(self) -> bool:
        self.steps += 1
        return False

    def close(self) -> None:
        self.closed.set()


@dataclass
class Failing(Counter):
    """A job that fails at every step, and at its end."""

    def step(self) -> bool:
        self.steps += 1
        raise ValueError("no such thing")

    def close(self) -> None:
        self.closed.set()
        raise ValueError("cannot close either")


@dataclass
class Hanging(Counter):
    """A job whose step lasts until the test lets it go."""

    release: threading.Event = field(default_factory=threading.Event)

    def step(self) -> bool:
        self.steps += 1
        self.release.wait(20)
        return True


@dataclass
class Bringing(Counter):
    """A job that has something for the others, once."""

    def step(self) -> bool:
        self.steps += 1
        if self.steps == 2:
            wake()
        return self.steps < 2


@dataclass
class Foreseeing(Counter):
    """A job that knows when it will have something to do: very soon, or at some time."""

    rest: float = 0.0


@dataclass
class Calm(Counter):
    """A job that need not look often."""

    calm: float = 1.0


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    made: list[Services] = []

    def services(
        jobs: Sequence[Job] = (),
        *,
        recover: Callable[[], None] = lambda: None,
        clock: Clock | None = None,
        on_stall: Callable[[], None] = lambda: None,
        make_jobs: Callable[[], Sequence[Job]] | None = None,
    ) -> Services:
        one = Services(
            lock_path=tmp_path / "run" / "leader.lock",
            make_jobs=make_jobs or (lambda: jobs),
            recover=recover,
            clock=clock or QuickClock(),
            on_stall=on_stall,
        )
        made.append(one)
        return one

    yield services
    for one in made:
        one.stop()


def started(services: Services) -> Services:
    services.start()
    return services


def test_a_leader_recovers_first_and_then_repeats_every_job(make: Make) -> None:
    story: list[str] = []
    jobs = [Counter(name="one"), Counter(name="two")]

    def make_jobs() -> Sequence[Job]:
        story.append("jobs")
        return jobs

    started(make(recover=lambda: story.append("recover"), make_jobs=make_jobs))
    wait_until(lambda: all(job.steps > 2 for job in jobs))
    assert story == ["recover", "jobs"]


def test_nothing_is_made_or_opened_before_the_start(make: Make, tmp_path: Path) -> None:
    services = make(make_jobs=lambda: pytest.fail("made too early"))
    assert list(tmp_path.iterdir()) == []
    assert services.stop()


def test_one_of_many_leads_and_the_next_takes_over(make: Make) -> None:
    all_of_them = [started(make([Counter()])) for _ in range(4)]
    for left in range(4, 0, -1):
        wait_until(lambda: sum(services.leading for services in all_of_them) == 1)
        leader = next(services for services in all_of_them if services.leading)
        assert leader.stop()
        assert not leader.leading
        all_of_them.remove(leader)
        assert len(all_of_them) == left - 1


def test_the_jobs_are_closed_when_the_leadership_ends_and_made_anew_for_the_next(make: Make) -> None:
    first, second = Counter(), Counter()
    leader = started(make([first]))
    wait_until(lambda: first.steps)
    follower = started(make([second]))
    leader.stop()
    assert first.closed.is_set()
    wait_until(lambda: second.steps)
    assert follower.leading


def test_the_lock_file_names_the_leading_process(make: Make, tmp_path: Path) -> None:
    services = started(make())
    wait_until(lambda: services.leading)
    assert (tmp_path / "run" / "leader.lock").read_text() == f"{os.getpid()}\n"


def test_an_error_of_a_job_is_logged_and_ends_neither_it_nor_the_others(
    make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    failing, other = Failing(name="failing"), Counter()
    services = started(make([failing, other]))
    wait_until(lambda: failing.steps > 2 and other.steps > 2)
    services.stop()
    assert failing.closed.is_set()
    lines = [record for record in caplog.records if "failing failed" in record.message]
    assert [record.levelname for record in lines] == ["ERROR", "ERROR"]
    assert lines[0].exc_info is not None
    assert "no such thing" in lines[0].message
    assert "cannot close either" in lines[1].message


def test_the_same_error_is_written_again_after_a_minute_and_another_one_at_once(
    make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    failing = Failing(name="failing")
    services = started(make([failing], clock=QuickClock(500)))
    wait_until(lambda: failing.steps > 75)
    services.stop()
    lines = [record for record in caplog.records if "no such thing" in record.message]
    assert 2 <= len(lines) < failing.steps / 10


def test_a_job_without_a_tick_for_a_minute_ends_the_process(make: Make, caplog: pytest.LogCaptureFixture) -> None:
    ended = threading.Event()
    hanging = Hanging(name="hanging")
    clock = QuickClock()
    begun = clock.monotonic()
    started(make([hanging, Counter()], clock=clock, on_stall=ended.set))
    assert ended.wait(10)
    assert clock.monotonic() - begun >= 60
    assert "hanging gave no sign of life for 60 s" in caplog.text
    hanging.release.set()


def test_a_job_that_beats_may_take_as_long_as_it_likes(make: Make) -> None:
    ended, done = threading.Event(), threading.Event()
    clock = QuickClock()

    class Slow(Counter):
        def step(self) -> bool:
            for _ in range(8):
                clock.wait(10, threading.Event())
                beat()
            done.set()
            return True

    started(make([Slow()], clock=clock, on_stall=ended.set))
    assert done.wait(20)
    assert not ended.is_set()


def test_a_beat_outside_of_a_job_does_nothing() -> None:
    beat()


def test_a_hanging_job_delays_the_stop_only_so_far_and_the_lock_stays_with_it(make: Make) -> None:
    hanging = Hanging()
    services = started(make([hanging, Counter()]))
    wait_until(lambda: hanging.steps)
    clock = Clock()
    begun = clock.monotonic()
    services.stop()
    assert clock.monotonic() - begun < 5
    assert services.leading
    other = started(make([Counter()]))
    threading.Event().wait(0.3)
    assert not other.leading
    hanging.release.set()


def test_a_replaced_lock_file_moves_the_leadership(make: Make, tmp_path: Path) -> None:
    job = Counter()
    started(make([job]))
    wait_until(lambda: job.steps)
    (tmp_path / "run" / "leader.lock").unlink()
    assert job.closed.wait(10)
    steps = job.steps
    wait_until(lambda: job.steps > steps, what="leads again, with a new file")


def test_a_job_that_hangs_when_the_lock_is_lost_ends_the_process(make: Make, tmp_path: Path) -> None:
    ended = threading.Event()
    hanging = Hanging()
    started(make([hanging], on_stall=ended.set))
    wait_until(lambda: hanging.steps)
    (tmp_path / "run" / "leader.lock").unlink()
    assert ended.wait(10)
    hanging.release.set()


def test_a_recovery_that_fails_is_tried_again_and_said_once(make: Make, caplog: pytest.LogCaptureFixture) -> None:
    tries: list[int] = []

    def recover() -> None:
        tries.append(1)
        if len(tries) < 4:
            raise StoreUnavailableError("the database is locked")

    job = Counter()
    started(make([job], recover=recover))
    wait_until(lambda: job.steps)
    assert caplog.text.count("cannot run the background jobs: StoreUnavailableError: the database is locked") == 1


def test_a_lock_file_that_cannot_be_made_is_said_and_tried_again(
    make: Make, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "run").write_text("in the way")
    services = started(make())
    wait_until(lambda: "cannot run the background jobs" in caplog.text)
    (tmp_path / "run").unlink()
    wait_until(lambda: services.leading)


def test_a_process_that_was_stopped_for_a_while_blames_no_job(make: Make) -> None:
    ended = threading.Event()
    clock = JumpingClock()
    job = Counter()
    started(make([job], clock=clock, on_stall=ended.set))
    wait_until(lambda: job.steps)
    clock.jump(3600)
    steps = job.steps
    wait_until(lambda: job.steps > steps + 10)
    assert not ended.is_set()


class JumpingClock(QuickClock):
    """As after SIGCONT: all of a sudden it is later."""

    jumped = 0.0

    def jump(self, seconds: float) -> None:
        self.jumped += seconds

    def monotonic(self) -> float:
        return super().monotonic() + self.jumped


def test_a_signal_during_a_stop_is_harmless(make: Make) -> None:
    services = started(make([Counter()]))
    services.ask_to_stop()
    services.ask_to_stop()
    assert services.stop()


def test_a_lock_that_was_never_taken_is_not_held(tmp_path: Path) -> None:
    lock = LeaderLock(tmp_path / "lock")
    assert not lock.is_held()
    lock.release()


def test_a_file_that_vanishes_while_it_is_locked_gives_no_leadership(tmp_path: Path) -> None:
    lock = LeaderLock(tmp_path / "lock")
    assert lock.acquire()
    (tmp_path / "lock").unlink()
    assert not lock.acquire()
    assert lock.acquire()
    lock.release()


def test_a_helper_program_does_not_inherit_the_lock(tmp_path: Path) -> None:
    lock = LeaderLock(tmp_path / "lock")
    assert lock.acquire()
    command = [sys.executable, "-c", "input(input())"]
    with subprocess.Popen(command, stdin=PIPE, stdout=PIPE, close_fds=False, text=True) as helper:
        assert helper.stdin
        assert helper.stdout
        helper.stdin.write("runs\n")
        helper.stdin.flush()
        assert helper.stdout.read(4) == "runs"
        lock.release()
        with (tmp_path / "lock").open() as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        helper.communicate("\n")


HANGS = """
import sys, threading
from pathlib import Path
from autoscan.services import Services
from tests.waiting import QuickClock

class Job:
    name = "hanging"
    def step(self):
        print("leads", flush=True)
        threading.Event().wait()
    def close(self): pass

Services(lock_path=Path(sys.argv[1]), make_jobs=lambda: [Job()], recover=lambda: None, clock=QuickClock()).start()
threading.Event().wait()
"""


def test_a_hanging_leader_kills_itself_and_the_kernel_frees_its_lock(tmp_path: Path) -> None:
    path = tmp_path / "leader.lock"
    with subprocess.Popen([sys.executable, "-c", HANGS, str(path)], stdout=PIPE, stderr=PIPE) as process:
        out, err = process.communicate(timeout=20)
    assert process.returncode == -signal.SIGKILL
    assert out == b"leads\n"
    assert b"gave no sign of life" in err
    assert LeaderLock(path).acquire()


def test_a_system_without_file_locks_is_told_so() -> None:
    code = "import sys; sys.modules['fcntl'] = None; import autoscan.services"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Autoscan needs file locks (flock), which this system has not" in done.stderr


def test_a_job_wakes_the_others_that_have_nothing_to_do(make: Make) -> None:
    idle, bringing = Counter(), Bringing()
    slow = QuickClock(speed=0.01)
    lead = make([idle, bringing], clock=slow)
    lead.start()
    wait_until(lambda: idle.steps >= 2, what="the idle job's pause of 25 s is over")


def test_a_job_that_foresees_work_does_not_wait_as_long_for_it(make: Make) -> None:
    soon, late, idle, calm = Foreseeing(rest=-1.0), Foreseeing(rest=3600.0), Counter(), Calm()
    make([soon, late, idle, calm], clock=QuickClock(speed=0.5)).start()
    wait_until(lambda: soon.steps >= 20, what="many pauses of 0.02 s, not of 0.5 s, are over")
    assert soon.steps > 4 * idle.steps
    wait_until(lambda: late.steps >= 5, what="nobody waits longer than usual")
    assert calm.steps < late.steps - 1


def test_a_pause_of_a_job_does_not_delay_the_end(make: Make) -> None:
    idle = Counter()
    lead = make([idle], clock=QuickClock(speed=0.01))
    lead.start()
    wait_until(lambda: idle.steps >= 1)
    lead.ask_to_stop()
    wait_until(idle.closed.is_set, what="the job is closed within its pause of 25 s")
