"""The places that a setting can come from, each as one layer: command line, environment, `.env`, file."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from io import StringIO
from pathlib import Path

from autoscan.errors import Problem
from autoscan.settings.convert import placeholder
from autoscan.settings.jsontext import JsonTextError, Node, parse, parse_object
from autoscan.settings.setting import LISTED, STRUCTURED, Setting, Type
from autoscan.settings.spot import Spot, WrongError, wrong
from autoscan.settings.table import DEFINITIONS, GROUPS, file_names, names

#: Where `scan.py` stands.
HOME = Path(__file__).resolve().parents[2]
#: No secret and no configuration is longer than this, in bytes.
_LONGEST = 4_194_304


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the process brings with it."""

    environ: Mapping[str, str]
    #: What the defaults and `.env` are relative to: the folder of `scan.py`.
    home: Path
    #: What a path that the user wrote is relative to: the current folder.
    here: Path

    def path(self, written: str) -> Path:
        """Return the absolute path meant by `written`, with its variables and `~` replaced."""
        text = re.sub(
            r"\$(?:(\w+)|\{([^}]*)\})", lambda match: self.environ.get(match[1] or match[2], match[0]), written
        )
        if text == "~" or text.startswith("~/"):
            text = (self.environ.get("HOME") or str(Path.home())) + text[1:]
        return self.here / text

    def shown(self, path: Path) -> str:
        """Return `path` as it is called in messages: short where it is near, and printable."""
        text = str(path.relative_to(self.home) if path.is_relative_to(self.home) else path)
        return text if text.isprintable() else text.encode("unicode_escape").decode()


def surroundings(environ: Mapping[str, str] | None, cwd: Path | None) -> Surroundings:
    """Return what the process brings with it; arguments take its place."""
    return Surroundings(
        environ=os.environ if environ is None else environ,  # noqa: TID251 - the one place
        home=cwd or HOME,
        here=cwd or Path.cwd(),
    )


