"""A few helpers shared by every thread that asks what the media look like."""

import sys
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from autoscan.clock import Clock
from autoscan.errors import FileCheckError
from autoscan.filecheck.looks import Found, Listing, Look, Walk
from autoscan.filecheck.mounts import LeftAlone, mount_of, mount_points, read_mountinfo
from autoscan.filecheck.process import Ending, Exchange, Helper, Patience
from autoscan.model import Kind

#: How a helper is started: isolated, without site-packages, by its path.
COMMAND = (sys.executable, "-I", "-S", str(Path(__file__).with_name("helper.py")))
#: Seconds for which a mount that did not answer is left alone.
LEFT_ALONE = 300
#: Seconds that each path adds to the limit of an exchange: a cold network folder is slow, not dead.
PER_PATH = 0.5
#: The longest exchange, in multiples of the time-out: several fit into the minute after which a job counts as stuck.
LONGEST = 4
#: For how long a helper walks through folders, in multiples of the time-out; then it tells what it has found.
WALK = 2
#: Helpers that may hang at once; each holds one process until its mount answers.
MAX_HANGING = 16
#: Seconds given to a killed helper to be gone.
GOODBYE = 0.5


class FileChecker:
    """Looks at media in helper processes, which start with the first look; safe for many threads."""

    def __init__(
        self,
        *,
        clock: Clock,
        helpers: int = 2,
        timeout: float = 5.0,
        command: Sequence[str] = COMMAND,
        mountinfo: Callable[[], str] = read_mountinfo,
    ) -> None:
        self._clock = clock
        self._helpers = helpers
        self._timeout = timeout
        self._command = tuple(command)
        self._mountinfo = mountinfo
        self._change = threading.Condition()
        self._idle: list[Helper] = []
        self._busy: set[Helper] = set()
        #: Helpers being started or asked; `_busy` has them once they run.
        self._taken = 0
        self._hanging: list[Helper] = []
        self._left = LeftAlone()
        self._epoch = 0

    def look(self, paths: Sequence[str]) -> dict[str, Look]:
        """Return what stands at each of `paths`, all in one exchange.

        Raises `FileCheckError` when a mount does not answer within the time-out (seconds without an answer), and at
        once for 300 s afterwards: it is left alone, while paths on other mounts are looked at as before.
        """
        asked = tuple(dict.fromkeys(paths))
        answers = self._ask(asked, {"paths": asked}) if asked else ()
        return {path: _look(answer) for path, answer in zip(asked, answers, strict=True)}

    def listing(self, path: str, limit: int = 1) -> Listing:
        """Return how many entries the folder `path` has, counted no further than `limit`; raises as `look`."""
        (answer,) = self._ask((path,), {"paths": (path,), "limit": limit})
        seen = _look(answer)
        return Listing(exists=seen.exists, kind=seen.kind, entries=answer.get("entries", 0), error=seen.error)

    def names(self, folder: str, *, within: str, prefix: str, limit: int) -> tuple[str, ...]:
        """Return the first names in `folder` that begin with `prefix`, folders with a `/` at the end; raises as `look`.

        Nothing is told of what lies, links followed, outside `within`; nor are hidden names.
        """
        names = {"within": within, "prefix": prefix, "limit": limit}
        (answer,) = self._ask((folder,), {"paths": (folder,), "names": names})
        return tuple(answer.get("names", ()))

    def walk(self, paths: Sequence[str], *, endings: Iterable[str], depth: int, limit: int) -> dict[str, Walk]:
        """Return the newest files below each folder in `paths`, up to `limit` of each; raises as `look`.

        Files end on one of `endings` (lower case) and lie at most `depth` names below the folder. Links are followed,
        hidden names are not.
        """
        asked = tuple(dict.fromkeys(paths))
        if not asked:
            return {}
        seconds = self._timeout * WALK / len(asked)
        walk = {"endings": sorted(endings), "depth": depth, "limit": limit, "seconds": seconds}
        answers = self._ask(asked, {"paths": asked, "walk": walk}, self._timeout * LONGEST)
        return {path: _walk(answer) for path, answer in zip(asked, answers, strict=True)}

    def mounts(self) -> Callable[[str], str]:
        """Return what tells the mount point that a path lies on, by the kernel's table of now; nothing is touched."""
        points = mount_points(self._mountinfo())
        return lambda path: mount_of(path, points)

    def close(self) -> None:
        """End every helper, within a second unless the kernel holds it; a look under way gets `FileCheckError`."""
        with self._change:
            self._epoch += 1
            idle, self._idle = self._idle, []
            hanging, self._hanging = self._hanging, []
            for helper in (*idle, *self._busy):
                helper.kill()
        for helper in (*idle, *hanging):
            helper.close(GOODBYE)

    def _ask(
        self, paths: Sequence[str], request: Mapping[str, Any], total: float | None = None
    ) -> Sequence[Mapping[str, Any]]:
        """Ask a helper, for `total` seconds at most; without that, for as long as so many paths may take."""
        total = min(self._timeout + PER_PATH * len(paths), self._timeout * LONGEST) if total is None else total
        points = mount_points(self._mountinfo())
        self._refuse(paths, points)
        for _ in range(2):
            exchange = self._exchange(paths, request, points, Patience(silence=self._timeout, total=total))
            if exchange.ending is Ending.DONE:
                return exchange.answers
        raise FileCheckError(
            f"the helper process that looks at media ended twice without an answer ({' '.join(self._command)}); "
            "is the machine out of memory or processes?"
        )

    def _refuse(self, paths: Sequence[str], points: tuple[str, ...]) -> None:
        now = self._clock.monotonic()
        with self._change:
            reasons = (self._left.why(path, mount_of(path, points), now) for path in paths)
            reason = next((text for text in reasons if text), "")
        if reason:
            raise FileCheckError(reason)

    def _exchange(
        self, paths: Sequence[str], request: Mapping[str, Any], points: tuple[str, ...], patience: Patience
    ) -> Exchange:
        epoch = self._epoch
        helper = self._borrow()
        exchange = None
        try:
            exchange = helper.ask(request, len(paths), patience)
        finally:
            self._give_back(helper, exchange)
        if epoch != self._epoch:
            raise FileCheckError("Autoscan is stopping; the look at the media was given up")
        if exchange.ending is Ending.HUNG:
            raise FileCheckError(self._leave_alone(helper, exchange, paths, points))
        return exchange

    def _leave_alone(self, helper: Helper, exchange: Exchange, paths: Sequence[str], points: tuple[str, ...]) -> str:
        path = paths[len(exchange.answers)]
        mount = mount_of(exchange.at or path, points)
        text = (
            f"{mount} does not answer: no look at {path} within {self._timeout:g} s. It is left alone for "
            f"{LEFT_ALONE // 60} minutes at a time; check the mount, and the server or network behind it"
        )
        until = self._clock.monotonic() + LEFT_ALONE
        with self._change:
            self._left.add(mount, text=text, until=until, link=exchange.link, freed=helper.gone)
        return text

    def _borrow(self) -> Helper:
        with self._change:
            if not self._change.wait_for(lambda: self._taken < self._helpers, self._timeout * LONGEST):
                raise FileCheckError("every helper process that looks at media is busy with a slow mount")
            self._hanging = [helper for helper in self._hanging if not helper.gone()]
            if len(self._hanging) >= MAX_HANGING:
                raise FileCheckError(f"{MAX_HANGING} looks at media hang in the kernel; check the mounts (`mount`)")
            self._taken += 1
            helper = self._idle.pop() if self._idle else None
            if helper is not None:
                self._busy.add(helper)
                return helper
        return self._start()

    def _start(self) -> Helper:
        try:
            helper = Helper(self._command)
        except OSError as error:
            with self._change:
                self._taken -= 1
                self._change.notify()
            raise FileCheckError(f"cannot start {self._command[0]} to look at media: {error}") from error
        with self._change:
            self._busy.add(helper)
        return helper

    def _give_back(self, helper: Helper, exchange: Exchange | None) -> None:
        ending = Ending.DIED if exchange is None else exchange.ending
        if ending is Ending.HUNG:
            helper.abandon()
        if ending is Ending.DIED:
            helper.close(GOODBYE)
        with self._change:
            self._taken -= 1
            self._busy.discard(helper)
            (self._idle if ending is Ending.DONE else self._hanging).append(helper)
            self._change.notify()


def _look(answer: Mapping[str, Any]) -> Look:
    return Look(
        exists=answer["exists"],
        kind=Kind(answer.get("kind", Kind.UNKNOWN)),
        size=answer.get("size"),
        mtime=answer.get("mtime"),
        error=answer.get("error", ""),
    )


def _walk(answer: Mapping[str, Any]) -> Walk:
    seen = _look(answer)
    files = tuple(Found(path=file["path"], size=file["size"], mtime=file["mtime"]) for file in answer.get("files", ()))
    return Walk(
        exists=seen.exists,
        kind=seen.kind,
        files=files,
        found=answer.get("found", 0),
        partial=answer.get("partial", False),
        error=seen.error,
    )
