"""Decode the names of a crypt remote, as Google Drive shows them, with rclone itself (`RCLONE.CRYPT_MAPPINGS`)."""

import logging
import shutil
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from autoscan.errors import RcloneError
from autoscan.paths import components, covers, join
from autoscan.settings import plain_environ

log = logging.getLogger(__name__)

#: Names that `rclone cryptdecode` takes at once.
BATCH = 10
#: Seconds for one of its runs.
TIMEOUT = 30.0
#: What it says of a name that it cannot decode.
_FAILED = "Failed to decrypt"
#: How it parts a name from what it makes of it.
_BETWEEN = " \t "
#: A name that is encrypted to stand below a folder: `cryptdecode` takes paths of files only.
_LEAF = "x"

#: The form of an encrypted file (https://rclone.org/crypt/#file-formats), in bytes.
_HEADER = 32
_BLOCK = 64 * 1024
_SEAL = 16

#: Characters of its own words that are worth repeating.
_LONGEST_QUOTE = 300
_PLAIN_DATA = "no_data_encryption = true"


@dataclass(frozen=True, slots=True, kw_only=True)
class Encrypted:
    """A path in Drive whose names may be encrypted."""

    path: str
    #: It names a folder.
    folder: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """What became of paths that lie below crypt mappings."""

    #: The decoded path by the encrypted one.
    paths: Mapping[str, str] = field(default_factory=dict)
    #: A sentence for each path that no remote could decode.
    failures: tuple[str, ...] = ()