#: What the samples of the family leave to be filled in. Elsewhere such a text may well be meant: a password, a command.
_FILLED_IN = frozenset(
    {"PLEX_LOCAL_URL", "PLEX_TOKEN", "JELLYFIN_LOCAL_URL", "JELLYFIN_API_KEY", "EMBY_OR_JELLYFIN", "SECRET_KEY"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One place that settings can come from."""

    spots: Mapping[str, Spot] = field(default_factory=dict)
    #: Whether all values are texts that are still to be decoded by the type of their setting.
    textual: bool = True

    def find(self, name: str, setting: Setting | None) -> Spot | None:
        """Return the value that `name` has here, None where that is nothing or a sample's placeholder."""
        spot = self.spots.get(name)
        if spot is not None and self.textual and not spot.blank:
            spot = _decoded(spot, Type.MAPPING if setting is None else setting.type)
        if spot is None or spot.blank:
            return None
        text = spot.node.value
        fillable = setting is not None and setting.name in _FILLED_IN
        return None if fillable and isinstance(text, str) and placeholder(text) else spot


def from_options(options: Mapping[str, str | None]) -> Layer:
    """Return the command line's layer; the keys are `config`, `logfile`, `loglevel`, `queuefile`, `cachefile`."""
    given = {
        setting.name: options[setting.option] for setting in DEFINITIONS if options.get(setting.option) is not None
    }
    return Layer(spots={name: _spot(name, value, "command line") for name, value in given.items()})


def from_environ(environ: Mapping[str, str]) -> Layer:
    """Return the environment's layer, with those variables only that belong to a setting."""
    return Layer(spots={name: _spot(name, environ[name], "environment") for name in sorted(known()) if name in environ})


def from_dotenv(around: Surroundings) -> Layer:
    """Return the layer of `.env`; the process's environment is left as it is."""
    path = around.home / ".env"
    if not path.is_file():
        return Layer()
    from dotenv import dotenv_values  # noqa: PLC0415 - each worker loads the settings; most have no such file

    text = read(path, ".env", around.shown(path)).lstrip("\ufeff")
    lines = [line.strip().removeprefix("export ").lstrip() for line in text.splitlines()]
    begins = {re.split(r"[\s=]", line)[0].strip("'"): number for number, line in enumerate(lines, 1)}
    found = dotenv_values(stream=StringIO(text))
    return Layer(
        spots={name: _spot(name, value, f"{around.shown(path)}:{begins.get(name, 1)}") for name, value in found.items()}
    )


def from_file(path: Path, label: str) -> tuple[Layer, Spot]:
    """Return the layer of the configuration file, and its whole content; raise WrongError.

    A file that is empty has no settings; one that is missing raises FileNotFoundError.
    """
    text = read(path, "PLEX_AUTOSCAN_CONFIG", label)
    try:
        node = parse_object(text)
    except JsonTextError as error:
        raise _wrong_file(f"{label}:{error.line}", f"cannot be read: {error}.") from None
    whole = Spot(name="", node=node, label=label, lined=True)
    # The file cannot say where the file is.
    own = {name: each for name, each in node.members.items() if name != "PLEX_AUTOSCAN_CONFIG"}
    spots = {name: replace(whole, name=name, node=each) for name, each in own.items()}
    return Layer(spots=spots, textual=False), whole


def read(path: Path, name: str, label: str) -> str:
    """Return a file's text; raise WrongError that says why it cannot be read, FileNotFoundError if it is not there."""
    try:
        with path.open("rb") as file:
            return _text(file.read(_LONGEST))
    except FileNotFoundError:
        raise
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise WrongError(
            Problem(name=name, where=f"{label}:{line}", message="is not UTF-8. Save the file as UTF-8.")
        ) from None
    except IsADirectoryError:
        message = "is a folder. Docker makes one where a mounted file is missing: put the file there."
        raise WrongError(Problem(name=name, where=label, message=message)) from None
    except OSError as error:
        message = f"cannot be read: {error.strerror}. Mend its path or its rights."
        raise WrongError(Problem(name=name, where=label, message=message)) from None


def _text(content: bytes) -> str:
    utf16 = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    return content.decode("utf-16" if utf16 else "utf-8")


def secret_file(spot: Spot, around: Surroundings) -> Spot:
    """Return what the file named at `spot` holds, without the white space around it; raise WrongError."""
    name = spot.node.value
    if not isinstance(name, str):
        raise wrong(spot, "must be the path of a file, in quotes.")
    try:
        path = around.path(name.strip())
        text = read(path, spot.name, spot.where).strip() if path.is_file() else ""
    except (ValueError, OSError):
        raise wrong(spot, "names no file that can be read. Mend its path or its rights.") from None
    if not text:
        raise wrong(spot, "names a file that does not exist or is empty. Mend the path, or write the secret there.")
    return replace(spot, node=replace(spot.node, value=text), label=f"{spot.where} ({path})", lined=False)


def pick(setting: Setting, layers: Iterable[Layer], around: Surroundings) -> Spot | None:
    """Return the value of `setting` that counts, None where nobody set one; raise WrongError."""
    for layer in layers:
        found = [spot for name in names(setting) if (spot := layer.find(name, setting))]
        files = [spot for name in file_names(setting) if (spot := layer.find(name, _PATH))]
        if found and files:
            raise wrong(files[0], f"{found[0].name} is set beside it. Remove one of the two.")
        if files:
            return _decoded(secret_file(files[0], around), setting.type)
        if found:
            return found[0]
    return None


#: What a `NAME_FILE` is.
_PATH = Setting(name="_FILE", type=Type.PATH)


def known() -> Iterator[str]:
    """Yield every name that can stand at the top of a file or in the environment."""
    for setting in DEFINITIONS:
        yield setting.top
        yield from file_names(setting) if not setting.nested else ()
    yield from GROUPS


def _spot(name: str, value: str | None, label: str) -> Spot:
    return Spot(name=name, node=Node(value=value), label=label)


def _decoded(spot: Spot, kind: Type) -> Spot:
    """Return the value meant by a text from the environment."""
    text = spot.node.value.strip()
    quoted = len(text) > 1 and text[0] == text[-1] == '"'
    bare = text[1:-1] if len(text) > 1 and text[0] == text[-1] == "'" else text
    if kind in STRUCTURED or (kind in LISTED and bare.startswith("[")):
        return replace(spot, node=_json(spot, bare))
    if quoted and kind is not Type.ANY:
        try:
            return replace(spot, node=parse(text))
        except JsonTextError:
            return spot
    return spot


def _json(spot: Spot, text: str) -> Node:
    try:
        return parse(text)
    except JsonTextError as error:
        raise wrong(spot, f"is no JSON: {error}. Write it as it would stand in config.json.") from None


def _wrong_file(where: str, message: str) -> WrongError:
    return WrongError(Problem(name="PLEX_AUTOSCAN_CONFIG", where=where, message=message))
