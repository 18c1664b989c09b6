"""The raw event as it may be kept: the same JSON without a secret in it."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from autoscan.logs.redaction import in_address

MASK = "***"
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))

_SECRET_KEY = re.compile(r"token|api[-_]?key|passw|passphrase|secret|authori[sz]ation|credential", re.IGNORECASE)
#: `http://user:HERE@host/`, `?apikey=HERE`; titles have neither.
_BY_COMPANY = (r"(?<=://)[^\s/:@]*:[^\s/@]+(?=@)", r"\b(?:api_?key|(?:\w+_)?token|password)=[^\s&#\"']+")

#: What makes a closer look necessary, however a caller spells it. No payload of the known applications has any of it.
_TELLTALES = ("token", "apikey", "api-key", "api_key", "passw", "passphrase", "secret", "authorization",
              "authorisation", "credential")  # fmt: skip

_DOTTED, _DOTLESS = "\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}", "\N{LATIN SMALL LETTER DOTLESS I}"


def masked(body: Mapping[str, Any], secrets: Sequence[str]) -> str:
    """Return `body` as JSON text; values of telling keys, and known secrets wherever they stand, become `***`."""
    text = _as_json(body)
    hiding = _hiding(tuple(secrets))
    return _as_json(_walk(body, hiding.hide)) if hiding.may_concern(text) else text


def _as_json(body: Any) -> str:
    return _ENCODER.encode(body)


def _walk(value: Any, hide: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return hide(value)
    if isinstance(value, Mapping):
        return {hide(key): MASK if _tells(key, inner) else _walk(inner, hide) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_walk(inner, hide) for inner in value]
    return value


def _tells(key: str, value: Any) -> bool:
    return value not in (None, "", True, False) and _SECRET_KEY.search(key) is not None


def _fold(text: str) -> str:
    """Return `text` so that spellings are the same which a pattern takes for the same where case does not matter."""
    return text.replace(_DOTTED, "i").replace(_DOTLESS, "i").casefold()


@dataclass(frozen=True, slots=True)
class _Hiding:
    """What hides the known secrets, and by their company those that only the caller knows."""

    pattern: re.Pattern[str]
    #: Without any of them in a whole text, in one case, there is nothing to hide in any of its parts.
    telltales: tuple[str, ...]

    def may_concern(self, text: str) -> bool:
        """Tell whether there may be something to hide in the JSON `text`."""
        folded = _fold(text)
        return any(each in folded for each in self.telltales) or "%" in folded or ("://" in folded and "@" in folded)

    def hide(self, text: str) -> str:
        """Return `text` without secrets."""
        return self.pattern.sub(MASK, text)


@lru_cache(maxsize=4)
def _hiding(secrets: tuple[str, ...]) -> _Hiding:
    longest_first = sorted(filter(None, secrets), key=len, reverse=True)
    pattern = re.compile("|".join([*map(in_address, longest_first), *_BY_COMPANY]), re.IGNORECASE)
    in_json = {_fold(_as_json(spelling)[1:-1]) for secret in longest_first for spelling in _unencoded(secret)}
    return _Hiding(pattern, (*in_json, *_TELLTALES))


def _unencoded(secret: str) -> tuple[str, ...]:
    """Return the spellings of a secret without a percent sign of an address."""
    return (secret, secret.replace(" ", "+"))
