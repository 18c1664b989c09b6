"""Take secrets out of text: those the settings know in every usual disguise, others by the company they keep."""

import base64
import html
import json
import re
from collections.abc import Iterable, Iterator

MASK = "***"

#: A secret of at most so many characters is masked only as a whole word: "a" would leave nothing legible.
SHORT = 3
#: Base64 of less than so many bytes has too few characters of its own to be told from ordinary words.
BASE64_MIN = 6

#: Credentials that the settings may not know (an old token, somebody else's), by what stands before them.
_BY_COMPANY = (
    re.compile(r"(?i)(\b(?:x-plex-token|x-emby-token|x-mediabrowser-token|x-api-key|api_?key"
               r"|(?:access|refresh|id)_token|client_secret|code_verifier)\b[\"']?\s*[=:]\s*[\"']?)[^\s\"'&,;<>]+"),
    re.compile(r"(?i)(\b(?:token|password|passwd)[\"']?\s*=\s*[\"']?)[^\s\"'&,;<>]+"),
    re.compile(r"(?i)(\bauthorization[\"']?\s*[=:]\s*[\"']?(?:basic|bearer|token)\s+)[^\s\"'&,;<>]+"),
    re.compile(r"(://[^\s/:@]*:)[^\s/@]+(?=@)"),
)  # fmt: skip
#: Google's own credentials, by their shape: access and refresh tokens, secrets of clients, keys of programs.
_GOOGLES = re.compile(r"\bya29\.[\w.-]{8,}|\b1//0[\w-]{20,}|\bGOCSPX-[\w-]{8,}|\bAIza[\w-]{35}")
#: Without "Authorization" before it, it may be a film: "Basic Instinct", "Bearer of the Ring".
_BASIC = re.compile(r"(?i)(\bbasic\s+)([a-z0-9+/_-]{6,}={0,2})")
_BEARER = re.compile(r"(?i)(\bbearer\s+)([\w.~+/=-]{8,})")
#: A single word of so many characters is no title.
_LONG_WORD = 20


class Redactor:
    """Masks the given secrets, and whatever looks like a credential, in any text."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        given = {secret for secret in secrets if secret}
        known = {(len(form), _bounded(re.escape(form), form)) for secret in given for form in _forms(secret)}
        known |= {(len(secret), _bounded(in_address(secret), secret)) for secret in given}
        longest_first = [pattern for _, pattern in sorted(known, key=lambda each: (-each[0], each[1]))]
        self._known = re.compile("|".join(longest_first)) if known else None

    def __call__(self, text: str) -> str:
        """Return `text` with `***` in place of every credential."""
        if self._known is not None:
            text = self._known.sub(MASK, text)
        for pattern in _BY_COMPANY:
            text = pattern.sub(rf"\g<1>{MASK}", text)
        text = _GOOGLES.sub(MASK, text)
        text = _BASIC.sub(_mask_basic, text)
        return _BEARER.sub(_mask_bearer, text)


def _mask_basic(found: re.Match[str]) -> str:
    """Mask what is `user:password` in base64."""
    try:
        plain = base64.b64decode(found[2].rstrip("=") + "=" * (-len(found[2].rstrip("=")) % 4), altchars=b"-_")
    except ValueError:
        return found[0]
    return f"{found[1]}{MASK}" if b":" in plain else found[0]


def _mask_bearer(found: re.Match[str]) -> str:
    """Mask what has a digit or is too long for a word."""
    token = found[2]
    secret = len(token) >= _LONG_WORD or any(sign.isdigit() for sign in token)
    return f"{found[1]}{MASK}" if secret else found[0]


def in_address(secret: str) -> str:
    """Return the pattern of a secret in an address, where each character is itself or percent-encoded, as one likes."""
    return "".join(map(_in_address, secret))


def _in_address(character: str) -> str:
    encoded = "".join(f"%{octet:02x}" for octet in character.encode(errors="replace"))
    plus = r"|\+" if character == " " else ""
    return f"(?:{re.escape(character)}|(?i:{encoded}){plus})"


def _bounded(pattern: str, form: str) -> str:
    return pattern if len(form) > SHORT else rf"(?<!\w){pattern}(?!\w)"


def _forms(secret: str) -> Iterator[str]:
    """Yield the ways in which a secret is spelt in JSON, HTML, Python's repr and Basic credentials."""
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield html.escape(secret)
    yield repr(secret)[1:-1]
    yield from _base64_forms(secret.encode(errors="surrogatepass"))


def _base64_forms(raw: bytes) -> Iterator[str]:
    """Yield what stays the same of a secret's base64 wherever it begins, as in `user:secret` of Basic."""
    if len(raw) < BASE64_MIN:
        return
    for offset in range(3):
        padded = b"\0" * offset + raw
        whole = len(padded) - len(padded) % 3
        # The first characters mix in what stands before the secret, the last ones what comes after it.
        first = (0, 2, 3)[offset]
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            yield encode(padded[:whole]).decode()[first:]
