"""The media servers: the list, and what the old keys add to it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, Literal
from urllib.parse import urlsplit

from autoscan.errors import Problem
from autoscan.settings.convert import choice, mapping, placeholder, seconds, stripped, written, yes_no
from autoscan.settings.layers import Surroundings, secret_file
from autoscan.settings.spot import Spot, WrongError, every, wrong
from autoscan.settings.values import MediaServer, Secret

Kind = Literal["plex", "jellyfin", "emby"]
Servers = tuple[MediaServer, ...]
TIMEOUT = 30.0
#: What each server has of its own; where it does not say, the setting of that name counts.
SHARED_KEYS = ("VERIFY", "ESCALATE_TO_LIBRARY")
SERVER_KEYS = ("NAME", "TYPE", "URL", "TOKEN", "TOKEN_FILE", "PATH_MAPPINGS", "VERIFY_TLS", "TIMEOUT", *SHARED_KEYS)
_LONGEST_NAME = 64
_PORTS = {"http": 80, "https": 443}


def listed(spot: Spot, around: Surroundings, values: Mapping[str, Any]) -> tuple[MediaServer, ...]:
    """Return the servers of `MEDIA_SERVERS`, those without a NAME still nameless; raise WrongError.

    `values` are those of all other settings.
    """
    if isinstance(spot.node.value, dict):
        return (_entry(spot, around, values),)
    if not isinstance(spot.node.value, list):
        raise wrong(spot, 'must be a list. Write [{"TYPE": "plex", "URL": "http://...", "TOKEN": "..."}].')
    return tuple(every(spot.items(), lambda item: _entry(item, around, values)))


def _entry(spot: Spot, around: Surroundings, values: Mapping[str, Any]) -> MediaServer:
    lacking = tuple(_lacking(spot))
    try:
        keys = written(spot, _converters(around))
    except WrongError as error:
        raise WrongError(*error.problems, *lacking) from None
    if lacking:
        raise WrongError(*lacking)
    return MediaServer(
        name=keys.get("NAME", ""),
        type=keys["TYPE"],
        url=keys["URL"],
        token=keys.get("TOKEN") or keys["TOKEN_FILE"],
        path_mappings=keys.get("PATH_MAPPINGS", {}),
        verify_tls=keys.get("VERIFY_TLS", True),
        timeout=keys.get("TIMEOUT", TIMEOUT),
        **_shared({**values, **keys}),
    )


def _shared(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key.lower(): values[key] for key in SHARED_KEYS}


def _converters(around: Surroundings) -> dict[str, Callable[[Spot], Any]]:
    return {
        "NAME": _name,
        "TYPE": lambda spot: choice(spot, ("plex", "jellyfin", "emby")),
        "URL": server_url,
        "TOKEN": _token,
        "TOKEN_FILE": lambda spot: Secret(stripped(secret_file(spot, around))),
        "PATH_MAPPINGS": mapping,
        "VERIFY_TLS": lambda spot: _verify(spot, around),
        "TIMEOUT": seconds,
        **dict.fromkeys(SHARED_KEYS, yes_no),
    }


def _lacking(spot: Spot) -> Iterator[Problem]:
    """Yield each thing that an entry lacks."""
    if not isinstance(spot.node.value, dict):
        return
    there = {key for key, member in spot.members().items() if not member.blank}
    for key, advice in _ADVICE.items():
        if key not in there and f"{key}_FILE" not in there:
            yield Problem(name=f"{spot.name}.{key}", where=spot.where, message=f"is missing. {advice}")
    if {"TOKEN", "TOKEN_FILE"} <= there:
        yield Problem(name=spot.name, where=spot.where, message="has TOKEN and TOKEN_FILE. Remove one of them.")


_ADVICE = {
    "TYPE": "Write plex, jellyfin or emby.",
    "URL": "Write it, such as http://192.168.1.10:32400.",
    "TOKEN": "Write the server's token or API key.",
}


def _name(spot: Spot) -> str:
    name = stripped(spot)
    if len(name) > _LONGEST_NAME:
        raise wrong(spot, f"is longer than {_LONGEST_NAME} characters. Choose a shorter name.")
    return name


def _token(spot: Spot) -> Secret:
    token = stripped(spot)
    if placeholder(token):
        raise wrong(spot, f"still holds the sample's text. {_ADVICE['TOKEN']}")
    return Secret(token)


def _verify(spot: Spot, around: Surroundings) -> bool | str:
    """Return true, false, or the path of certificates that exist."""
    word = str(spot.node.value).strip().lower()
    if word in ("true", "false"):
        return word == "true"
    path = around.path(stripped(spot))
    with suppress(OSError):  # a name that no file can have
        path.stat()
        return str(path)
    raise wrong(spot, "is neither true nor false nor the path of an existing file with certificates. Mend it.")


def server_url(spot: Spot) -> str:
    """Return a server's base URL without a trailing slash; raise WrongError (which never repeats it)."""
    url = stripped(spot).rstrip("/")
    try:
        parts = urlsplit(url)
        usable = parts.scheme.lower() in _PORTS and parts.hostname and parts.port != 0 and not set(url) & set(" \\")
    except ValueError:
        usable = False
        parts = urlsplit("")
    if not usable:
        raise wrong(spot, "is no URL of a server. Write http:// or https://, a host, and perhaps :port and /base.")
    if "@" in parts.netloc:
        raise wrong(spot, "holds a user name or password, which would be logged and sent around. Write it without.")
    if parts.query or parts.fragment:
        raise wrong(spot, "holds a `?` or `#`. Write the base URL only.")
    return url


