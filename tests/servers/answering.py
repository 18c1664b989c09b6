"""From socket to handler: each request is recorded, judged by the spec, and answered, or not."""

import random
import threading
import traceback
from collections.abc import Callable, Mapping
from typing import ClassVar, Literal

from tests.servers.knobs import Knobs
from tests.servers.spec import Match, Spec
from tests.servers.timing import ServerTime
from tests.servers.trouble import NeverAnsweredError, Trouble
from tests.servers.wire import Request, Response, split_target

#: Handlers by `METHOD /template`.
Handler = Callable[[Request, tuple[str, ...]], Response]


class Answering:
    """What happens to a request, in the same order for every product."""

    product: ClassVar[Literal["plex", "jellyfin", "emby"]]
    spec: ClassVar[Spec]
    knobs: Knobs

    def __init__(self, knobs: Knobs, time: ServerTime) -> None:
        self.knobs = knobs
        self.time = time
        self.dice = random.Random(0)
        #: What callers did that a real server would not understand, or that Autoscan must never do.
        self.violations: list[str] = []
        self.handlers: Mapping[str, Handler] = {}
        self._ready_at = time.now() + knobs.startup_s
        self._trouble = Trouble(knobs, self.dice)
        self._lock = threading.RLock()
        self._closing = threading.Event()
        self._requests: list[Request] = []

    # ----- what each product does in its own way

    def routes(self) -> Mapping[str, Handler]:
        """Return the handler of every route of the spec."""
        raise NotImplementedError

    def authorise(self, request: Request, match: Match) -> Response | None:
        """Return the refusal, or None if the token is right."""
        raise NotImplementedError

    def starting(self, path: str) -> Response | None:
        """Return the answer during start-up, or None where the product answers already."""
        raise NotImplementedError

    def unknown(self, request: Request) -> Response:
        """Return the answer to a route that does not exist."""
        return Response(status=404)

    def local_path(self, path: str) -> str | None:
        """Return a path without the base path, or None outside of it."""
        base = self.knobs.base_path
        return path[len(base) :] or "/" if path == base or path.startswith(f"{base}/") else None

    def strict(self, request: Request, match: Match) -> list[str]:
        """Return what else is wrong with a request, e.g. with its body."""
        return []

    def tick(self) -> None:
        """Do everything that is due."""
        raise NotImplementedError

    # ----- the way of a request

    def guarded(self, action: Callable[[], object]) -> None:
        """Do something; a bug of the simulator shall fail the test, not only one answer."""
        try:
            action()
        except Exception:  # noqa: BLE001 - see above
            self.violations.append(f"the simulator failed: {traceback.format_exc()}")

    def _control(self, method: str, path: str, body: bytes) -> Response:
        raise NotImplementedError

    def _receive(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Response:
        path, query = split_target(target)
        if path.startswith("/__sim__/"):
            return self._control(method, path, body)
        request = Request(
            t=self.time.now(),
            wall=self.time.wall(),
            method=method,
            path=path,
            query=query,
            headers=headers,
            body=body,
        )
        if self.knobs.latency:
            self._closing.wait(self.knobs.latency)
        return self._reply(request)

    def _reply(self, request: Request) -> Response:
        responses: list[Response] = []
        try:
            with self._lock:
                self.guarded(lambda: responses.append(self._answer(request)))
        except NeverAnsweredError:
            self._closing.wait()
            return Response(drop=True)
        return responses[0] if responses else Response(status=500)

    def _answer(self, request: Request) -> Response:
        self.tick()
        self._requests.append(request)
        path = self.local_path(request.path)
        if path is None:
            if not _is_probe(request.path):
                self.violations.append(f"outside the base path: {request.method} {request.path}")
            return self._trouble.outside()
        match = self.spec.match("GET" if request.method == "HEAD" else request.method, path)
        self._judge(request, path, match)
        return self._trouble.before(request) or self._trouble.after(self._routed(request, path, match))

    def _judge(self, request: Request, path: str, match: Match | None) -> None:
        if match is None and _is_probe(path):
            return  # somebody looks for the base path
        self.violations += self.spec.check(request, path, match)
        if match is not None:
            self.violations += [f"{problem}: {request.method} {path}" for problem in self.strict(request, match)]

    def _routed(self, request: Request, path: str, match: Match | None) -> Response:
        if self.time.now() < self._ready_at and (answer := self.starting(path)):
            return answer
        if match is None:
            return self.unknown(request)
        if "open" not in match.route.flags and (refusal := self.authorise(request, match)):
            return refusal
        if self.spec.unreadable(request, match):
            return Response(status=400)
        return self.handlers[match.route.name](request, match.args)


def _is_probe(path: str) -> bool:
    return path.lower().endswith("/system/info/public") or path == "/identity"
