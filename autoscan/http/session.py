"""One media server's HTTP session, which `plexapi` can use as well."""

import contextlib
import http.client
import io
from collections.abc import Callable, Iterable, Mapping
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

import requests
import urllib3

from autoscan import __version__
from autoscan.errors import TargetError, TargetRejectedError, TargetUnauthorizedError, TargetUnavailableError
from autoscan.http.deadline import LONGEST, DeadlineAdapter
from autoscan.http.words import Redactor, failure, is_page, own_words, page_title, place

#: No answer may be larger, in bytes.
MAX_BODY = 32 * 1024 * 1024
#: A connection is made within so many seconds, or not at all.
CONNECT_SECONDS = 10.0
_CHUNK = 64 * 1024
_OPTIONS = frozenset({"params", "headers", "json", "data"})
_OK = frozenset({200, 201, 204})
_REDIRECT = 3
_SERVER_ERROR = 5
_NO_RIGHT = {401: "refuses the token: write a valid one", 403: "denies it: the token must be an administrator's"}
#: Refusals that time may heal, besides 5xx.
_PASSING = frozenset({408, 425, 429})
#: What the libraries below raise: their own errors, and the socket's or TLS's that they let through.
_FAILURES = (requests.RequestException, urllib3.exceptions.HTTPError, http.client.HTTPException, OSError)


