"""Read from the queue what has become of the paths of one command."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

from autoscan import paths, verification
from autoscan.cli.scanning import rows
from autoscan.cli.scanning.rows import Row
from autoscan.clock import Clock
from autoscan.intake import Outcome, Taken
from autoscan.model import Ask, Delivery, DeliveryState, Finding, Phase, Scan, ScanState, Transition
from autoscan.store import Queue
from autoscan.targets import Target

#: A server that has not answered for so long, in seconds, is not waited for any more.
UNAVAILABLE_SECONDS = 60


class Watch:
    """Follows what was taken in by one event."""

    def __init__(self, queue: Queue, targets: Sequence[Target], taken: Sequence[Taken], clock: Clock) -> None:
        self._queue = queue
        self._targets = {target.name: target for target in targets}
        self._taken = taken
        self._clock = clock
        self._began = clock.now()
        #: By server and id: read from the list that the lane has just asked for.
        self._titles: dict[tuple[str, str], str] = {}

    def rows(self) -> tuple[Row, ...]:
        """Return a row for each path, server and library."""
        stories = {scan.id: _Story(self._queue, scan) for scan in self._scans()}
        return tuple(row for taken in self._taken for row in self._of_path(taken, stories))

    def has_commands(self) -> bool:
        """Tell whether a command after a scan is still to be run, or to end."""
        return bool(self._queue.not_ran_after(self._began))

    def _scans(self) -> list[Scan]:
        ids = dict.fromkeys(taken.scan_id for taken in self._taken if taken.scan_id is not None)
        return [scan for scan_id in ids if (scan := self._queue.scan(scan_id)) is not None]

    def _of_path(self, taken: Taken, stories: "dict[int, _Story]") -> Iterator[Row]:
        blank = Row(typed=taken.path, path=taken.mapped, state=rows.WAITING)
        story = stories.get(taken.scan_id or 0)
        if taken.outcome is Outcome.IGNORED:
            text = f"'{taken.detail}' is in SERVER_IGNORE_LIST"
            yield replace(blank, state=rows.IGNORED, text=text, over=True)
        elif story is not None and story.deliveries:
            blank = replace(blank, note=story.scan.reason if story.scan.state is ScanState.DELIVERING else "")
            for delivery in story.deliveries:
                yield from self._of_delivery(blank, delivery, story)
        elif story is not None:
            yield _before_delivery(blank, story.scan)

    def _of_delivery(self, blank: Row, delivery: Delivery, story: "_Story") -> Iterator[Row]:
        blank = replace(blank, server=delivery.server)
        asks = [ask for ask in story.asks if ask.delivery.id == delivery.id]
        for ask in asks:
            yield self._of_ask(replace(blank, library=self._title(delivery.server, ask.library_id)), ask, story)
        if delivery.state is DeliveryState.PENDING and not asks:
            yield self._unless_paused(replace(blank, state=rows.ASKING), delivery.server)
        elif not asks or delivery.state in {DeliveryState.FAILED, DeliveryState.NOT_HERE}:
            text = delivery.error or delivery.evidence
            yield replace(blank, state=delivery.state, text=text, over=True, ended_at=delivery.ended_at)

    def _of_ask(self, blank: Row, ask: Ask, story: "_Story") -> Row:
        own = self._own(blank.path, ask)
        row = replace(blank, scans=ask.scans, requests=ask.requests, findings=own)
        seen = ask.result is not None or any(finding.path == self._at_server(ask, blank.path) for finding in own)
        if seen and own:
            state = DeliveryState.worst(finding.result for finding in own)
            text, at = verification.in_words(own), max(finding.at for finding in own)
            return replace(row, state=state, text=text, over=True, ended_at=at)
        if ask.result is not None:
            text = ask.evidence or ask.delivery.evidence
            return replace(row, state=ask.result, text=text, over=True, ended_at=ask.delivery.ended_at)
        waits = replace(row, state=_under_way(ask), text=story.last_words(ask.delivery.id))
        return self._unless_paused(waits, ask.delivery.server)

    def _own(self, path: str, ask: Ask) -> tuple[Finding, ...]:
        """Return the findings of `path`, or of what lies below it."""
        at = self._at_server(ask, path)
        return tuple(finding for finding in ask.findings if paths.covers(at, finding.path))

    def _at_server(self, ask: Ask, path: str) -> str:
        return self._targets[ask.delivery.server].server_path(path)

    def _unless_paused(self, row: Row, server: str) -> Row:
        """Return `row`, or why the server cannot be asked, which is the end if it will not pass by itself."""
        state = self._queue.server(server)
        if state.paused_until is None or state.since is None:
            return row
        if state.unauthorized:
            return replace(row, state=rows.CONFIG_ERROR, text=state.reason, over=True, ended_at=state.since)
        given_up_at = state.since + timedelta(seconds=UNAVAILABLE_SECONDS)
        if self._clock.now() >= given_up_at:
            text = f"{state.reason}; not waited for any longer after {UNAVAILABLE_SECONDS} s"
            return replace(row, state=rows.UNAVAILABLE, text=text, over=True, ended_at=given_up_at)
        return replace(row, state=rows.PAUSED, text=f"{state.reason}; is tried again")

    def _title(self, server: str, library_id: str) -> str:
        if (server, library_id) not in self._titles:
            for library in self._targets[server].libraries():
                self._titles[server, library.id] = library.title
        return self._titles.setdefault((server, library_id), library_id)


class _Story:
    """Everything that the queue knows of one scan."""

    def __init__(self, queue: Queue, scan: Scan) -> None:
        self.scan = scan
        self.deliveries = queue.deliveries(scan.id)
        self.asks = queue.asks(scan.id) if self.deliveries else []
        self._transitions: list[Transition] = queue.transitions(scan.id) if self.asks else []

    def last_words(self, delivery_id: int) -> str:
        """Return the reason of the newest step of a delivery that had one."""
        steps = (step for step in reversed(self._transitions) if step.delivery_id == delivery_id)
        return next((step.reason for step in steps if step.reason), "")


def _before_delivery(blank: Row, scan: Scan) -> Row:
    if scan.state is ScanState.FAILED:
        reason = scan.reason.removeprefix(f"{scan.code}: ")
        return replace(blank, state=scan.code, text=reason, over=True, ended_at=scan.ended_at)
    state = rows.CHECKING if scan.state is ScanState.CHECKING else rows.WAITING
    return replace(blank, state=state, text=scan.reason)


def _under_way(ask: Ask) -> str:
    if ask.phase is Phase.LOOKING:
        return rows.LOOKING
    return rows.NOT_VISIBLE_YET if ask.blind else rows.ASKING