class Decoder:
    """Asks rclone, and remembers what it said; used by one thread at a time."""

    def __init__(
        self,
        mappings: Mapping[str, Sequence[str]],
        *,
        binary: str = "",
        config: str = "",
        load: Callable[[str, Iterable[str]], Mapping[str, str]],
        keep: Callable[[str, Mapping[str, str]], None],
        heartbeat: Callable[[], None] = lambda: None,
    ) -> None:
        """Take `{path in Drive: [crypt remote:]}`, the program (else that of PATH), and its configuration file.

        `load(remote, names)` returns what was kept by `keep(remote, {name: decoded})`. `heartbeat` is called around
        each run of rclone.
        """
        self._mappings = [(root, [_with_colon(each) for each in remotes]) for root, remotes in mappings.items()]
        self._binary = binary
        self._config = config
        self._load = load
        self._keep = keep
        self._heartbeat = heartbeat
        self._leaves: dict[str, str] = {}
        self._plain_data: dict[str, bool] = {}

    def covers(self, path: str) -> bool:
        """Tell whether a path in Drive lies below a crypt mapping."""
        return self._mapping(path) is not None

    def decode(self, wanted: Iterable[Encrypted]) -> Decoded:
        """Return the decoded paths; the folder of the mapping itself stays as it is.

        Raises RcloneError if rclone cannot be run, or cannot work with a remote at all: then nothing is known of any
        of them.
        """
        found: dict[str, str] = {}
        failures: list[str] = []
        for root, remotes in self._mappings:
            of_root = [each for each in wanted if self._mapping(each.path) == (root, remotes)]
            left = {_below(root, each): each for each in of_root}
            for remote in remotes:
                decoded = self._with(remote, list(left))
                found.update({left[name].path: join(root, plain) for name, plain in decoded.items()})
                left = {name: each for name, each in left.items() if name not in decoded}
            failures += [f"rclone could not decode {each.path} with {', '.join(remotes)}" for each in left.values()]
        for failure in failures:
            log.warning("%s", failure)
        return Decoded(paths=found, failures=tuple(failures))

    def plain_size(self, path: str, size: int) -> int | None:
        """Return the bytes of a file before it was encrypted to `size`; None if that cannot be told."""
        mapping = self._mapping(path)
        remotes = mapping[1] if mapping is not None else []
        if len(remotes) != 1 or self._has_plain_data(remotes[0]):
            return None
        blocks, rest = divmod(size - _HEADER, _BLOCK + _SEAL)
        if blocks < 0 or 0 < rest <= _SEAL:
            return None
        return blocks * _BLOCK + max(0, rest - _SEAL)

    def _mapping(self, path: str) -> tuple[str, list[str]] | None:
        fitting = [each for each in self._mappings if covers(each[0], path)]
        return max(fitting, key=lambda each: len(components(each[0])), default=None)

    def _with(self, remote: str, names: Sequence["_Name"]) -> dict["_Name", str]:
        """Return what `remote` makes of names; of those that are kept, without asking rclone."""
        decoded = {each: "" for each in names if not each.text}
        leaf = self._leaf(remote) if any(each.folder for each in names) else ""
        asked = {each: f"{each.text}/{leaf}" if each.folder else each.text for each in names if each.text}
        known = dict(self._load(remote, asked.values()))
        fresh: dict[str, str] = {}
        unknown = [each for each in dict.fromkeys(asked.values()) if each not in known]
        for start in range(0, len(unknown), BATCH):
            fresh |= self._run(remote, unknown[start : start + BATCH])
        if fresh:
            self._keep(remote, fresh)
        plain = known | fresh
        found = {each: _plain(plain.get(text, ""), folder=each.folder) for each, text in asked.items()}
        return decoded | {each: text for each, text in found.items() if text}

    def _leaf(self, remote: str) -> str:
        if remote not in self._leaves:
            made = self._run(remote, [_LEAF], "--reverse").get(_LEAF)
            if not made:
                raise RcloneError(f"rclone encrypts no name for {remote}: see RCLONE.CONFIG and CRYPT_MAPPINGS")
            self._leaves[remote] = made
        return self._leaves[remote]

    def _has_plain_data(self, remote: str) -> bool:
        if remote not in self._plain_data:
            shown = self._call(remote, ["config", "show", remote.removesuffix(":")])
            self._plain_data[remote] = _PLAIN_DATA in shown.lower()
        return self._plain_data[remote]

    def _run(self, remote: str, names: Sequence[str], *flags: str) -> dict[str, str]:
        said = self._call(remote, ["cryptdecode", *flags, "--", remote, *names])
        # Not by `splitlines`, which takes characters for line ends that a name may have.
        answers = dict(line.removesuffix("\r").split(_BETWEEN, 1) for line in said.split("\n") if _BETWEEN in line)
        return {name: answers[name] for name in names if answers.get(name, _FAILED) != _FAILED}

    def _call(self, remote: str, arguments: Sequence[str]) -> str:
        config = ["--config", str(Path(self._config).expanduser())] if self._config else []
        self._heartbeat()
        try:
            done = subprocess.run(  # noqa: S603 - the operator's rclone; names are arguments, after `--`
                [self._program(), *config, "--ask-password=false", *arguments],
                env=plain_environ(),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=TIMEOUT,
                check=False,
            )
        except (OSError, ValueError, subprocess.TimeoutExpired) as error:
            raise RcloneError(f"rclone could not be run to decode names of {remote}: {error}") from None
        finally:
            self._heartbeat()
        if done.returncode:
            said = done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]
            raise RcloneError(
                f"rclone cannot decode names of {remote}: {said[-_LONGEST_QUOTE:]}; see RCLONE.CONFIG and "
                "CRYPT_MAPPINGS"
            )
        return done.stdout.decode("utf-8", "replace")

    def _program(self) -> str:
        found = shutil.which(str(Path(self._binary).expanduser())) if self._binary else None
        found = found or shutil.which("rclone")
        if found is None:
            raise RcloneError(
                "rclone is not installed, so that names below RCLONE.CRYPT_MAPPINGS cannot be decoded: install it, or "
                "set RCLONE.BINARY to where it is"
            )
        return found


@dataclass(frozen=True, slots=True)
class _Name:
    """What of a path is encrypted."""

    text: str
    folder: bool


def _below(root: str, wanted: Encrypted) -> _Name:
    return _Name("/".join(components(wanted.path)[len(components(root)) :]), wanted.folder)


def _plain(said: str, *, folder: bool) -> str:
    """Return a decoded path below the folder of its mapping; `""` for what cannot be one."""
    text = said.removesuffix(f"/{_LEAF}") if folder else said
    names = text.split("/")
    usable = "\0" not in text and not any(name in {"", ".", ".."} for name in names)
    return text if usable and (not folder or text != said) else ""


def _with_colon(remote: str) -> str:
    return remote if ":" in remote else f"{remote}:"
