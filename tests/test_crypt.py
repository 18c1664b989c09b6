"""Names of a crypt remote, made and decoded by the real rclone, seen as Google Drive's names, and scanned."""

import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from autoscan.errors import RcloneError
from autoscan.model import Kind
from autoscan.rclone import Decoder, Encrypted
from tests.drives import World, added, removed, watching

pytestmark = pytest.mark.skipif(shutil.which("rclone") is None, reason="rclone is not installed")

#: By the name of the remote: how it encrypts names and data.
KINDS = {
    "full": (),
    "files": ("directory_name_encryption=false",),
    "off": ("filename_encryption=off", "directory_name_encryption=false"),
    "plain": ("no_data_encryption=true",),
}
EPISODE = "Show (2020)/S01/Ep 1.mkv"


@dataclass
class Crypt:
    """Crypt remotes over folders of this machine."""

    folder: Path

    @property
    def config(self) -> str:
        return str(self.folder / "rclone.conf")

    def run(self, *arguments: str, text: str = "") -> str:
        done = subprocess.run(
            ["rclone", "--config", self.config, *arguments], input=text, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def make(self) -> None:
        password = self.run("obscure", "correct horse")
        for name, options in KINDS.items():
            store = self.folder / name
            self.run("config", "create", name, "crypt", f"remote={store}", f"password={password}", *options)

    def upload(self, remote: str, path: str, size: int = 100) -> tuple[str, int]:
        """Write a file through the remote; return its encrypted path and size, as they lie in the store."""
        before = set(self._files(remote))
        source = self.folder / "source"
        source.write_bytes(b"x" * size)
        self.run("copyto", str(source), f"{remote}:{path}")
        (new,) = set(self._files(remote)) - before
        return str(new), (self.folder / remote / new).stat().st_size

    def _files(self, remote: str) -> list[Path]:
        root = self.folder / remote
        return [each.relative_to(root) for each in root.rglob("*") if each.is_file()]


@pytest.fixture(scope="module")
def crypt(tmp_path_factory: pytest.TempPathFactory) -> Crypt:
    made = Crypt(tmp_path_factory.mktemp("crypt"))
    made.make()
    return made


@dataclass
class Kept:
    """What was decoded before, in place of the database."""

    names: dict[tuple[str, str], str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def load(self, remote: str, names: Iterable[str]) -> Mapping[str, str]:
        self.asked += list(names)
        return {name: self.names[remote, name] for name in self.asked if (remote, name) in self.names}

    def keep(self, remote: str, names: Mapping[str, str]) -> None:
        self.names |= {(remote, name): decoded for name, decoded in names.items()}


def decoder(crypt: Crypt, kept: Kept | None = None, *remotes: str, **more: Any) -> Decoder:
    kept = kept or Kept()
    mappings = {"My Drive/encrypt": remotes or ("full:",)}
    return Decoder(mappings, **{"config": crypt.config, "load": kept.load, "keep": kept.keep, **more})


@pytest.mark.parametrize("remote", ["full", "files", "off"])
def test_names_of_files_and_folders_are_decoded(crypt: Crypt, remote: str) -> None:
    name, _ = crypt.upload(remote, EPISODE)
    here = decoder(crypt, None, remote)
    file, folder = f"My Drive/encrypt/{name}", f"My Drive/encrypt/{name.rpartition('/')[0]}"
    found = here.decode([Encrypted(path=file), Encrypted(path=folder, folder=True)])
    assert found.paths == {file: f"My Drive/encrypt/{EPISODE}", folder: "My Drive/encrypt/Show (2020)/S01"}
    assert not found.failures


def test_the_folder_of_the_mapping_is_as_it_is(crypt: Crypt) -> None:
    found = decoder(crypt).decode([Encrypted(path="My Drive/encrypt", folder=True)])
    assert found.paths == {"My Drive/encrypt": "My Drive/encrypt"}


def test_many_names_are_decoded_ten_at_a_time_and_only_once(crypt: Crypt) -> None:
    plain = [f"e{n}.mkv" for n in range(23)]
    said = [crypt.run("cryptdecode", "--reverse", "full:", *plain[n : n + 10]) for n in range(0, 23, 10)]
    names = [line.split("\t")[1].strip() for line in "\n".join(said).splitlines()]
    kept, beats = Kept(), Beats()
    here = decoder(crypt, kept, heartbeat=beats)
    wanted = [Encrypted(path=f"My Drive/encrypt/{name}") for name in names]
    found = here.decode(wanted)
    assert sorted(found.paths.values()) == sorted(f"My Drive/encrypt/e{n}.mkv" for n in range(23))
    assert beats.count == 2 * 3
    assert here.decode(wanted) == found
    assert beats.count == 2 * 3


class Beats:
    count = 0

    def __call__(self) -> None:
        self.count += 1


def test_a_name_that_cannot_be_decoded_is_named_and_stops_no_other(crypt: Crypt, caplog: Any) -> None:
    name, _ = crypt.upload("full", "Other/Ep 2.mkv")
    good, bad = f"My Drive/encrypt/{name}", "My Drive/encrypt/readme.txt"
    found = decoder(crypt).decode([Encrypted(path=bad), Encrypted(path=good)])
    assert list(found.paths) == [good]
    assert found.failures == (f"rclone could not decode {bad} with full:",)
    assert bad in caplog.text


def test_of_several_remotes_the_first_that_can_decodes(crypt: Crypt) -> None:
    name, _ = crypt.upload("full", "Third/Ep 3.mkv")
    here = decoder(crypt, None, "off:", "full:")
    assert here.decode([Encrypted(path=f"My Drive/encrypt/{name}")]).paths == {
        f"My Drive/encrypt/{name}": "My Drive/encrypt/Third/Ep 3.mkv"
    }


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 65_537, 200_000])
def test_the_size_is_that_of_the_file_before_it_was_encrypted(crypt: Crypt, size: int) -> None:
    _, encrypted = crypt.upload("full", f"Sizes/{size}.mkv", size)
    assert decoder(crypt).plain_size("My Drive/encrypt/x", encrypted) == size


