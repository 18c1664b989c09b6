"""The play itself: send the webhooks, watch what comes of them, and see whether it is what was claimed."""

from http import HTTPStatus
from http.client import HTTPException

from bench.demo import claims, story
from bench.demo.pace import DemoError, Pace
from bench.demo.screen import Screen
from bench.demo.stage import Stage
from bench.demo.story import Webhook
from bench.demo.watch import View, Watcher

#: Seconds between two webhooks; until all has to be over; and after that, in which nothing more may happen.
BETWEEN = 0.5
TIMEOUT = 90
QUIET = 2


class Play:
    """One performance."""

    def __init__(self, stage: Stage, pace: Pace, watcher: Watcher, screen: Screen) -> None:
        self._stage = stage
        self._pace = pace
        self._watcher = watcher
        self._screen = screen
        self._news = ""

    def perform(self) -> str:
        """Play, and return the summary. Raises DemoError with what is not as claimed."""
        sent = 0
        for webhook in story.webhooks(self._stage.media):
            self._send(webhook)
            self._watch(BETWEEN)
            sent += 1
        self._watch(TIMEOUT - self._pace.seconds, until_finished=True)
        view = self._watch(QUIET)
        if unmet := claims.unmet(view, sent):
            raise DemoError("\n".join(unmet))
        return claims.summary(view, sent)

    def _send(self, webhook: Webhook) -> None:
        self._news = f"{webhook.sender} sends: {webhook.news}"
        try:
            status = self._stage.post(webhook)
        except (OSError, HTTPException) as error:
            self._stage.check()
            raise DemoError(f"{self._news}, and Autoscan does not answer ({error})") from error
        if status == HTTPStatus.OK:
            self._watcher.taken[webhook.folder] += 1
        else:
            raise DemoError(f"{self._news}, and Autoscan answers {status}")

    def _watch(self, seconds: float, *, until_finished: bool = False) -> View:
        """Look for `seconds`, or until nothing is on its way any more; return the last view."""
        end = self._pace.seconds + seconds
        while True:
            self._stage.check()
            view = self._watcher.look()
            self._screen.show(self._pace.seconds, view, self._news)
            if self._pace.seconds >= end or (until_finished and view.finished):
                return view
            self._pace.pause()
