"""What is written about the web, turned into what it means: addresses of proxies, the base path, names, folders."""

import ipaddress
import re
from collections.abc import Mapping
from typing import Any

from autoscan.paths import clean, components
from autoscan.settings.convert import commas, stripped, texts
from autoscan.settings.spot import Spot, every, shown, wrong
from autoscan.settings.values import ROUTE_NAMES, Secret

#: In WEBHOOK_REQUIRE_SIGNATURE: every source.
EVERY = ("*",)
_WORDS = {"true": EVERY, "yes": EVERY, "on": EVERY, "1": EVERY, "false": (), "no": (), "off": (), "0": ()}
_NAME = re.compile(r"[A-Za-z0-9._-]+")
#: What stands in an address as it is.
_PART = re.compile(r"[A-Za-z0-9._~-]+")


def networks(spot: Spot) -> tuple[str, ...]:
    """Return networks in their usual spelling; a single address is one of its own."""
    return tuple(every(commas(spot), lambda text: _network(spot, text)))


def _network(spot: Spot, text: str) -> str:
    try:
        return str(ipaddress.ip_network(text.strip("[]"), strict=False))
    except ValueError:
        message = f'"{shown(text)}" is no address or network. Write such as 172.18.0.2 or 172.18.0.0/16.'
        raise wrong(spot, message) from None


def base_path(spot: Spot) -> str:
    """Return a path with a slash before and none behind; `""` for the root."""
    parts = [part for part in stripped(spot).split("/") if part]
    if any(not _PART.fullmatch(part) or part in {".", ".."} for part in parts):
        raise wrong(spot, "is the path of a URL. Write such as /autoscan: letters, digits, and the characters . _ ~ -.")
    if parts and parts[0] in ROUTE_NAMES:
        raise wrong(spot, f"must not begin with /{parts[0]}: that is a page of Autoscan itself. Choose another one.")
    return "".join(f"/{part}" for part in parts)


def some(spot: Spot) -> tuple[str, ...]:
    """Return names; `EVERY` for true, none for false."""
    written = spot.node.text if isinstance(spot.node.value, bool) else spot.node.value
    if isinstance(written, str) and written.strip().lower() in _WORDS:
        return _WORDS[written.strip().lower()]
    names = commas(spot)
    if not all(map(_NAME.fullmatch, names)):
        raise wrong(spot, "is neither true nor false nor the names of sources. Write true, false, or names.")
    return names


def folders(spot: Spot) -> tuple[str, ...]:
    """Return whole paths, cleaned: from the first slash, or with a drive or a share."""
    return tuple(every(texts(spot), lambda text: _folder(spot, text)))


def _folder(spot: Spot, text: str) -> str:
    first = next(iter(components(text.strip())), "")
    if not first.endswith(("/", "\\")):
        raise wrong(spot, f'"{shown(text)}" is no whole path. Write it from its first slash, or with its drive.')
    return clean(text.strip())


def check_web(values: Mapping[str, Any], spots: Mapping[str, Spot]) -> None:
    """Raise WrongError where two settings of the web do not go together."""
    require, key = spots.get("WEBHOOK_REQUIRE_SIGNATURE"), values["WEBHOOK_SECRET"]
    if require is not None and values["WEBHOOK_REQUIRE_SIGNATURE"] and not (isinstance(key, Secret) and key):
        raise wrong(require, "needs a key to check signatures with. Set WEBHOOK_SECRET as well.")
    base, password = values["BASE_PATH"], values["SERVER_PASS"]
    if base and password is not None and f"/{password.reveal()}/".startswith(f"{base}/"):
        raise wrong(spots["BASE_PATH"], "must not be what SERVER_PASS begins with. Choose another one.")
