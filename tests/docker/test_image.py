"""The image as it is: what is in it, who it runs as, and what it makes of volumes."""

import re
import sqlite3
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

import autoscan
from tests.docker import images
from tests.docker.asking import ask, serves
from tests.docker.conftest import Built
from tests.docker.engine import Container, container, docker, inspect, once, volume
from tests.family import VERSION_2
from tests.homes import PASS
from tests.waiting import wait_until

MEGABYTE = 1_000_000
#: As docker-compose.yml has it.
LOCKED = ("--read-only", "--tmpfs=/tmp", "--cap-drop=ALL", "--security-opt=no-new-privileges")
#: Else the first look is after half a minute.
LOOKED_AT = "--health-interval=1s"


@contextmanager
def serving(*options: str) -> Iterator[Container]:
    with container(images.IMAGE, "--publish=127.0.0.1::3468", *options) as autoscan:
        await_service(autoscan)
        yield autoscan


def await_service(autoscan: Container) -> None:
    port = autoscan.port(3468)
    wait_until(lambda: serves(port), 60, "Autoscan answers")


def owner(autoscan: Container, path: str) -> str:
    return autoscan.run("stat", "-c", "%u:%g", path, user="0")


def user_of_the_first_process(autoscan: Container) -> str:
    (uids,) = re.findall(r"^Uid:\s+(.*)$", autoscan.run("cat", "/proc/1/status", user="0"), re.MULTILINE)
    (gids,) = re.findall(r"^Gid:\s+(.*)$", autoscan.run("cat", "/proc/1/status", user="0"), re.MULTILINE)
    assert len(set(uids.split())) == len(set(gids.split())) == 1, "nothing of root is kept"
    return f"{uids.split()[0]}:{gids.split()[0]}"


def fill(name: str, owner: str, files: Mapping[str, Path] | None = None) -> None:
    """Put files into a volume, at least one, so that it is no new one; it and all in it become somebody's alone."""
    with container(images.IMAGE, f"--volume={name}:/mnt", "--user=0", "--entrypoint=sleep", command=("60",)) as helper:
        for place, file in (files or {}).items():
            docker("cp", str(file), f"{helper.name}:/mnt/{place}")
        helper.run("sh", "-c", f"touch /mnt/old && chown -R {owner} /mnt && chmod 755 /mnt", user="0")


def test_it_is_at_most_75_mb_larger_than_its_base(built: Built, capsys: pytest.CaptureFixture[str]) -> None:
    whole, base = images.size(built.name), images.size(built.base)
    with capsys.disabled():
        print(f"\nimage: {whole / MEGABYTE:.1f} MB, {(whole - base) / MEGABYTE:.1f} MB above {built.base}")
    assert whole - base <= 75 * MEGABYTE


def test_its_labels_tell_version_and_revision(built: Built) -> None:
    labels = inspect(built.name)["Config"]["Labels"]
    assert labels["org.opencontainers.image.version"] == autoscan.__version__
    assert labels["org.opencontainers.image.revision"] == images.REVISION


def test_nothing_in_it_installs_or_compiles(built: Built) -> None:
    code = """if 1:
        import importlib.util, shutil
        tools = ("gcc", "cc", "make", "ld", "strip", "git", "pip", "pip3")
        packages = ("pip", "setuptools", "wheel", "ensurepip")
        print(*filter(shutil.which, tools), *filter(importlib.util.find_spec, packages))
    """
    status, said = once(built.name, command=("python", "-c", code))
    assert (status, said.strip()) == (0, ""), said


def test_everything_that_runs_is_compiled_and_only_drives_document_of_google_is_there(built: Built) -> None:
    code = """if 1:
        import pathlib, sysconfig
        home, packages = pathlib.Path("/app"), pathlib.Path(sysconfig.get_path("purelib"))
        print([path.name for path in packages.glob("googleapiclient/discovery_cache/documents/*")])
        sources = [path for path in (home / "autoscan").rglob("*.py") if "migrations" not in path.parts]
        print([str(path) for path in sources if not list((path.parent / "__pycache__").glob(f"{path.stem}.*.pyc"))])
        from googleapiclient.discovery import build
        print(build("drive", "v3", developerKey="none", static_discovery=True).changes().list(pageToken="1").method)
    """
    status, said = once(built.name, "--user=1000", *LOCKED, command=("python", "-c", code))
    assert (status, said.split("\n")[:3]) == (0, ["['drive.v3.json']", "[]", "GET"]), said


def test_no_secret_that_lay_about_is_in_any_layer(built: Built, tmp_path: Path) -> None:
    docker("save", "--output", str(tmp_path / "image.tar"), built.name)
    seen = 0
    with tarfile.open(tmp_path / "image.tar") as image:
        for entry in image:
            found = image.extractfile(entry)
            seen += entry.size
            assert found is None or images.PLANTED.encode() not in found.read(), entry.name
    assert seen > images.size(built.name) / 2, "layers are not compressed, hence were read"
    assert images.PLANTED not in docker("history", "--no-trunc", built.name)
    assert (built.folder / "config/config.json").read_text() == images.PLANTED