class Session(requests.Session):
    """Talks to the server at `base_url` and to nobody else. For one thread at a time.

    `headers_of_own` (the token, who we are) go with each request, whatever the caller sends. `timeout` is the
    longest pause of the server, in seconds; a whole answer may take twice that. `heartbeat` is called around each
    exchange. Every failure is one of the `TargetError` family, whose text starts with `name` and holds no secret.
    """

    def __init__(  # noqa: PLR0913 - what is said about a server, once
        self,
        base_url: str,
        *,
        name: str,
        token_headers: Mapping[str, str],
        verify: bool | str = True,
        timeout: float = 30.0,
        secrets: Iterable[str] = (),
        heartbeat: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__()
        self.base_url, password = _base(base_url)
        self.name = name
        self.verify = verify
        self.trust_env = False
        self.timeout = min(timeout, LONGEST)
        self.heartbeat = heartbeat
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
        #: Requests sent so far.
        self.exchanges = 0
        #: The `Date` header of the last answer; `""` if it had none.
        self.last_date = ""
        self._own = {"User-Agent": f"Autoscan/{__version__}", **token_headers}
        self._redact = Redactor((*secrets, password))
        if verify is False:
            # Who switched the check off knows; the warning would come with each request.
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        for scheme in ("http://", "https://"):
            self.mount(scheme, DeadlineAdapter())

    def url(self, path: str) -> str:
        """Return the address of `path` at this server."""
        return f"{self.base_url}/{path.lstrip('/')}"

    def fetch(
        self, method: str, path: str, *, params: Mapping[str, Any] | None = None, json: object = None
    ) -> requests.Response:
        """Return the whole answer to one request. Raise the `TargetError` that fits whatever is not a success."""
        return self.request(method, self.url(path), params=params, json=json)

    def json(self, method: str, path: str, *, params: Mapping[str, Any] | None = None, json: object = None) -> Any:
        """Return the JSON of an answer. Raise `TargetUnavailableError` for an answer that is none."""
        response = self.fetch(method, path, params=params, json=json)
        try:
            return response.json()
        except (ValueError, RecursionError):
            raise odd_answer(self.name, response.url, "no JSON") from None

    def request(  # type: ignore[override]  # of all its options only those that a media server needs
        self, method: str, url: str, **options: Any
    ) -> requests.Response:
        """Do one exchange and return its answer, read to the end. As `fetch`, for libraries that know whole URLs."""
        if not url.startswith(f"{self.base_url}/"):
            raise TargetRejectedError(f"{self.name}: {place(url)} is not below its URL; nothing was sent there")
        self.heartbeat()
        self.exchanges += 1
        try:
            response = self._exchange(method, url, {key: options[key] for key in _OPTIONS & options.keys()})
        finally:
            self.heartbeat()
        self._check(response)
        return response

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Know of no redirect: `requests` reads the body of one, however long, even where it does not follow."""

    def _exchange(self, method: str, url: str, options: dict[str, Any]) -> requests.Response:
        options["headers"] = {**(options.get("headers") or {}), **self._own}
        timeout = (min(self.timeout, CONNECT_SECONDS), self.timeout)
        try:
            response = super().request(method, url, timeout=timeout, stream=True, **options)
            self.last_date = response.headers.get("Date", "")
            return self._read(response)
        except ValueError as error:
            raise self._unsendable(error) from None
        except _FAILURES as error:
            raise self._unavailable(failure(error, self.timeout)) from None

    def _read(self, response: requests.Response) -> requests.Response:
        body = bytearray()
        with contextlib.closing(response.raw) as raw:
            for chunk in raw.stream(_CHUNK, decode_content=True):
                body += chunk
                if len(body) > MAX_BODY:
                    raise self._unavailable(f"sends more than {MAX_BODY // 2**20} MiB: is a media server at its URL?")
        response.raw = io.BytesIO(body)
        # Without a charset `requests` takes text for Latin-1; every media server writes UTF-8.
        response.encoding = "utf-8"
        return response

    def _check(self, response: requests.Response) -> None:
        status = response.status_code
        if status in _OK:
            if is_page(response):
                raise odd_answer(self.name, response.url, _page(response))
        elif status in _NO_RIGHT:
            text = f"{self.name} {_NO_RIGHT[status]} (HTTP {status})"
            raise TargetUnauthorizedError(text, status=status)
        elif status // 100 == _SERVER_ERROR or status in _PASSING:
            raise self._unavailable(_with_words(f"answers HTTP {status}", response), status)
        elif status // 100 == _REDIRECT:
            raise TargetRejectedError(self._redact(f"{self.name} {_redirect(response)}"), status=status)
        else:
            text = _with_words(f"refuses with HTTP {status}", response)
            raise TargetRejectedError(self._redact(f"{self.name} {text}"), status=status)

    def _unavailable(self, text: str, status: int = 0) -> TargetUnavailableError:
        return TargetUnavailableError(self._redact(f"{self.name} {text}"), status=status)

    def _unsendable(self, error: ValueError) -> TargetError:
        """Tell a token that no header carries (a pasted line break, a letter of another alphabet) from the rest."""
        wrong_header = isinstance(error, UnicodeEncodeError) and error.encoding == "latin-1"
        if wrong_header or isinstance(error, requests.exceptions.InvalidHeader):
            return TargetUnauthorizedError(f"{self.name}: its token has characters that no token has: copy it again")
        return TargetRejectedError(f"{self.name}: its URL or the path has characters that cannot be sent")


def odd_answer(name: str, url: str, what: str) -> TargetUnavailableError:
    """Make the error for an answer that is no media server's: `what` came from `url` with HTTP 200."""
    return TargetUnavailableError(
        f"{name}: {place(url)} answers with {what}; a proxy or login page stands before the media server, "
        "or the URL is not its own",
        status=200,
    )


def _base(url: str) -> tuple[str, str]:
    """Return the address that paths are put behind, and the password in it."""
    parts = urlsplit(url.strip())
    base = urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/"), "", ""))
    return base, unquote(parts.password or "")


def _page(response: requests.Response) -> str:
    title = page_title(response)
    return f'an HTML page ("{title}")' if title else "an HTML page"


def _redirect(response: requests.Response) -> str:
    where = response.headers.get("Location", "")
    to = place(where, response.url) if where else "nowhere"
    return f"redirects to {to}, where its token must not go: write the address that answers itself as its URL"


def _with_words(text: str, response: requests.Response) -> str:
    words = own_words(response)
    return f"{text}: {words}" if words else text
