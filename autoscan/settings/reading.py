"""One walk through all layers: finds and converts the value of every setting, and collects what is wrong."""

import os
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from autoscan.settings.convert_web import check_web
from autoscan.settings.converting import convert
from autoscan.settings.layers import Layer, Surroundings, from_dotenv, from_environ, from_file, from_options, pick
from autoscan.settings.servers import legacy, listed, merged
from autoscan.settings.setting import Setting, Type
from autoscan.settings.spot import Spot, WrongError, inner, wrong
from autoscan.settings.table import BY_NAME, GROUPS, VALUED
from autoscan.settings.values import ROUTE_NAMES, MediaServer, Secret

if TYPE_CHECKING:
    from pathlib import Path

    from autoscan.errors import Problem


class Reading:
    """What stands where; `read` fills it."""

    def __init__(self, options: Mapping[str, str | None], around: Surroundings) -> None:
        self.around = around
        #: In order of precedence.
        self.layers: list[Layer] = [from_options(options), from_environ(around.environ)]
        self.dotenv = Layer()
        #: The whole configuration file, None where there is none.
        self.whole: Spot | None = None
        #: The written value that counts, for each setting that someone set.
        self.spots: dict[str, Spot] = {}
        #: The value of every setting.
        self.values: dict[str, Any] = {}
        self.problems: list[Problem] = []
        self.warnings: list[str] = []
        self._groups: dict[str, Spot | None] = {}

    def read(self) -> None:
        """Read everything; nothing is written."""
        self._guarded(self.read_dotenv)
        self._guarded(self._read_file)
        for name in sorted(GROUPS):
            self._guarded(partial(self._read_group, name))
        for setting in VALUED:
            self._read_setting(setting)
        self._guarded(self._read_servers)
        self._guarded(self._check_pass)
        self._guarded(lambda: check_web(self.values, self.spots))

    def _guarded(self, part: Callable[[], object]) -> None:
        try:
            part()
        except WrongError as error:
            self.problems += error.problems

    def read_dotenv(self) -> None:
        """Add the layer of `.env`; raise WrongError."""
        self.dotenv = from_dotenv(self.around)
        self.layers.append(self.dotenv)

    def place(self, name: str) -> "Path":
        """Return the path that a setting names in the layers read so far, or its default; raise WrongError."""
        setting = BY_NAME[name]
        spot = pick(setting, self.layers, self.around)
        path: Path = self._default(setting) if spot is None else self._converted(setting, spot)
        return path

    def _read_file(self) -> None:
        path = self.place("PLEX_AUTOSCAN_CONFIG")
        try:
            layer, self.whole = from_file(path, self.around.shown(path))
        except FileNotFoundError:
            self.warnings.append(f"{self.around.shown(path)} does not exist; the environment and the defaults count.")
        else:
            self.layers.append(layer)

    def _read_group(self, name: str) -> None:
        """Find a top-level key such as GOOGLE, which holds settings of its own."""
        spot = pick(Setting(name=name, type=Type.MAPPING), self.layers, self.around)
        if spot is not None and not isinstance(spot.node.value, dict):
            raise wrong(spot, "must be an object. Write {...}.")
        self._groups[name] = spot

    def _read_setting(self, setting: Setting) -> None:
        """Take what someone wrote, or the default."""
        self.values[setting.name] = self._default(setting)
        try:
            spot = self._find(setting)
            if spot is not None:
                self.values[setting.name] = self._converted(setting, spot)
                self.spots[setting.name] = spot
        except WrongError as error:
            self.problems += error.problems

    def _find(self, setting: Setting) -> Spot | None:
        if not setting.nested:
            return pick(setting, self.layers, self.around)
        spot = inner(self._groups.get(setting.top), setting.name)
        return None if spot is None or spot.blank else spot

    def _converted(self, setting: Setting, spot: Spot) -> Any:
        value = convert(setting, spot)
        if setting.type is not Type.PATH:
            return value
        return None if setting.option == "logfile" and str(value) == "-" else self.around.path(str(value))

    def _default(self, setting: Setting) -> Any:
        if setting.name == "GUNICORN_WORKERS":
            return min(2 * (os.cpu_count() or 1) + 1, 4)
        if setting.type is Type.PATH:
            return self.around.home / str(setting.default)
        if isinstance(setting.default, list):
            return tuple(setting.default)
        if setting.secret:
            return Secret(setting.default) if setting.default else None
        return setting.default

    def _read_servers(self) -> None:
        """Put the servers of the list and of the old keys together."""
        spot = self.spots.get("MEDIA_SERVERS")
        parts: list[tuple[MediaServer, ...]] = []
        self._guarded(lambda: parts.append(legacy(self.values, self.spots)))
        self._guarded(lambda: parts.append(() if spot is None else listed(spot, self.around, self.values)))
        # Where one of them cannot be read the start is refused, and there is nothing to merge.
        self.values["MEDIA_SERVERS"] = merged(parts[0], parts[1], spot) if len(parts) > 1 else ()
        for switch, token in (("ENABLE_PLEX", "PLEX_TOKEN"), ("ENABLE_JOE", "JELLYFIN_API_KEY")):
            if self.values[switch] is True and self.values[token] is None:
                self.warnings.append(f"{self.spots[switch].where}: {switch} is true, but {token} is not set.")

    def _check_pass(self) -> None:
        spot, secret = self.spots.get("SERVER_PASS"), self.values["SERVER_PASS"]
        if spot is None:
            return
        first, *others = secret.reveal().split("/")
        # `/api/<SERVER_PASS>` is as old as plex_autoscan, `/api/v1/...` is not.
        if first in ROUTE_NAMES or (first == "v1" and others):
            raise wrong(
                spot, f"must not be or begin with `{first}`: that is a page of Autoscan itself. Choose another one."
            )
        if {first, *others} & {"", ".", ".."}:
            raise wrong(spot, "is a part of a URL: no slash at an end, nor only dots. Choose another one.")
