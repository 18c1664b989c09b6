"""Ask a Plex through `plexapi` and get raw XML: its objects would cache, and reload themselves unasked."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, ParseError

from autoscan.errors import TargetRejectedError, TargetUnavailableError
from autoscan.http import Session, odd_answer

if TYPE_CHECKING:
    from plexapi.server import PlexServer

#: What the parser raises for what is no XML, or is in an encoding that it does not know.
_NO_XML = (ParseError, LookupError, ValueError)


class PlexApi:
    """One `PlexServer` over one session; `plexapi` is imported with the first request."""

    def __init__(self, session: Session, token: str) -> None:
        self._session = session
        self._token = token
        self._server: PlexServer | None = None

    def connect(self) -> "PlexServer":
        """Return a fresh `PlexServer`: one `GET /`, which only a valid token gets through."""
        from plexapi.exceptions import PlexApiException  # noqa: PLC0415 - only where there is a Plex
        from plexapi.server import PlexServer  # noqa: PLC0415

        try:
            server = PlexServer(  # type: ignore[no-untyped-call]  # plexapi has no types
                self._session.base_url, self._token, self._session, self._session.timeout
            )
        except (*_NO_XML, PlexApiException, AttributeError, TypeError):
            raise self._odd("/", "something that is no XML") from None
        if not getattr(server, "machineIdentifier", None):
            raise self._odd("/", "nothing that a Plex says of itself")
        self._server = server
        return server

    def command(self, key: str, params: Mapping[str, str] | None = None) -> None:
        """Ask for something whose answer says nothing. Raise the `TargetError` that fits any other."""
        self._query(key, params, None)

    def put(self, key: str, params: Mapping[str, str] | None = None) -> None:
        """As `command`, for what wants a PUT: actions on items."""
        self._query(key, params, None, method=self._session.put)

    def container(
        self, key: str, params: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> Element:
        """Return the `MediaContainer` at `key`. Raise `TargetUnavailableError` if the answer is none."""
        element = self._query(key, params, headers)
        if element is None or element.tag != "MediaContainer":
            raise self._odd(key, "nothing" if element is None else f"<{element.tag[:40]}>")
        return element

    def _query(
        self,
        key: str,
        params: Mapping[str, str] | None,
        headers: Mapping[str, str] | None,
        method: Callable[..., object] | None = None,
    ) -> Element | None:
        server = self._server or self.connect()
        try:
            element: Element | None = server.query(  # type: ignore[no-untyped-call]  # as above
                key, method=method, params=params, headers=dict(headers or {})
            )
        except _NO_XML:
            raise self._odd(key, "something that is no XML") from None
        return element

    def _odd(self, key: str, what: str) -> TargetUnavailableError:
        return odd_answer(self._session.name, self._session.url(key), what)


def unknown_section(name: str, section: str) -> TargetRejectedError:
    """Make the error for a section that is not there any more."""
    return TargetRejectedError(f"{name} has no library {section} any more; its libraries were read anew", status=404)
