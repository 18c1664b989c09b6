"""The raw event as it may be kept: the same JSON without a secret in it."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

MASK = "***"

_SECRET_KEY = re.compile(r"token|api[-_]?key|passw|passphrase|secret|authori[sz]ation|credential", re.IGNORECASE)
#: `http://user:HERE@host/`, `?apikey=HERE`; titles have neither.
_BY_COMPANY = (r"(?<=://)[^\s/:@]*:[^\s/@]+(?=@)", r"\b(?:api_?key|(?:\w+_)?token|password)=[^\s&#\"']+")


def masked(body: Mapping[str, Any], secrets: Sequence[str]) -> str:
    """Return `body` as JSON text; values of telling keys, and known secrets wherever they stand, become `***`."""
    return json.dumps(_walk(body, _hider(secrets)), ensure_ascii=False, separators=(",", ":"))


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


def _hider(secrets: Sequence[str]) -> Callable[[str], str]:
    """Return what masks the known secrets, and by their company those that only the caller knows."""
    spellings = {spelling for secret in secrets if secret for spelling in (secret, quote(secret, safe=""))}
    longest_first = sorted(map(re.escape, spellings), key=len, reverse=True)
    pattern = re.compile("|".join([*longest_first, *_BY_COMPANY]), re.IGNORECASE)
    return lambda text: pattern.sub(MASK, text)
