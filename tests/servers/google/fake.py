"""The simulated Google: one account, its Drive, and its sign-in, on one socket."""

import base64
import socket
import threading
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import parse_qsl

from autoscan.clock import Clock
from tests.servers.google import rest
from tests.servers.google.oauth import DRIVE_SCOPES, Client, Sign
from tests.servers.google.refusals import RefusedError, refusal
from tests.servers.google.world import World
from tests.servers.wire import Request, Response, Wire, split_target

_NULLS = b'{"changes": [null], "files": [null], "drives": [null], "user": null, "shortcutDetails": 1}'


@dataclass(slots=True, kw_only=True)
class Trouble:
    """What the next requests that match meet instead of an answer."""

    #: Part of `METHOD /path?query`.
    match: str
    #: None: until `calm`.
    times: int | None
    status: int
    reason: str
    retry_after: str = ""
    #: `drop` closes the connection, `hang` never answers, `drip` never ends, `page` is a proxy's HTML, `nulls` is an
    #: answer of the right names without any value.
    kind: str = ""


class FakeGoogle:
    """Drive and sign-in at `url`, with `world` to work in and `sign` to give out tokens.

    A context manager: starts at once and, at the end, raises `AssertionError` for every request that Google's own
    description of the API does not have. Time is `clock`'s, except that the libraries under test ask the machine's.
    """

    CLIENT = ("the-client.apps.googleusercontent.com", "GOCSPX-the-secret")

    def __init__(self, *, clock: Clock | None = None, port: int = 0, root_name: str = "My Drive") -> None:
        self.clock = clock or Clock()
        self.world = World(now=self._now, root_name=root_name)
        self.sign = Sign(now=self._now, url=lambda: self.url)
        self.sign.clients[self.CLIENT[0]] = Client(id=self.CLIENT[0], secret=self.CLIENT[1])
        self.rest = rest.Rest(self.world, name="Ada", email="ada@example.com")
        #: What callers asked that Google would not understand.
        self.violations: list[str] = []
        self._requests: list[Request] = []
        self._troubles: list[Trouble] = []
        self._lock = threading.RLock()
        self._closing = threading.Event()
        self._forgiven = False
        self._wire = Wire(self._receive, lambda: None, ("127.0.0.1", port), self._now)
        self._wire.start()

    # ----- life

    @property
    def url(self) -> str:
        """Return the address, for `GOOGLE.API_URL`."""
        return f"http://127.0.0.1:{self._wire.port}"

    def down(self) -> None:
        """Be out of reach, at the same port, until `up`."""
        self._wire.stop()

    def up(self) -> None:
        """Be there again."""
        self._wire.start()

    def close(self) -> None:
        """Stop, and raise `AssertionError` for what the callers did wrong."""
        self._closing.set()
        self._wire.close()
        if self.violations and not self._forgiven:
            raise AssertionError("Google: " + "\n".join(self.violations))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if kind is not None:
            self._forgiven = True  # the test fails for its own reason
        self.close()

    # ----- what a test asks and turns

    def fail(self, match: str = "", *, times: int | None = 1, status: int = 500, reason: str = "", **more: Any) -> None:
        """Let the next requests whose `METHOD /path?query` holds `match` fail; see `Trouble`."""
        with self._lock:
            self._troubles.append(Trouble(match=match, times=times, status=status, reason=reason, **more))

    def calm(self) -> None:
        """Let no request fail any more."""
        with self._lock:
            self._troubles.clear()

    def forgive(self) -> None:
        """Let the violations so far and to come pass."""
        self._forgiven = True

    def requests(self, match: str = "") -> list[Request]:
        """Return the requests whose `METHOD /path` holds `match`, in order."""
        with self._lock:
            return [each for each in self._requests if match in f"{each.method} {each.path}"]

    def stored_token(self, scope: str = "") -> str:
        """Return an authorisation as Autoscan stores it, of a user who agreed long ago."""
        client, secret = self.CLIENT
        refresh = self.sign.refresh_token(client, *([scope] if scope else []))
        return f'{{"refresh_token": "{refresh}", "client_id": "{client}", "client_secret": "{secret}"}}'

    def settings(self, **more: Any) -> dict[str, Any]:
        """Return a `GOOGLE` group for the settings that leads here."""
        client, secret = self.CLIENT
        return {"ENABLED": True, "CLIENT_ID": client, "CLIENT_SECRET": secret, "API_URL": self.url, **more}

    # ----- inside

    def _now(self) -> float:
        return self.clock.now().timestamp()

    def _receive(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Response:
        path, query = split_target(target)
        now = self._now()
        request = Request(t=now, wall=now, method=method, path=path, query=query, headers=dict(headers), body=body)
        with self._lock:
            self._requests.append(request)
            trouble = self._trouble(f"{method} {target}")
        if trouble is not None:
            return self._troubled(trouble)
        try:
            with self._lock:
                return self._answer(request)
        except RefusedError as error:
            return error.response
        except Exception:  # noqa: BLE001 - a mistake of the caller's, or of this simulator
            self.violations.append(f"{method} {target}\n{traceback.format_exc()}")
            return Response(status=500)

    def _answer(self, request: Request) -> Response:
        form = _form(request) if request.method == "POST" else {}
        match (request.method, request.path):
            case ("GET", "/o/oauth2/v2/auth"):
                return self.sign.authorize(request)
            case ("POST", "/token"):
                return self.sign.token(form)
            case ("POST", "/revoke"):
                return self.sign.revoke(form)
        assert request.method == "GET", "Autoscan only reads"
        assert rest.known(request.path), "there is no such request"
        self._allow(request)
        return self.rest.respond(request)

    def _allow(self, request: Request) -> None:
        grant = self.sign.allows(request.headers.get("authorization", "").removeprefix("Bearer "))
        if grant is None:
            text = "Invalid Credentials"
            raise RefusedError(refusal(401, "authError", text, location="Authorization", locationType="header"))
        if not DRIVE_SCOPES & set(grant.scopes):
            raise RefusedError(refusal(403, "insufficientPermissions"))

    def _trouble(self, what: str) -> Trouble | None:
        found = next((each for each in self._troubles if each.times != 0 and each.match in what), None)
        if found is not None and found.times is not None:
            found.times -= 1
        return found

    def _drip(self, connection: socket.socket) -> None:
        while not self._closing.wait(0.02):
            connection.sendall(b"1\r\n \r\n")

    def _troubled(self, trouble: Trouble) -> Response:
        if trouble.kind == "drop":
            return Response(drop=True)
        if trouble.kind == "hang":
            self._closing.wait()
            return Response(drop=True)
        if trouble.kind == "drip":
            return Response(headers={"Transfer-Encoding": "chunked"}, takes_over=self._drip)
        if trouble.kind == "page":
            return Response(status=trouble.status, body=b"<html>Sign in to the hotel</html>", type="text/html")
        if trouble.kind == "nulls":
            return Response(body=_NULLS, type="application/json")
        return refusal(trouble.status, trouble.reason or "backendError", retry_after=trouble.retry_after)


def _form(request: Request) -> dict[str, str]:
    """Return a form; a client may name itself in it, or by HTTP Basic (RFC 6749, 2.3.1)."""
    form = dict(parse_qsl(request.body.decode()))
    kind, _, encoded = request.headers.get("authorization", "").partition(" ")
    if kind == "Basic":
        name, _, password = base64.b64decode(encoded).decode().partition(":")
        return form | {"client_id": name, "client_secret": password}
    return form
