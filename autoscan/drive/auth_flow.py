"""Let a user agree in a browser: OAuth for desktop clients, with PKCE and a random state.

https://developers.google.com/identity/protocols/oauth2/native-app, RFC 8252 and RFC 7636.
"""

import hmac
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from autoscan.drive import tokens
from autoscan.drive.api import TIMEOUT
from autoscan.drive.api_errors import MISREADINGS, oauth_refusal, odd_answer
from autoscan.drive.auth import SCOPE, Client
from autoscan.errors import DriveError, DriveRejectedError, DriveUnauthorizedError, DriveUnavailableError

NO_CLIENT = (
    "GOOGLE.CLIENT_ID and GOOGLE.CLIENT_SECRET are needed: in the Google Cloud console enable the Google Drive API, "
    "set up the consent screen, make an OAuth client of the type Desktop app, and write its id and secret"
)
NO_REFRESH = (
    "Google gave no refresh token, without which the authorisation would end within the hour: take Autoscan's access "
    "back at https://myaccount.google.com/connections, and authorize again"
)
#: Of the seconds for which an authorisation holds; thirty years are for ever.
_MOST_DIGITS = 9
UNTICKED = "Drive was not allowed: authorize again, and tick the box for Google Drive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """What Google gave: the text to store, and the seconds after which it ends in any case; 0: it does not."""

    text: str = field(repr=False)
    seconds: int = 0


class Authorization:
    """One attempt: send a browser to `url`, give what it comes back with to `code`, and that code to `finish`."""

    def __init__(self, client: Client, redirect_uri: str) -> None:
        from google_auth_oauthlib.flow import Flow  # noqa: PLC0415 - heavy

        secret = client.client_secret.reveal() if client.client_secret is not None else ""
        if not client.client_id or not secret:
            raise DriveUnauthorizedError(NO_CLIENT)
        self._client_id, self._secret = client.client_id, secret
        config = {
            "client_id": client.client_id,
            "client_secret": secret,
            "auth_uri": client.auth_uri,
            "token_uri": client.token_uri,
        }
        self._flow: Any = Flow.from_client_config({"installed": config}, scopes=[SCOPE], redirect_uri=redirect_uri)
        # Without `consent` Google gives no refresh token to who agreed before.
        self.url, self._state = self._flow.authorization_url(access_type="offline", prompt="consent")

    def code(self, address: str) -> str:
        """Return the code in the address that Google sent the browser to.

        Raises DriveRejectedError for an address that does not belong to this attempt, so that one may wait on, and
        DriveUnauthorizedError where the user or Google refused.
        """
        found = _parameters(address)
        if not hmac.compare_digest(found.get("state", "").encode(), self._state.encode()):
            raise DriveRejectedError(_foreign(found))
        if found.get("error") == "access_denied":
            raise DriveUnauthorizedError("permission was denied in the browser: authorize again, and allow it")
        if found.get("error"):
            raise DriveUnauthorizedError(f"Google refused: {found['error'][:100]}")
        if not found.get("code"):
            raise DriveRejectedError("that address has no code in it: paste the whole address, as the browser shows it")
        return found["code"]

    def finish(self, code: str) -> Granted:
        """Exchange the code. Raises DriveUnauthorizedError, or DriveUnavailableError when Google is out of reach."""
        token = self._exchange(code)
        refresh_token = token.get("refresh_token")
        if not refresh_token or not isinstance(refresh_token, str):
            raise DriveUnauthorizedError(NO_REFRESH)
        kept = tokens.Token(refresh_token=refresh_token, client_id=self._client_id, client_secret=self._secret)
        return Granted(text=tokens.write(kept), seconds=_seconds(token.get("refresh_token_expires_in")))

    def _exchange(self, code: str) -> dict[str, Any]:
        from oauthlib.oauth2 import OAuth2Error  # noqa: PLC0415 - heavy

        try:
            return dict(self._flow.fetch_token(code=code, timeout=TIMEOUT))
        except OAuth2Error as error:
            raise _refused(error) from None
        except Warning as other_scopes:  # how oauthlib says that the user allowed something else
            if SCOPE not in getattr(other_scopes, "new_scope", ()):
                raise DriveUnauthorizedError(UNTICKED) from None
            return dict(other_scopes.token)  # type: ignore[attr-defined]
        except OSError as error:
            raise DriveUnavailableError(f"Google cannot be reached: {type(error).__name__}") from None
        except MISREADINGS:
            raise odd_answer() from None


def _refused(error: Any) -> DriveError:
    if error.error == "redirect_uri_mismatch":
        return DriveUnauthorizedError("redirect_uri_mismatch: see above for the address that the client must know")
    if error.error == "invalid_grant":
        return DriveUnauthorizedError("Google takes the code no more, each can be used once: authorize again")
    return oauth_refusal(str(error.error or ""), str(error.description or ""))


def _foreign(found: dict[str, str]) -> str:
    if found.get("state"):
        return "that address belongs to another attempt: open the address above, and paste what comes of it"
    return "that is not the address that Google sent the browser to: paste the whole of it, as the browser shows it"


def _parameters(address: str) -> dict[str, str]:
    """Return the parameters of an address, or of its part behind the question mark."""
    address = address.strip()
    try:
        query = urlsplit(address).query or address
        return {name: values[-1] for name, values in parse_qs(query, max_num_fields=20).items()}
    except ValueError:
        return {}


def _seconds(value: object) -> int:
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else 0
