"""Google's sign-in: consent in a browser, codes with PKCE, refresh tokens, service accounts, revocation."""

import base64
import hashlib
import html
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.servers.google.refusals import answer, refused_grant
from tests.servers.wire import Request, Response

READ = "https://www.googleapis.com/auth/drive.readonly"
#: With any of these Drive can be read.
DRIVE_SCOPES = frozenset({READ, "https://www.googleapis.com/auth/drive"})
_JWT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
#: Google's libraries name this one, whatever the key file says.
_AUDIENCE = "https://oauth2.googleapis.com/token"
_HOUR = 3600
_WEEK = 7 * 24 * 3600


@dataclass(slots=True, kw_only=True)
class Client:
    """An OAuth client of a project."""

    id: str
    secret: str
    #: `installed` (a desktop application) takes any loopback address, `web` only the registered ones.
    type: str = "installed"
    redirect_uris: tuple[str, ...] = ()
    #: The consent screen's publishing status is "Testing": refresh tokens end after a week.
    testing: bool = False
    deleted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What somebody was given: a code, a refresh token or an access token."""

    client: str
    scopes: tuple[str, ...]
    ends: float
    #: Of a code: what the exchange must match.
    redirect_uri: str = ""
    challenge: str = ""
    offline: bool = False


@dataclass(slots=True, kw_only=True)
class Sign:
    """Keeps who may do what. `now` gives seconds since 1970; `url` is where the endpoints are."""

    now: Callable[[], float]
    url: Callable[[], str]
    clients: dict[str, Client] = field(default_factory=dict)
    codes: dict[str, Grant] = field(default_factory=dict)
    #: Codes that were exchanged, or tried.
    used: set[str] = field(default_factory=set)
    refreshing: dict[str, Grant] = field(default_factory=dict)
    access: dict[str, Grant] = field(default_factory=dict)
    keys: dict[str, rsa.RSAPublicKey] = field(default_factory=dict)
    #: Users that service accounts may act as.
    delegated: set[str] = field(default_factory=set)
    #: What the user in the browser does: `grant`, `deny`, or `untick` the box for Drive.
    consent: str = "grant"
    #: Whether a refresh token comes along; Google leaves it out if the user agreed before and is not asked again.
    forgetful: bool = False
    #: Whether each use of a refresh token brings another one.
    rotates: bool = False
    made: int = 0

    # ----- what a test asks and turns

    def access_token(self, scope: str = READ, *, seconds: float = _HOUR) -> str:
        """Return an access token, as if somebody had got one."""
        return self._issue(self.access, "ya29.", Grant(client="", scopes=(scope,), ends=self.now() + seconds))

    def refresh_token(self, client: str, scope: str = READ) -> str:
        """Return a refresh token of a client, as if a user had agreed long ago."""
        return self._issue(self.refreshing, "1//", Grant(client=client, scopes=(scope,), ends=float("inf")))

    def service_account(self, email: str) -> str:
        """Make a service account and return its key file's text."""
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.keys[email] = key.public_key()
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return json.dumps(
            {
                "type": "service_account",
                "project_id": "a-project",
                "private_key_id": "k1",
                "private_key": pem.decode(),
                "client_email": email,
                "client_id": "1",
                "token_uri": f"{self.url()}/token",
            }
        )

    def revoke_all(self) -> None:
        """Let the user take back every permission, at his account's page."""
        self.refreshing.clear()
        self.access.clear()

    def allows(self, token: str) -> Grant | None:
        """Return what an access token is good for; None if it is not, or no longer."""
        grant = self.access.get(token)
        return grant if grant is not None and grant.ends > self.now() else None

    # ----- the endpoints

    def authorize(self, request: Request) -> Response:
        """Do what the page in the browser does: https://developers.google.com/identity/protocols/oauth2/native-app."""
        client = self.clients.get(request.arg("client_id"))
        if client is None or client.deleted:
            return _page(401, "invalid_client", "The OAuth client was not found.")
        uri = request.arg("redirect_uri")
        if uri.startswith("urn:ietf:wg:oauth:2.0:oob"):
            return _page(400, "invalid_request", "The out-of-band (OOB) flow has been blocked.")
        if not _may_redirect(client, uri):
            return _page(400, "redirect_uri_mismatch", "You can't sign in because this app sent an invalid request.")
        if request.arg("response_type") != "code" or request.arg("code_challenge_method", "S256") != "S256":
            return _page(400, "invalid_request", "Required parameter is missing: response_type")
        state = {"state": request.arg("state")} if request.has("state") else {}
        if self.consent == "deny":
            return _redirect(uri, {"error": "access_denied", **state})
        scopes = tuple(request.arg("scope").split()) if self.consent == "grant" else ("openid",)
        offline = request.arg("access_type") == "offline" and not (
            self.forgetful and request.arg("prompt") != "consent"
        )
        grant = Grant(
            client=client.id,
            scopes=scopes,
            ends=self.now() + 600,
            redirect_uri=uri,
            challenge=request.arg("code_challenge"),
            offline=offline,
        )
        code = self._issue(self.codes, "4/0A", grant)
        return _redirect(uri, {**state, "code": code, "scope": " ".join(scopes)})

    def token(self, form: dict[str, str]) -> Response:
        """Exchange a code, a refresh token or a service account's signature for an access token."""
        if form.get("grant_type") == _JWT:
            return self._given(self._signed(form.get("assertion", "")))
        client = self._client(form)
        if form.get("grant_type") == "authorization_code":
            return self._exchange(client, form)
        if form.get("grant_type") == "refresh_token":
            return self._refresh(client, form)
        raise refused_grant("unsupported_grant_type", f"Invalid grant_type: {form.get('grant_type')}")

    def revoke(self, form: dict[str, str]) -> Response:
        """Take a token back."""
        gone = self.refreshing.pop(form.get("token", ""), None) or self.access.pop(form.get("token", ""), None)
        if gone is None:
            raise refused_grant("invalid_token", "Token expired or revoked")
        return answer({})

    # ----- inside

    def _client(self, form: dict[str, str]) -> Client:
        client = self.clients.get(form.get("client_id", ""))
        if client is None:
            raise refused_grant("invalid_client", "The OAuth client was not found.", 401)
        if client.deleted:
            raise refused_grant("deleted_client", "The OAuth client was deleted.", 401)
        if client.secret != form.get("client_secret"):
            raise refused_grant("invalid_client", "Unauthorized", 401)
        return client

    def _exchange(self, client: Client, form: dict[str, str]) -> Response:
        grant = self.codes.pop(form.get("code", ""), None)
        self.used.add(form.get("code", ""))
        if grant is None or grant.client != client.id or grant.ends <= self.now():
            raise refused_grant("invalid_grant", "Malformed auth code.")
        if grant.redirect_uri != form.get("redirect_uri"):
            raise refused_grant("redirect_uri_mismatch", "Bad Request")
        if grant.challenge:
            _prove(grant.challenge, form.get("code_verifier", ""))
        more: dict[str, Any] = {}
        if grant.offline:
            ends = self.now() + _WEEK if client.testing else float("inf")
            more["refresh_token"] = self._issue(
                self.refreshing, "1//", Grant(client=client.id, scopes=grant.scopes, ends=ends)
            )
            if client.testing:
                more["refresh_token_expires_in"] = _WEEK - 1
        return self._given(grant, **more)

    def _refresh(self, client: Client, form: dict[str, str]) -> Response:
        text = form.get("refresh_token", "")
        grant = self.refreshing.get(text)
        if grant is None or grant.ends <= self.now():
            raise refused_grant("invalid_grant", "Token has been expired or revoked.")
        if grant.client != client.id:
            raise refused_grant("unauthorized_client", "Unauthorized", 401)
        if set(form.get("scope", "").split()) - set(grant.scopes):
            raise refused_grant("invalid_scope", "Bad Request")
        if not self.rotates:
            return self._given(grant)
        del self.refreshing[text]
        return self._given(grant, refresh_token=self._issue(self.refreshing, "1//", grant))

    def _given(self, grant: Grant, **more: Any) -> Response:
        token = self._issue(
            self.access, "ya29.", Grant(client=grant.client, scopes=grant.scopes, ends=self.now() + _HOUR)
        )
        scope = " ".join(grant.scopes)
        return answer({"access_token": token, "expires_in": _HOUR - 1, "scope": scope, "token_type": "Bearer", **more})

    def _signed(self, assertion: str) -> Grant:
        """Check a service account's assertion (RFC 7523); refusals are worded as Google words them."""
        try:
            head, body, signature = assertion.split(".")
            claims = json.loads(_unpadded(body))
            key = self.keys[claims["iss"]]
            key.verify(_unpadded(signature), f"{head}.{body}".encode(), padding.PKCS1v15(), hashes.SHA256())
        except KeyError:
            raise refused_grant("invalid_grant", "Invalid grant: account not found") from None
        except (ValueError, InvalidSignature):
            raise refused_grant("invalid_grant", "Invalid JWT Signature.") from None
        if not claims["iat"] - 300 <= self.now() <= claims["exp"] or claims["exp"] - claims["iat"] > _HOUR:
            raise refused_grant(
                "invalid_grant",
                "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your "
                "iat and exp values in the JWT claim.",
            )
        if claims["aud"] not in (_AUDIENCE, f"{self.url()}/token"):
            raise refused_grant("invalid_grant", "Invalid JWT: Failed audience check.")
        if "sub" in claims and claims["sub"] not in self.delegated:
            raise refused_grant(
                "unauthorized_client",
                "Client is unauthorized to retrieve access tokens using this method, or client not authorized for any "
                "of the scopes requested.",
                401,
            )
        return Grant(client="", scopes=tuple(claims["scope"].split()), ends=0)

    def _issue(self, kept: dict[str, Grant], prefix: str, grant: Grant) -> str:
        self.made += 1
        text = prefix + base64.urlsafe_b64encode(hashlib.sha256(f"{self.made}".encode()).digest()).decode().rstrip("=")
        kept[text] = grant
        return text


def _prove(challenge: str, verifier: str) -> None:
    """Check PKCE (RFC 7636, S256)."""
    if not verifier:
        raise refused_grant("invalid_grant", "Missing code verifier.")
    digest = hashlib.sha256(verifier.encode()).digest()
    if not 43 <= len(verifier) <= 128 or base64.urlsafe_b64encode(digest).decode().rstrip("=") != challenge:
        raise refused_grant("invalid_grant", "Invalid code verifier.")


def _may_redirect(client: Client, uri: str) -> bool:
    parts = urlsplit(uri)
    if client.type == "web":
        return uri in client.redirect_uris
    return parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1")


def _unpadded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _redirect(uri: str, more: dict[str, str]) -> Response:
    return Response(status=302, headers={"Location": f"{uri}{'&' if '?' in uri else '?'}{urlencode(more)}"})


def _page(status: int, code: str, text: str) -> Response:
    """Return the page on which a mistaken user stays: nothing is sent back to the application."""
    body = f"<!doctype html><title>Error</title><h1>Access blocked</h1><p>{html.escape(text)}<p>Error {status}: {code}"
    return Response(status=status, body=body.encode(), type="text/html; charset=utf-8")