def test_a_size_that_no_encrypted_file_has_tells_nothing(crypt: Crypt) -> None:
    here = decoder(crypt)
    assert [here.plain_size("My Drive/encrypt/x", size) for size in (0, 31, 33, 48)] == [None] * 4
    assert decoder(crypt, None, "plain").plain_size("My Drive/encrypt/x", 1000) is None


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"remotes": ("nobody:",)}, "nobody:.*didn't find section.*RCLONE.CONFIG"),
        ({"binary": "/bin/false"}, "cannot decode names of full:"),
    ],
)
def test_a_remote_that_rclone_does_not_know_is_an_error_that_says_so(
    crypt: Crypt, options: dict[str, Any], words: str
) -> None:
    remotes = options.pop("remotes", ())
    with pytest.raises(RcloneError, match=words):
        decoder(crypt, None, *remotes, **options).decode([Encrypted(path="My Drive/encrypt/x")])


def test_without_rclone_it_is_said_what_to_do(crypt: Crypt, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(RcloneError, match=r"install it, or set RCLONE\.BINARY"):
        decoder(crypt, binary="/nonexistent/rclone").decode([Encrypted(path="My Drive/encrypt/x")])


# ----- through the monitor


@pytest.fixture
def world(tmp_path: Path, crypt: Crypt) -> Iterator[World]:
    rclone = {
        "BINARY": "/nonexistent/rclone",
        "CONFIG": crypt.config,
        "CRYPT_MAPPINGS": {"My Drive/encrypt/": ["full:"]},
    }
    allowed = {"FILE_PATHS": ["My Drive/"], "MIME_TYPES": True, "MIME_TYPES_LIST": ["video"]}
    with watching(tmp_path, allowed=allowed, RCLONE=rclone) as found:
        yield found


Upload = Callable[..., str]


@pytest.fixture
def upload(world: World, crypt: Crypt) -> Upload:
    def into_drive(path: str, size: int = 100) -> str:
        name, encrypted = crypt.upload("full", path, size)
        made: str = world.drive.path(f"Meine Ablage/encrypt/{name}", size=encrypted)
        world.drive._change(world.drive.node(made), mime="application/octet-stream")
        return made

    return into_drive


def test_an_encrypted_file_is_scanned_by_its_own_name_and_size(world: World, upload: Upload) -> None:
    upload("Monitor/Ep 1.mkv", 70_000)
    world.drive.file("notes.txt", mime="text/plain")
    assert world.poll() == [added("/mnt/gd/encrypt/Monitor/Ep 1.mkv", 70_000)]


def test_what_became_of_an_encrypted_file_and_folder_is_told(world: World, upload: Upload) -> None:
    episode = upload("Gone/S01/Ep 1.mkv")
    world.poll()
    world.drive.trash(episode)
    assert world.poll() == [removed("/mnt/gd/encrypt/Gone/S01/Ep 1.mkv")]
    season = world.drive.node(world.drive.node(episode).parents[0])
    world.drive.trash(season.parents[0])
    assert removed("/mnt/gd/encrypt/Gone", Kind.FOLDER) in world.poll()


def test_a_file_that_is_not_encrypted_is_named_in_the_event(world: World, upload: Upload) -> None:
    world.drive.path("Meine Ablage/encrypt/plain.mkv")
    upload("Beside/Ep 1.mkv")
    assert world.poll() == [added("/mnt/gd/encrypt/Beside/Ep 1.mkv", 100)]
    assert world.notes == ["rclone could not decode My Drive/encrypt/plain.mkv with full:"]


def test_without_rclone_the_drive_waits_says_so_and_loses_nothing(
    world: World, upload: Upload, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload("Waits/Ep 1.mkv")
    monkeypatch.setenv("PATH", "/nonexistent")
    assert world.poll() == []
    assert "rclone is not installed" in world.state().problem
    assert any("set RCLONE.BINARY" in text for text in world.autoscan.warnings())
    monkeypatch.undo()
    assert world.poll() == [added("/mnt/gd/encrypt/Waits/Ep 1.mkv", 100)]
    assert world.state().ok
