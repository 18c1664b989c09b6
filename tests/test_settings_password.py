"""A SERVER_PASS that nobody set is made once, kept, and the same for every worker."""

import json
import os
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from autoscan.errors import SettingsError
from autoscan.settings import first_config, load
from autoscan.settings.jsontext import parse
from tests.homes import PASS, Home

ROOT = Path(__file__).parents[1]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[Path]:
    """A folder that this process can read and not write, whoever runs the tests."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "config").mkdir()
        (folder / "config" / "config.json").write_text("{}")
        folder.chmod(0o555)
        (folder / "config").chmod(0o555)
        (folder / "config" / "config.json").chmod(0o444)
        root = os.geteuid() == 0
        if root:
            os.seteuid(65534)
        yield folder
        if root:
            os.seteuid(0)
        folder.chmod(0o755)
        (folder / "config").chmod(0o755)


@pytest.mark.parametrize("written", ['""', "null", '" "'])
def test_it_is_written_over_what_stood_for_none(home: Home, written: str) -> None:
    home.write(f'{{\n  // mine\n  "SERVER_PASS": {written}, // secret\n  "SERVER_PORT": 1\n}}\n')
    home.config.chmod(0o640)
    loaded = home.load()
    made = loaded.settings.server_pass.reveal()
    assert home.config.read_text() == f'{{\n  // mine\n  "SERVER_PASS": "{made}", // secret\n  "SERVER_PORT": 1\n}}\n'
    assert stat.S_IMODE(home.config.stat().st_mode) == 0o640
    assert len(made) == 32
    assert loaded.warnings == ("SERVER_PASS was not set: one was made and written to config/config.json.",)
    assert loaded.origins["SERVER_PASS"] == "config/config.json"
    again = home.load()
    assert (again.settings.server_pass.reveal(), again.warnings) == (made, ())


@pytest.mark.parametrize(
    "written", ["enter-sandman", "changeme", "write-only", "Put-it-on-my-tab-93", "<3cats>", "xxx"]
)
def test_one_that_looks_like_a_samples_text_is_kept(home: Home, written: str) -> None:
    home.write({"SERVER_PASS": written})
    before = home.config.read_text()
    assert home.load().settings.server_pass.reveal() == written
    assert home.config.read_text() == before


def test_it_is_added_to_a_file_that_has_none(home: Home) -> None:
    home.write('{"SERVER_PORT": 1}')
    made = home.load(SERVER_SCAN_DELAY="5").settings.server_pass.reveal()
    assert json.loads(home.config.read_text()) == {"SERVER_PORT": 1, "SERVER_PASS": made}
    assert [path.name for path in home.config.parent.iterdir()] == ["config.json"]


def test_it_is_written_through_a_link(home: Home, tmp_path: Path) -> None:
    real = tmp_path / "real.json"
    real.write_text("{}")
    home.config.symlink_to(real)
    made = home.load().settings.server_pass.reveal()
    assert home.config.is_symlink()
    assert json.loads(real.read_text()) == {"SERVER_PASS": made}


def test_a_password_from_elsewhere_is_never_written(home: Home) -> None:
    home.write('{"SERVER_PASS": ""}')
    home.load(SERVER_PASS=PASS)
    home.env(f"SERVER_PASS={PASS}\n")
    home.load()
    assert home.config.read_text() == '{"SERVER_PASS": ""}'


def test_without_a_file_it_is_kept_beside_the_database(tmp_path: Path) -> None:
    environ = {"PLEX_AUTOSCAN_QUEUEFILE": "data/queue.db"}
    loaded = load(environ=environ, cwd=tmp_path)
    kept = tmp_path / "data" / "server_pass"
    assert kept.read_text() == loaded.settings.server_pass.reveal() + "\n"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert loaded.warnings[1] == "SERVER_PASS was not set: one was made and written to data/server_pass."
    assert load(environ=environ, cwd=tmp_path).settings.server_pass == loaded.settings.server_pass


def test_one_that_is_kept_beside_the_database_stays_when_a_file_comes(tmp_path: Path) -> None:
    first = load(environ={}, cwd=tmp_path).settings.server_pass
    home = Home(tmp_path)
    home.write("{}")
    loaded = home.load()
    assert loaded.settings.server_pass == first
    assert loaded.origins["SERVER_PASS"] == "server_pass"
    assert home.config.read_text() == "{}"


def test_a_first_configuration_takes_over_what_is_kept_beside_the_database(tmp_path: Path) -> None:
    first = load(environ={}, cwd=tmp_path).settings.server_pass
    assert first_config(environ={}, cwd=tmp_path) is True
    (tmp_path / "server_pass").unlink()
    loaded = load(environ={}, cwd=tmp_path)
    assert loaded.settings.server_pass == first
    assert loaded.settings.server_scan_delay == 30
    assert first_config(environ={}, cwd=tmp_path) is False


def test_a_first_configuration_does_without_a_kept_password_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "server_pass").mkdir()
    assert first_config(environ={}, cwd=tmp_path) is True


def test_a_file_that_is_no_utf8_is_left_alone(home: Home) -> None:
    content = '{"SERVER_PORT": 5}'.encode("utf-16")
    home.config.write_bytes(content)
    assert home.load().origins["SERVER_PASS"] == "server_pass"
    assert home.config.read_bytes() == content


def test_where_the_configuration_cannot_be_written_it_is_kept_beside_the_database(locked: Path, tmp_path: Path) -> None:
    data = tempfile.mkdtemp()
    loaded = load(environ={"PLEX_AUTOSCAN_QUEUEFILE": f"{data}/queue.db"}, cwd=locked)
    assert Path(data, "server_pass").read_text().strip() == loaded.settings.server_pass.reveal()
    assert (locked / "config" / "config.json").read_text() == "{}"
    Path(data, "server_pass").unlink()
    Path(data).rmdir()


def test_where_it_can_be_kept_nowhere_the_start_is_refused(locked: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load(environ={}, cwd=locked)
    (problem,) = caught.value.problems
    assert (problem.name, problem.where) == ("SERVER_PASS", str(locked / "server_pass"))
    assert "Set it in the environment." in problem.message


def test_a_file_beside_which_none_can_be_put_is_written_in_place(tmp_path: Path) -> None:
    # As with a single file that Docker mounts; here a name so long that no temporary file can have it.
    config = tmp_path / ("c" * 250)
    config.write_text('{"SERVER_PASS": ""}')
    inode = config.stat().st_ino
    loaded = load({"config": str(config)}, environ={}, cwd=tmp_path)
    assert parse(config.read_text()).value == {"SERVER_PASS": loaded.settings.server_pass.reveal()}
    assert config.stat().st_ino == inode


@pytest.mark.parametrize("config", ["{}", None])
def test_workers_that_start_together_agree_on_one(home: Home, config: str | None) -> None:
    if config is not None:
        home.write(config)
    code = (
        "import sys; from pathlib import Path; from autoscan.settings import load; sys.stdin.readline();"
        "print(load(environ={}, cwd=Path(sys.argv[1])).settings.server_pass.reveal())"
    )
    command = [sys.executable, "-c", code, str(home.folder)]
    workers = [
        subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(6)
    ]
    # All have begun before the first is let go.
    answers = {worker.communicate("\n")[0] for worker in workers}
    assert len(answers) == 1
    assert [worker.returncode for worker in workers] == [0] * 6
    assert home.load().settings.server_pass.reveal() == answers.pop().strip()
