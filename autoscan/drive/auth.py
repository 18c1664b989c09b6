"""Who asks Google: a user's authorisation that renews itself, or a service account."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from autoscan.drive import tokens
from autoscan.errors import DriveUnauthorizedError
from autoscan.settings import Secret, Settings

#: All that Autoscan asks for: to read. Google's name of it.
SCOPE = "https://www.googleapis.com/auth/drive.readonly"
_TOKEN_URL = "https://oauth2.googleapis.com"  # noqa: S105 - an address
_AUTH_URL = "https://accounts.google.com"

NOT_AUTHORIZED = "nobody has authorized Autoscan to read Google Drive yet: run `scan.py authorize`"


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """Who Autoscan is to Google: the OAuth client of the settings, or a service account's key file."""

    client_id: str = ""
    client_secret: Secret | None = None
    #: Used instead of the OAuth client where it is set.
    service_account_file: str = ""
    #: The user that the service account acts as (domain-wide delegation); empty: itself.
    subject: str = ""
    #: Replaces Google's addresses; see `DriveApi`.
    api_url: str = ""

    @property
    def token_uri(self) -> str:
        """Return where access tokens come from."""
        return f"{self.api_url.rstrip('/') or _TOKEN_URL}/token"

    @property
    def auth_uri(self) -> str:
        """Return where a browser is sent to."""
        return f"{self.api_url.rstrip('/') or _AUTH_URL}/o/oauth2/v2/auth"


def client_of(settings: Settings) -> Client:
    """Return who Autoscan is to Google, by the settings."""
    return Client(
        client_id=settings.google_client_id,
        client_secret=settings.google_client_secret,
        service_account_file=settings.google_service_account_file,
        subject=settings.google_service_account_subject,
        api_url=settings.google_api_url,
    )


class DriveCredentials:
    """The credentials of the moment, as google-auth's objects.

    `load` and `keep_text` read and write the stored authorisation (see `tokens`); it is read before each request, so
    that `scan.py authorize` takes effect at once, and written whenever Google renewed it.
    """

    def __init__(self, client: Client, *, load: Callable[[], str], keep_text: Callable[[str], None]) -> None:
        self._client = client
        self._load = load
        self._keep_text = keep_text
        self._lock = threading.Lock()
        self._text = ""
        self._token: tokens.Token | None = None
        self._current: Any = None

    def current(self) -> Any:
        """Return what to ask with: the same object for as long as nothing else is stored.

        Raises DriveUnauthorizedError if nothing is stored, or the key file cannot be used.
        """
        with self._lock:
            text = self._key_text() if self._client.service_account_file else self._load()
            if self._current is None or text != self._text:
                self._text, self._token, self._current = text, None, None
                self._current = self._service_account(text) if self._client.service_account_file else self._user(text)
            return self._current

    def keep(self) -> None:
        """Store what Google renewed since the last time, unless somebody authorized anew meanwhile."""
        with self._lock:
            if self._token is None:
                return
            renewed = _renewed(self._token, self._current)
            if renewed != self._token and self._load() == self._text:
                self._token, self._text = renewed, tokens.write(renewed)
                self._keep_text(self._text)

    def _user(self, text: str) -> Any:
        from google.oauth2.credentials import Credentials  # noqa: PLC0415 - heavy

        if not text:
            raise DriveUnauthorizedError(NOT_AUTHORIZED)
        secret = self._client.client_secret
        token = tokens.read(
            text, client_id=self._client.client_id, client_secret=secret.reveal() if secret is not None else ""
        )
        if token is None:
            raise DriveUnauthorizedError("what is stored of an authorisation is unusable: run `scan.py authorize`")
        self._token = token
        return Credentials(  # type: ignore[no-untyped-call]  # google-auth annotates some of its parts only
            token=token.token or None,
            refresh_token=token.refresh_token,
            token_uri=self._client.token_uri,
            client_id=token.client_id,
            client_secret=token.client_secret,
            expiry=_naive(token.expiry),
        )

    def _key_text(self) -> str:
        try:
            return Path(self._client.service_account_file).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "no text"
            raise DriveUnauthorizedError(
                f"GOOGLE.SERVICE_ACCOUNT_FILE: {self._client.service_account_file} cannot be read: {reason}"
            ) from None

    def _service_account(self, text: str) -> Any:
        """Return credentials that sign for their access tokens.

        The service account stands behind a plain credentials' handler: before a request of its own it would also ask
        another service, from another thread, which regions the account may use. Drive has none.
        """
        from google.oauth2 import service_account  # noqa: PLC0415 - heavy
        from google.oauth2.credentials import Credentials  # noqa: PLC0415 - heavy

        try:
            account = service_account.Credentials.from_service_account_info(  # type: ignore[no-untyped-call]
                _key(text), scopes=[SCOPE], subject=self._client.subject or None
            )
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            raise DriveUnauthorizedError(
                f"GOOGLE.SERVICE_ACCOUNT_FILE: {self._client.service_account_file} is no key file of a service "
                "account: make one in the Google Cloud console (service account, keys, JSON)"
            ) from None

        def renew(request: Any, scopes: object) -> tuple[str, datetime]:
            del scopes
            account.refresh(request)
            return account.token, account.expiry

        return Credentials(token=None, refresh_handler=renew)  # type: ignore[no-untyped-call]


def _key(text: str) -> dict[str, Any]:
    found = json.loads(text)
    if not isinstance(found, dict) or found.get("type") != "service_account":
        raise ValueError("type")
    return found


def _renewed(token: tokens.Token, current: Any) -> tokens.Token:
    expiry = current.expiry.isoformat() if current.expiry is not None else ""
    # Google's library takes whatever stands in an answer; another authorisation than a text would end this one.
    known = isinstance(current.token, str)
    renewed = current.refresh_token if isinstance(current.refresh_token, str) else ""
    return replace(
        token,
        token=current.token if known else "",
        refresh_token=renewed or token.refresh_token,
        expiry=expiry if known else "",
    )


def _naive(text: str) -> datetime | None:
    """Return google-auth's kind of time: UTC, without saying so. None, and hence renewed, for what is no time."""
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC).replace(tzinfo=None) if found.tzinfo is not None else found
    except (OverflowError, ValueError):
        return None