def identity(server: MediaServer) -> tuple[str, str, str, int, str]:
    """Return what makes two entries the same server, however its URL is spelt."""
    parts = urlsplit(server.url)
    scheme = parts.scheme.lower()
    return (server.type, scheme, (parts.hostname or "").rstrip("."), parts.port or _PORTS[scheme], parts.path)


def legacy(values: Mapping[str, Any], urls: Mapping[str, Spot]) -> tuple[MediaServer, ...]:
    """Return the servers of the old keys, nameless; `urls` are the spots of those URLs that someone wrote."""
    kinds: tuple[tuple[Kind, str, str, str], ...] = (
        ("plex", "PLEX_TOKEN", "PLEX_LOCAL_URL", "ENABLE_PLEX"),
        (values["EMBY_OR_JELLYFIN"], "JELLYFIN_API_KEY", "JELLYFIN_LOCAL_URL", "ENABLE_JOE"),
    )
    wanted = [each for each in kinds if values[each[1]] and values[each[3]] is not False]
    for _, _, url, _ in wanted:
        if url in urls:
            server_url(urls[url])
    return tuple(
        MediaServer(
            name="",
            type=kind,
            url=values[url],
            token=values[token],
            path_mappings={},
            verify_tls=True,
            timeout=TIMEOUT,
            **_shared(values),
        )
        for kind, token, url, _ in wanted
    )


def merged(old: Servers, new: Servers, spot: Spot | None) -> Servers:
    """Return all servers, each once and each with a name of its own; raise WrongError."""
    if spot is not None:
        _unlike(new, spot)
    known = {identity(server) for server in new}
    servers = (*(server for server in old if identity(server) not in known), *new)
    taken = {server.name.casefold() for server in servers if server.name}
    return tuple(server if server.name else replace(server, name=_free(server.type, taken)) for server in servers)


def _free(kind: str, taken: set[str]) -> str:
    """Return `plex`, or `plex-2` and so on, and take it."""
    number, name = 1, kind
    while name in taken:
        number += 1
        name = f"{kind}-{number}"
    taken.add(name)
    return name


def _unlike(servers: tuple[MediaServer, ...], spot: Spot) -> None:
    """Raise WrongError where two entries have one name, or are one server."""
    problems = []
    for index, server in enumerate(servers):
        place = next((item for number, item in enumerate(spot.items()) if number == index), spot)
        before = servers[:index]
        if server.name and server.name.casefold() in {other.name.casefold() for other in before}:
            problems.append(wrong(place, "has the NAME of an entry above. Choose another one.").problems[0])
        if identity(server) in map(identity, before):
            problems.append(wrong(place, "is the same server as an entry above. Remove one of them.").problems[0])
    if problems:
        raise WrongError(*problems)