def test_started_as_root_it_becomes_the_user_that_owns_its_files_and_leaves_those_of_others(built: Built) -> None:
    with volume() as data, container(built.name, f"--volume={data}:/config", command=("sleep", "60")) as helper:
        helper.run("sh", "-c", "mkdir /config/mine && touch /config/mine/config.json /config/other", user="0")
        with serving(f"--volume={data}:/config", "--env=PUID=1234", "--env=PGID=2345") as autoscan:
            assert user_of_the_first_process(autoscan) == "1234:2345"
            assert owner(autoscan, "/config") == owner(autoscan, "/config/autoscan.db") == "1234:2345"
            assert owner(autoscan, "/config/mine/config.json") == owner(autoscan, "/config/other") == "0:0"


def test_as_any_user_with_a_read_only_root_and_no_rights_it_writes_below_config_only(built: Built) -> None:
    with volume() as data:
        options = (f"--volume={data}:/config", "--user=4321:4321")
        with serving(*options, *LOCKED, LOOKED_AT) as autoscan:
            assert user_of_the_first_process(autoscan) == "4321:4321"
            wait_until(autoscan.healthy, 20, "the health check passes")
            assert autoscan.run("find", "/tmp", "-type", "f") == ""
            written = autoscan.run("ls", "/config").split()
        assert {"autoscan.db", "autoscan.log", "config.json", "secret_key"} <= set(written)
        with serving(*options) as autoscan:
            assert docker("diff", autoscan.name) == ""


def test_a_folder_that_cannot_be_written_ends_with_code_2_and_the_command_that_mends_it(built: Built) -> None:
    with volume() as data:
        fill(data, "1002:1002")
        status, said = once(built.name, f"--volume={data}:/config", "--user=1000:1000", *LOCKED)
        assert (status, len(said.splitlines())) == (2, 1), said
        assert "/config cannot be written by uid 1000" in said
        (mending,) = re.findall(r"`(docker run [^`]*)`", said)
        words = mending.replace("VOLUME", data).replace("IMAGE", built.name).split()
        docker(*words[1:])
        with serving(f"--volume={data}:/config", "--user=1000:1000", *LOCKED) as autoscan:
            assert owner(autoscan, "/config/autoscan.db") == "1000:1000"


@pytest.mark.parametrize(
    ("options", "user"),
    [(("--user=1002:1002", *LOCKED), "1002:1002"), ((), "1000:1000")],
    ids=["as their user", "as root, which gives them to the default user"],
)
def test_volumes_of_version_2_go_on_in_their_places(
    built: Built, tmp_path: Path, options: tuple[str, ...], user: str
) -> None:
    (tmp_path / "config.json").write_text(VERSION_2)
    with closing(sqlite3.connect(tmp_path / "queue.db")) as queue, queue:
        queue.execute(
            "CREATE TABLE queueitemmodel (id INTEGER PRIMARY KEY, scan_path, scan_for, scan_section, scan_type)"
        )
        queue.execute("INSERT INTO queueitemmodel VALUES (1, '/mnt/media/Old/old.mkv', 'Radarr', 1, 'Download')")
    with volume() as config, volume() as database:
        fill(config, "1002:1002", {"config.json": tmp_path / "config.json"})
        fill(database, "1002:1002", {"queue.db": tmp_path / "queue.db"})
        volumes = (f"--volume={config}:/app/config", f"--volume={database}:/app/database")
        with serving(*volumes, f"--env=SERVER_PASS={PASS}", "--env=PUID=", LOOKED_AT, *options) as autoscan:
            assert user_of_the_first_process(autoscan) == user
            wait_until(autoscan.healthy, 20, "it serves 3468, as 2.2 did in a container, whatever config.json says")
            assert owner(autoscan, "/app/config/autoscan.db") == owner(autoscan, "/app/database/queue.db") == user
            assert folders(autoscan) == ["/mnt/media/Old"]
            docker("restart", autoscan.name)
            await_service(autoscan)
            assert autoscan.run("cat", "/app/config/config.json") == VERSION_2.strip()


def folders(autoscan: Container) -> list[str]:
    return [each["folder"] for each in ask(autoscan.port(3468), "/api/v1/scans").json["scans"]]


def test_an_orphan_in_the_container_is_reaped_and_it_stops_within_ten_seconds(built: Built) -> None:
    with serving() as autoscan:
        autoscan.run("sh", "-c", "(sleep 0.1 & exec sleep 0) &")
        wait_until(lambda: "Z" not in states(autoscan), 10, "nobody is left as a zombie")
        docker("stop", "--time=10", autoscan.name)
        assert autoscan.state["ExitCode"] == 0, "137 would mean that it had to be killed"


def states(autoscan: Container) -> str:
    code = """if 1:
        import pathlib
        print(*(each.read_text().rpartition(")")[2].split()[0] for each in pathlib.Path("/proc").glob("[0-9]*/stat")))
    """
    return autoscan.python(code)


def test_the_image_with_rclone_has_it_and_the_other_has_not(built: Built) -> None:
    images.build(built.folder, "runtime-rclone", images.RCLONE, built.base)
    status, said = once(images.RCLONE, command=("rclone", "version"))
    assert (status, said.startswith("rclone v1.")) == (0, True), said
    assert once(built.name, command=("rclone", "version"))[0] != 0
    assert inspect(images.RCLONE)["Config"]["Cmd"] == inspect(built.name)["Config"]["Cmd"]
