"""The leader's job that finds out what is wrong, and has it told."""

import logging
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby

from autoscan.clock import Clock
from autoscan.model.watching import Failure, Message, Notice, Topic
from autoscan.notify import problems
from autoscan.notify.problems import Problem
from autoscan.notify.sending import Sender, digest, scheme
from autoscan.settings import NotifyTarget
from autoscan.store import LOW_DISK, Queue

log = logging.getLogger(__name__)

#: Between two looks.
EVERY = timedelta(seconds=10)
#: A new leader believes nothing to be over before the others of its jobs have looked, too.
SETTLE = timedelta(minutes=3)
#: Failures are gathered for so long; after a message about some, for longer.
GATHER = timedelta(minutes=1)
QUIET = timedelta(minutes=10)
#: A failure that ended just now may be committed after one that ended later.
LAG = timedelta(seconds=10)
#: Failures of longer ago are not told: Autoscan did not run, or nobody was to be told.
RECENT = timedelta(days=1)
#: Failures that one message counts.
MANY = 1000
#: Minutes until a message is tried again: twice as long each time, then it is given up.
FIRST_RETRY = timedelta(minutes=1)
TRIES = 8

Text = tuple[Topic, str, str]


class Notifier:
    """Looks every ten seconds, and sends one message a step without waiting for it."""

    name = "notifier"

    def __init__(
        self,
        *,
        queue: Queue,
        clock: Clock,
        targets: Sequence[NotifyTarget],
        servers: Collection[str],
        patience: timedelta,
        sender: Sender | None = None,
    ) -> None:
        """Take the names of the `servers` that are configured, and for how long one may be down untold."""
        self._queue = queue
        self._clock = clock
        self._targets = {digest(target): target for target in targets}
        self._servers = sorted(servers)
        self._patience = patience
        self._sender = sender or Sender(clock)
        self._began = clock.now()
        self._next_look: datetime | None = None
        self._sending: Message | None = None
        self._failures_told_at: datetime | None = None

    def step(self) -> bool:
        """Look, if it is time, and see one message on its way; tell whether there was anything to do."""
        now = self._clock.now()
        if self._next_look is None:
            self._queue.forget_targets_but(self._targets)
        worked = self._send(now)
        if self._next_look is None or not timedelta() < self._next_look - now <= EVERY:
            self._next_look = now + EVERY
            self._look(now)
        return worked

    def close(self) -> None:
        """Hold nothing: what is on its way ends with the process, and is sent again by the next leader."""

    # ----- problems that last

    def _look(self, now: datetime) -> None:
        self._compare(self._problems(), now)
        self._tell_failures(now)

    def _problems(self) -> list[Problem]:
        away = [state for state in map(self._queue.server, self._servers) if state.paused_until is not None]
        pending = {state.name: self._queue.waiting_for(state.name) for state in away}
        lost_roots = [root.path for root in self._queue.roots() if root.lost_since is not None]
        return [
            *problems.of_servers(away, pending, self._patience),
            *problems.of_mounts(lost_roots, self._queue.held_places()),
            *problems.of_drives(self._queue.drive_states(), self._patience),
            *problems.of_disk(self._queue.disk_free(), LOW_DISK),
        ]

    def _compare(self, current: Sequence[Problem], now: datetime) -> None:
        known = {notice.key: notice for notice in self._queue.notices()}
        here = {problem.key: problem for problem in current}
        begun: list[Notice] = []
        texts: list[Text] = []
        for key, problem in here.items():
            notice = known.get(key) or _notice(problem, now)
            if notice.told_at is None and now - notice.since >= problem.patience:
                notice = replace(notice, told_at=now)
                texts.append((problem.topic, *problems.told(problem, notice.since, now)))
            if notice != known.get(key):
                begun.append(notice)
        ended = [] if now - self._began < SETTLE else [known[key] for key in known.keys() - here.keys()]
        texts += [(each.topic, *problems.over(each, now)) for each in ended if each.told_at is not None]
        if begun or ended:
            self._queue.note_problems(begun, [each.key for each in ended], self._messages(texts, now))

    def _messages(self, texts: Sequence[Text], now: datetime) -> list[Message]:
        """Return a message for each target that wants to know; several texts of a topic go into one."""
        found = []
        for topic, group in groupby(sorted(texts), key=lambda text: text[0]):
            same = list(group)
            title = same[0][1] if len(same) == 1 else f"{same[0][1]}, and {len(same) - 1} more"
            body = "\n".join(text[2] for text in same)
            found += [
                Message(target=key, topic=topic, title=f"Autoscan: {title}", body=body, created_at=now)
                for key, target in self._targets.items()
                if topic in target.topics
            ]
        return found

    # ----- scans that failed

    def _tell_failures(self, now: datetime) -> None:
        """Tell of what failed since the last time, once enough time has passed for others to fail along with it."""
        told = self._queue.told_failures()
        if told is None:
            self._queue.tell_failures((now, 0), ())
            return
        after = max(told, (now - RECENT, 0))
        failures = self._queue.failures(after, now - LAG, MANY)
        if failures and self._is_ripe(failures[0], now):
            last = failures[-1]
            self._failures_told_at = now
            self._queue.tell_failures((last.ended_at, last.id), self._messages(_texts(failures), now))

    def _is_ripe(self, first: Failure, now: datetime) -> bool:
        last = self._failures_told_at
        return now - first.ended_at >= GATHER and (last is None or now - last >= QUIET)

    # ----- on their way

    def _send(self, now: datetime) -> bool:
        """Take the outcome of the message that is on its way, or start the next; tell whether there was any."""
        if self._sending is not None:
            taken = self._sender.result()
            if taken is None:
                return False
            self._note(self._sending, now, taken=taken)
            self._sending = None
            return True
        message = self._queue.due_message()
        if message is None:
            return False
        if not self._sender.start(self._targets[message.target], message.title, message.body):
            self._note(message, now, taken=False)
            return False
        self._sending = message
        return True

    def _note(self, message: Message, now: datetime, *, taken: bool) -> None:
        where = scheme(self._targets[message.target])
        if taken:
            self._queue.sent(message.id)
            log.info("told %s: %s", where, message.title, extra={"state": "told"})
        elif message.tries + 1 >= TRIES:
            self._queue.sent(message.id)
            log.error("%s took no message in %d tries, so nobody there knows: %s", where, TRIES, message.title)
        else:
            pause = FIRST_RETRY * 2**message.tries
            self._queue.send_later(message.id, now + pause)
            log.warning("%s did not take a message (%s); tried again in %s", where, message.title, pause)


def _notice(problem: Problem, now: datetime) -> Notice:
    since = min(problem.since or now, now)
    return Notice(key=problem.key, topic=problem.topic, subject=problem.subject, since=since)


def _texts(failures: Sequence[Failure]) -> list[Text]:
    ordered = sorted(failures, key=problems.topic_of)
    return [
        (topic, *problems.failed(topic, list(group), more=len(failures) >= MANY))
        for topic, group in groupby(ordered, key=problems.topic_of)
    ]
