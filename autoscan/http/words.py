"""What an answer or a failure means, in a short text that an operator can act on and that holds no secret."""

import html
import json
import re
import ssl
from collections.abc import Iterable
from urllib.parse import quote, quote_plus, urljoin, urlsplit

import requests
from requests.exceptions import ConnectTimeout, ReadTimeout, SSLError
from urllib3.exceptions import NameResolutionError, NewConnectionError
from urllib3.exceptions import TimeoutError as Urllib3Timeout

#: Characters of a server's own words that are worth repeating.
LONGEST_QUOTE = 160
#: Characters (bytes) of an answer that are looked at to tell what it is.
_BEGINNING = 4000
#: What may stand before the first tag of a page, and how it ends.
_PROLOGUE = ((b"<?", b"?>"), (b"<!--", b"-->"))
_STATUS_ATTRIBUTE = re.compile(r'<Response\b[^>]*?\bstatus="([^"]*)"')
#: A member whose text is JSON to its last escape.
_ERROR_MEMBER = re.compile(r'"error"\s*:\s*("(?:[^"\\]|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}))*")')
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_INVISIBLE = re.compile(r"<(script|style|head)\b.*?</\1\s*>|<[^>]*>", re.IGNORECASE | re.DOTALL)
#: What an error means, whatever it is wrapped in; the first that fits. `NewConnectionError` is a time-out, too, for old
#: times' sake, and `NameResolutionError` is one of it.
_MEANINGS: tuple[tuple[tuple[type[Exception], ...], str], ...] = (
    (
        (ssl.SSLCertVerificationError,),
        "does not prove who it is ({tls}): use its right name, or set VERIFY_TLS to its CA file or false",
    ),
    ((SSLError, ssl.SSLError), "does not speak TLS as it should ({tls}): does its URL have to begin with http://?"),
    ((NameResolutionError,), "cannot be found: no such host name; look at its URL and the name service"),
    ((NewConnectionError,), "cannot be reached ({system}): is it running, and is its URL right?"),
    (
        (ConnectTimeout, ReadTimeout, Urllib3Timeout, TimeoutError),
        "gave no complete answer in time (TIMEOUT is {timeout:g} s)",
    ),
)


class Redactor:
    """Puts `***` in place of the secrets of one server, also where they are spelt as in a URL."""

    def __init__(self, secrets: Iterable[str]) -> None:
        forms = {form for secret in secrets if secret for form in (secret, quote(secret, safe=""), quote_plus(secret))}
        self._forms = sorted(forms, key=len, reverse=True)

    def __call__(self, text: str) -> str:
        """Return `text` without the secrets."""
        for form in self._forms:
            text = text.replace(form, "***")
        return text


def place(url: str, base: str = "") -> str:
    """Return where `url` (possibly relative to `base`) points, without user, query and fragment."""
    try:
        parts = urlsplit(urljoin(base, url))
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "an unreadable address"
    host = parts.hostname or ""
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}{parts.path}"


def is_page(response: requests.Response) -> bool:
    """Tell whether the answer is a web page, as login forms and proxies send."""
    kind = response.headers.get("Content-Type", "").lower()
    return bool(response.content) and (
        "html" in kind or _first_tag(response.content).startswith((b"<!doctype html", b"<html"))
    )


def _first_tag(body: bytes) -> bytes:
    rest = body[:_BEGINNING].lstrip().lower()
    while end := next((end for start, end in _PROLOGUE if rest.startswith(start)), b""):
        rest = rest.partition(end)[2].lstrip()
    return rest


def own_words(response: requests.Response) -> str:
    """Return what the server says about itself: Plex's status attribute, rclone's error, a page's or plain text."""
    text = response.text[:_BEGINNING]
    status = _STATUS_ATTRIBUTE.search(text)
    if status:
        return _quoted(status[1])
    if not is_page(response):
        error = _ERROR_MEMBER.search(text)
        plain = json.loads(error[1], strict=False) if error else text
        return _quoted("" if plain.lstrip().startswith(("<", "{", "[")) else plain)
    title = _TITLE.search(text)
    return _quoted(_INVISIBLE.sub(" ", text)) or _quoted(title[1] if title else "")


def page_title(response: requests.Response) -> str:
    """Return the title of a web page, `""` if it has none."""
    title = _TITLE.search(response.text[:_BEGINNING])
    return _quoted(title[1]) if title else ""


def _quoted(text: str) -> str:
    words = " ".join(html.unescape(text).split())
    words = "".join(character for character in words if character.isprintable())
    return words if len(words) <= LONGEST_QUOTE else words[:LONGEST_QUOTE] + "..."


def failure(error: Exception, timeout: float) -> str:
    """Say what kept an exchange from ending well."""
    causes = tuple(_causes(error))
    if any("CA certificate" in str(cause) or "certificate file" in str(cause) for cause in causes):
        return "cannot be asked: the CA file of VERIFY_TLS cannot be read"
    for kinds, text in _MEANINGS:
        if any(isinstance(cause, kinds) for cause in causes):
            return text.format(tls=_tls(causes), system=_system(causes), timeout=timeout)
    return "broke off in the middle of its answer"


def _causes(error: BaseException) -> Iterable[BaseException]:
    """Yield `error` and everything it was made of, however the libraries wrapped it."""
    seen: list[BaseException] = []
    todo: list[BaseException] = [error]
    while todo:
        here = todo.pop()
        if here in seen:
            continue
        seen.append(here)
        inner = (here.__cause__, here.__context__, getattr(here, "reason", None), *here.args)
        todo.extend(each for each in inner if isinstance(each, BaseException))
    return seen


def _tls(causes: Iterable[BaseException]) -> str:
    reasons = (getattr(cause, "verify_message", "") or getattr(cause, "reason", "") for cause in causes)
    return next((text for text in reasons if isinstance(text, str) and text), "TLS failed")


def _system(causes: Iterable[BaseException]) -> str:
    texts = (cause.strerror for cause in causes if isinstance(cause, OSError) and isinstance(cause.strerror, str))
    return next((text.lower() for text in texts), "no connection")
