"""Judge a scan that is due: go, wait, or give up; one look at its files, no waiting here."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import islice
from types import MappingProxyType

from autoscan.clock import Clock
from autoscan.errors import FileCheckError
from autoscan.filecheck import FileChecker
from autoscan.model import Expectation, Kind, Scan
from autoscan.paths import Mappings, ancestors, covers, key, parent
from autoscan.presence.case import Case
from autoscan.presence.guard import Guard
from autoscan.presence.inside import Inside, Insides
from autoscan.presence.memory import Memory
from autoscan.presence.places import Place, Places
from autoscan.presence.sight import Lookout, Sight
from autoscan.presence.verdicts import Go, Missing, Rules, Verdict, Wait
from autoscan.presence.wanted import Finding
from autoscan.store import Queue

#: Seconds between two looks at a file that may still be written.
SECOND_LOOK = 3
#: Seconds between looks for a root that is gone.
HELD = 30
#: Folders of which it is told, at one look, that a file in them is missing.
TOLD = 3
#: Seconds until a mount that hangs is asked for again; the checker leaves it alone for longer.
HUNG = 60
#: Seconds for which an announced removal is waited for, counted from the first look.
REMOVAL = 600
#: Seconds between looks at it: a fraction of the time passed, within these bounds.
REMOVAL_LOOKS = (5, 30)


class Presence:
    """Decides when a scan's files are there, or gone, so that it may go to the servers."""

    def __init__(  # noqa: PLR0913 - wiring gives each by its name
        self,
        *,
        checker: FileChecker,
        mappings: Mappings,
        known_roots: Sequence[str],
        rules: Rules,
        roots: Queue,
        clock: Clock,
        warn: Callable[[str, str], None],
        anchors: Mapping[str, tuple[str, ...]] = MappingProxyType({}),
        mass_limit: int = 50,
        on_missing: Callable[[str, int], str] | None = None,
    ) -> None:
        """Take the file-exist mappings, the targets of all path mappings, and where to tell lasting warnings.

        `warn(key, text)` keeps `text` until it is called with the same key and an empty text. `anchors` and
        `mass_limit` are the settings of the guard. `on_missing(local path, checks so far)` is called for a file that
        is not there, at each look that counts, once for each folder; it returns a note for the record, or `""`.
        """
        self._checker = checker
        self._lookout = Lookout(checker=checker, roots=roots, warn=warn)
        self._places = Places(
            mappings=mappings, known_roots=known_roots, mounts=checker.mounts, recorded=roots.known_roots
        )
        #: Whether paths must be left alone; the servers' lanes ask it, too.
        self.guard = Guard(
            checker=checker,
            places=self._places,
            lookout=self._lookout,
            anchors=anchors,
            mass_limit=mass_limit,
            clock=clock,
            warn=warn,
        )
        self._insides = Insides(checker=checker, places=self._places)
        self._on_missing = on_missing
        self._rules = rules
        self._clock = clock
        self._memory = Memory()

    def judge(self, scan: Scan) -> Verdict:
        """Look once at what the scan expects, and decide; a mount that hangs makes it wait, and uses up nothing."""
        try:
            verdict = self._judge(scan)
        except FileCheckError as error:
            return self._wait(scan, HUNG, str(error))
        if not isinstance(verdict, Wait):
            self._memory.forget(scan.id)
        return verdict

    def inside(self, scan: Scan, limit: int) -> Inside:
        """Return the media files in the folders that `scan` wants, up to `limit` of each; none if it names files."""
        return self._insides.of(scan, limit) if self._rules.max_checks > 0 else Inside()

    def hold(self, paths: Iterable[str]) -> str:
        """Return why none of these mapped paths may be scanned or taken for deleted now, `""` if they may."""
        try:
            return self.guard.hold(paths, roots=self._rules.max_checks > 0)
        except FileCheckError as error:
            return str(error)

    def close(self) -> None:
        """End the helpers that look at media."""
        self._checker.close()

    def _judge(self, scan: Scan) -> Verdict:
        places = self._places.of(each.path for each in scan.expectations)
        if reason := self.guard.anchors(places or self._places.of([scan.folder])):
            return self._wait(scan, HELD, reason)
        if self._rules.max_checks <= 0:
            return Go()
        looked_for = (places[each.path] for each in scan.expectations if self._matters(each, places))
        sights = self._lookout.of(looked_for, scan)
        if reason := self.guard.roots(sights) or self.guard.mass(places):
            return self._wait(scan, HELD, reason)
        case = self._look(scan, places, sights)
        verdict = self._wanted(case)
        if not isinstance(verdict, Go):
            return verdict
        unseen = [
            f"not checked: Autoscan sees nothing of {root}" for root in sorted(sights) if sights[root] is Sight.NEVER
        ]
        return self._removals(case, verdict, unseen)

    def _matters(self, each: Expectation, places: Mapping[str, Place]) -> bool:
        """Tell whether the root decides: what is gone is not looked for, but a mount known to be gone holds it."""
        return each.change.wants_presence or each.announced or self._lookout.recorded(places[each.path].root)

    def _look(self, scan: Scan, places: Mapping[str, Place], sights: Mapping[str, Sight]) -> Case:
        seen = [each for each in scan.expectations if sights.get(places[each.path].root) is Sight.VISIBLE]
        wanted = tuple(each for each in seen if each.change.wants_presence)
        announced = tuple(each for each in seen if each.announced and not each.change.wants_presence)
        local = {each.path: places[each.path].local for each in (*wanted, *announced)}
        looks = self._checker.look(list(local.values()))
        case = Case(
            scan=scan,
            now=self._clock.now(),
            places=places,
            looks={path: looks[at] for path, at in local.items()},
            before=self._memory.of(scan.id),
            wanted=wanted,
            announced=announced,
        )
        self._memory.keep(scan.id, case.files())
        return case

    def _wanted(self, case: Case) -> Verdict:
        findings = case.findings()
        missing = _those(findings, Finding.ABSENT)
        unfinished = _those(findings, Finding.OTHER_SIZE, Finding.CHANGING)
        young = _those(findings, Finding.YOUNG)
        troubles = {"not there": missing, "not whole": unfinished}
        reasons = [f"{what}: {case.names(paths)}" for what, paths in troubles.items() if paths]
        if not reasons and young:
            return self._wait(case.scan, SECOND_LOOK, f"looks again whether it is still written: {case.names(young)}")
        if reasons and case.scan.checks + 1 < self._rules.max_checks:
            notes = self._tell_missing(case, missing)
            return self._wait(case.scan, self._rules.delay, "; ".join([*reasons, *notes]), counts=True)
        if held := self._count_missing(case, missing):
            return self._wait(case.scan, HELD, held)
        if len(missing) == len(findings) and missing and not case.has_removals():
            return self._nothing_there(case, missing)
        return Go(
            folder=case.moved(),
            note=_joined([*reasons, *case.resized()]),
            found=case.found(findings),
            missing=self._missing(case, missing) if missing else None,
        )

    def _tell_missing(self, case: Case, missing: Sequence[str]) -> list[str]:
        """Tell of one missing file of each folder, and return what was noted about it."""
        if self._on_missing is None:
            return []
        by_folder = {parent(case.places[path].local): case.places[path].local for path in missing}
        notes = (self._on_missing(local, case.scan.checks) for local in islice(by_folder.values(), TOLD))
        return [note for note in dict.fromkeys(notes) if note]

    def _count_missing(self, case: Case, missing: Sequence[str]) -> str:
        """Have the guard count the files that never came; return why their mount is lost, `""` if it is not.

        A path of unsaid kind may as well be a removal that somebody announces by naming it.
        """
        kinds = {each.path: each.kind for each in case.wanted}
        for path in missing:
            self.guard.missing(path, announced=kinds[path] is Kind.UNKNOWN, kind=kinds[path])
        return self.guard.mass({path: case.places[path] for path in missing})

    def _nothing_there(self, case: Case, missing: Sequence[str]) -> Go | Missing:
        folder = self._nearest_folder(case, case.places[missing[0]]) if self._rules.folder_on_exhaustion else None
        if folder is None:
            return self._missing(case, missing)
        moved = None if key(folder) == key(case.scan.folder) else folder
        return Go(folder=moved, note=f"{self._looked(case, missing)}; scans {folder} all the same")

    def _missing(self, case: Case, missing: Sequence[str]) -> Missing:
        return Missing(
            reason=f"file_missing: {self._looked(case, missing)}; see whether it exists under that path on this "
            "machine, and if it lies elsewhere map it in SERVER_FILE_EXIST_PATH_MAPPINGS; then retry",
            paths=tuple(missing),
        )

    def _looked(self, case: Case, missing: Sequence[str]) -> str:
        checks = case.scan.checks + 1
        often = f"{checks} times for" if checks > 1 else "once for"
        apart = f", {self._rules.delay} s apart" if checks > 1 else ""
        return f"looked {often} {case.names(missing)}{apart}, and it was not there"

    def _nearest_folder(self, case: Case, beside: Place) -> str | None:
        """Return the scan's mapped folder, or the nearest above it on the same root, that exists."""
        above = ancestors(case.scan.folder, stop=beside.mapped_root)
        folders = [folder for folder in (case.scan.folder, *above) if covers(beside.mapped_root, folder)]
        local = {folder: self._places.at(folder, beside).local for folder in folders}
        looks = self._checker.look(list(local.values()))
        return next((folder for folder in folders if looks[local[folder]].kind is Kind.FOLDER), None)

    def _removals(self, case: Case, go: Go, notes: Sequence[str]) -> Go | Wait:
        there = case.still_there()
        left = REMOVAL - self._waited(case)
        if there and left > 0:
            seconds = min(left, max(REMOVAL_LOOKS[0], min(REMOVAL_LOOKS[1], self._waited(case) / 6)))
            return self._wait(case.scan, seconds, f"waits until it is gone, as announced: {case.names(there)}")
        stayed = [f"still there after {REMOVAL // 60} minutes: {case.names(there)}"] if there else []
        return replace(go, note=_joined([go.note, *stayed, *notes]))

    def _waited(self, case: Case) -> float:
        return max(0.0, (case.now - (case.scan.claimed_at or case.scan.due_at)).total_seconds())

    def _wait(self, scan: Scan, seconds: float, reason: str, *, counts: bool = False) -> Wait:
        until = self._clock.now() + timedelta(seconds=max(1, seconds))
        return Wait(until=until, reason=reason, checks=scan.checks + counts)


def _those(findings: Mapping[str, Finding], *kinds: Finding) -> list[str]:
    return [path for path, finding in findings.items() if finding in kinds]


def _joined(notes: Iterable[str]) -> str:
    return "; ".join(note for note in notes if note)
