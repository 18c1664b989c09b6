"""The authorisation as it is stored: one JSON object of ours, or whatever form an earlier program left behind."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

#: How deep a token may stand inside other objects or texts.
_DEEPEST = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What renews itself for as long as nobody revokes it; none of it may be printed."""

    refresh_token: str
    client_id: str = ""
    client_secret: str = ""
    #: The access token of the moment; empty: ask for one.
    token: str = ""
    #: When it ends, as google-auth writes it (UTC, without an offset).
    expiry: str = ""

    def __repr__(self) -> str:
        """Return nothing that a log must not have."""
        return "Token(***)"


def write(token: Token) -> str:
    """Return the text to store."""
    return json.dumps(asdict(token), sort_keys=True)


def read(text: str, *, client_id: str = "", client_secret: str = "") -> Token | None:
    """Return the token in `text`; None where there is none that could renew itself.

    Understands what Autoscan writes, and of earlier programs: the token endpoint's own answer (`access_token`,
    `refresh_token`; plex_autoscan, 2.x), oauth2client's and google-auth's JSON, each also inside `token` or
    `token_response`, as an object or as a text. Scopes are not read: a token is used with those that it has. A token
    that names no client is that of `client_id`; one of that very client is used with the secret of today.
    """
    found = _find(text, _DEEPEST)
    if found is None:
        return None
    token = _own(found)
    if not token.client_id or token.client_id == client_id:
        return replace(token, client_id=client_id, client_secret=client_secret or token.client_secret)
    return token


def _own(found: Mapping[str, Any]) -> Token:
    texts = {name: str(found.get(name) or "") for name in ("refresh_token", "client_id", "client_secret")}
    # Only the two together are ours; an older program's expiry is in a form of its own, and asking anew is cheap.
    known = isinstance(found.get("token"), str) and isinstance(found.get("expiry"), str)
    return Token(**texts, token=found["token"] if known else "", expiry=found["expiry"] if known else "")


def _find(value: object, deepest: int) -> Mapping[str, Any] | None:
    """Return the object that has a refresh token, in `value` or inside of it."""
    if isinstance(value, str) and deepest:
        try:
            return _find(json.loads(value), deepest - 1)
        except (ValueError, RecursionError):
            return None
    if not isinstance(value, Mapping) or not deepest:
        return None
    if isinstance(value.get("refresh_token"), str) and value["refresh_token"]:
        return value
    inner = (_find(value.get(name), deepest - 1) for name in ("token", "token_response"))
    return next((each for each in inner if each is not None), None)
