"""What can come between a simulated server and its caller: failures to order, proxies, half answers."""

import random
from dataclasses import dataclass
from typing import Any

from tests.servers.knobs import Knobs
from tests.servers.wire import Request, Response

#: As HTML goes, it is no well-formed XML.
LOGIN_PAGE = b"<!DOCTYPE html><html><head><meta charset=utf-8><title>Sign in</title></head><body><form></form></html>"


@dataclass(slots=True, kw_only=True)
class Failure:
    """What the next requests that match will meet instead of an answer."""

    #: Part of `METHOD /path`; `""` matches all.
    match: str
    times: int
    status: int = 500
    body: bytes = b""
    type: str = "text/plain"
    #: `reset` closes the connection, `hang` never answers; `""` answers `status`.
    error: str = ""


class NeverAnsweredError(BaseException):
    """The caller shall wait in vain; no `Exception`, since it is no bug."""


class Trouble:
    """Asked before and after each answer."""

    def __init__(self, knobs: Knobs, dice: random.Random) -> None:
        self._knobs = knobs
        self._dice = dice
        self._failures: list[Failure] = []

    def order(self, match: str, times: int, **failure: Any) -> None:
        """Let the next requests that match fail."""
        self._failures.append(Failure(match=match, times=times, **failure))

    def before(self, request: Request) -> Response | None:
        """Return what the caller gets instead of an answer, or None; raise `NeverAnsweredError` for silence."""
        failure = self._next_failure(request)
        if failure is not None:
            return _failed(failure)
        if self._dice.random() < self._knobs.timeout_prob:
            raise NeverAnsweredError
        if self._knobs.redirect:
            return Response(status=302, headers={"Location": self._knobs.redirect})
        return login_page() if self._knobs.proxy_login_page else None

    def after(self, response: Response) -> Response:
        """Return the answer, or the half of it that arrives."""
        half = len(response.body) // 2
        if not self._knobs.truncate_body:
            return response
        if self._knobs.truncate_body == "length":
            return Response(status=response.status, body=response.body, type=response.type, cut=half)
        return Response(status=response.status, body=response.body[:half], type=response.type)

    def outside(self) -> Response:
        """Return the answer to a request outside of the base path."""
        if self._knobs.outside == "html":
            return login_page()
        if self._knobs.outside == "redirect":
            return Response(status=302, headers={"Location": f"{self._knobs.base_path}/web/"})
        return Response(status=404)

    def _next_failure(self, request: Request) -> Failure | None:
        what = f"{request.method} {request.path}"
        found = next((failure for failure in self._failures if failure.times > 0 and failure.match in what), None)
        if found is not None:
            found.times -= 1
        return found


def login_page() -> Response:
    """Return what a proxy says to those who are not signed in."""
    return Response(body=LOGIN_PAGE, type="text/html; charset=utf-8")


def _failed(failure: Failure) -> Response:
    if failure.error == "hang":
        raise NeverAnsweredError
    if failure.error == "reset":
        return Response(drop=True)
    return Response(status=failure.status, body=failure.body, type=failure.type)
