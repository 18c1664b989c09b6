"""`scan.py authorize`: let the operator's browser give Autoscan the right to read Google Drive."""

import contextlib
import os
import select
import socket
import sys
import threading
import webbrowser
from argparse import Namespace
from datetime import timedelta
from typing import TYPE_CHECKING, Self

from autoscan import wiring
from autoscan.cli.reading import read
from autoscan.clock import Clock
from autoscan.drive.auth import client_of
from autoscan.drive.auth_flow import Authorization, Granted
from autoscan.drive.auth_loopback import Loopback, Redirect
from autoscan.errors import DriveRejectedError, DriveUnauthorizedError
from autoscan.wiring import Autoscan

if TYPE_CHECKING:
    from collections.abc import Callable

#: Seconds after which nobody is expected to agree any more.
PATIENCE = 15 * 60.0
#: Browsers that would take the terminal away.
_IN_THE_TERMINAL = frozenset({"w3m", "lynx", "links", "elinks", "www-browser"})
_CHUNK = 64 * 1024

DISABLED = "Google is not enabled (GOOGLE.ENABLED is false): there is nothing to authorize"
TAKEN = "Autoscan has what it needs. Close this page, and see the terminal."
ASK = """\
Open this address in a browser, choose the account whose Drive Autoscan shall watch, and allow it to read:

  {url}

{back}

- Google says "Access blocked", "Error 400: redirect_uri_mismatch": {mismatch}
- Google says that it has not verified the application: it is your own; choose Advanced, and go on.
- The client's consent screen is in "Testing": Google ends the authorisation after 7 days. In the Google Cloud console,
  under Google Auth Platform, Audience, choose "Publish app" ("In production"), then authorize once more.
"""
COMES_BACK = """\
If that browser runs on this machine, nothing else is to be done. If it runs on another one (or Autoscan in a
container), it ends at a page that cannot be reached: copy its whole address, which begins with
{uri}, and paste it here."""
PASTED = """\
The browser ends at a page that begins with {uri}, whatever it shows:
copy its whole address, and paste it here."""
DESKTOP = """\
the client is not of
  the type Desktop app. Make one of that type, and write its id and secret."""
REGISTERED = """\
the client does not
  know {uri} (GOOGLE.REDIRECT_URI), letter for letter. Add it, or leave
  GOOGLE.REDIRECT_URI empty and use a client of the type Desktop app."""
ENDS = """\
This authorisation ends on {day}: the client's consent screen is in "Testing". Publish the application, then authorize
once more."""


def authorize(arguments: Namespace) -> int:
    """Ask for the right to read Drive and keep it; 1 if there is nothing to ask for, or it was not given."""
    loaded = read(arguments)
    if not loaded.settings.google_enabled:
        print(DISABLED, file=sys.stderr)
        return 1
    autoscan = wiring.build(loaded.settings, Clock(), warnings=loaded.warnings)
    autoscan.store.prepare()
    try:
        if loaded.settings.google_service_account_file:
            print("A service account needs no authorisation.")
        else:
            _keep(autoscan, _granted(autoscan))
        _try(autoscan)
    finally:
        autoscan.store.dispose()
    return 0


def _granted(autoscan: Autoscan) -> Granted:
    """Return what the user allowed."""
    with _Answers() as answers:
        loopback = Loopback(autoscan.settings.google_redirect_uri, answers.from_browser)
        authorization = Authorization(client_of(autoscan.settings), loopback.redirect.uri)
        answers.judge = authorization.code
        loopback.start()
        try:
            print(
                _instructions(authorization.url, loopback.redirect, autoscan.settings.google_redirect_uri), flush=True
            )
            _open(authorization.url)
            return authorization.finish(answers.wait(PATIENCE))
        finally:
            loopback.close()


def _instructions(url: str, redirect: Redirect, configured: str) -> str:
    back = COMES_BACK if redirect.port else PASTED
    mismatch = REGISTERED if configured else DESKTOP
    return ASK.format(url=url, back=back.format(uri=redirect.uri), mismatch=mismatch.format(uri=redirect.uri))


def _open(url: str) -> None:
    """Open a browser, if this machine has one with a window; it may take its time."""
    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return
    if getattr(browser, "basename", "") not in _IN_THE_TERMINAL:
        threading.Thread(target=browser.open, args=(url,), daemon=True, name="browser").start()


def _keep(autoscan: Autoscan, granted: Granted) -> None:
    autoscan.queue.keep_drive_credentials(granted.text)
    if granted.seconds:
        day = autoscan.clock.now() + timedelta(seconds=granted.seconds)
        print(ENDS.format(day=day.date().isoformat()))


def _try(autoscan: Autoscan) -> None:
    """Ask Drive whose it is, so that what is wrong shows now."""
    api = autoscan.drive_api()
    try:
        account = api.about()
    finally:
        api.close()
    print(f"Autoscan may read the Drive of {account.name} <{account.email}>. A running service goes on with it.")


class _Answers:
    """The code that the browser brought, by itself or as a pasted address; whichever comes first."""

    def __init__(self) -> None:
        #: Returns the code in an address, or raises why there is none.
        self.judge: Callable[[str], str] = str
        self._lines = _Lines()
        self._bell, self._button = socket.socketpair()
        self._brought: str | DriveUnauthorizedError = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._bell.close()
        self._button.close()

    def from_browser(self, address: str) -> str:
        """Take what a browser came back with, and return what its page shall say; called in other threads."""
        try:
            self._brought = self.judge(address)
        except DriveUnauthorizedError as error:
            self._brought = error
        self._button.send(b".")
        return TAKEN if isinstance(self._brought, str) else str(self._brought)

    def wait(self, seconds: float) -> str:
        """Return the code. Raises DriveUnauthorizedError if it was denied, or nobody came for so many seconds."""
        while True:
            sources = [self._bell.fileno()] + ([self._lines.number] if self._lines.number is not None else [])
            ready, _, _ = select.select(sources, [], [], seconds)
            if not ready:
                raise DriveUnauthorizedError("nobody agreed in time: authorize again")
            if sources[0] not in ready:
                code = next(filter(None, map(self._pasted, self._lines.read())), "")
                if code:
                    return code
            elif isinstance(self._brought, DriveUnauthorizedError):
                raise self._brought
            else:
                return self._brought

    def _pasted(self, address: str) -> str:
        try:
            return self.judge(address)
        except DriveRejectedError as error:
            print(error, file=sys.stderr, flush=True)
            return ""


class _Lines:
    """What is typed or pasted, line by line. Read by its number: Python's own reader cannot be left waiting."""

    def __init__(self) -> None:
        self._rest = b""
        #: None where there is nothing to read, or no more.
        self.number: int | None = None
        with contextlib.suppress(OSError, ValueError, AttributeError):
            self.number = sys.stdin.fileno()

    def read(self) -> list[str]:
        """Return the lines that came, once something did; the last one may end without a line break."""
        data = os.read(self.number, _CHUNK) if self.number is not None else b""
        *lines, self._rest = (self._rest + (data or b"\n")).split(b"\n")
        if not data:
            self.number = None
        return [text for line in lines if (text := line.decode(errors="replace").strip())]
