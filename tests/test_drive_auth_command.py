"""`scan.py authorize` as a program: a browser here, a browser elsewhere, and all that goes wrong."""

import io
import json
import os
import re
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from autoscan.cli.authorizing import _Answers
from autoscan.drive import tokens
from autoscan.errors import DriveUnauthorizedError
from tests.programs import ROOT, SECRET, environment
from tests.servers.google import FakeGoogle
from tests.test_drive_auth_flow import INSECURE, browse
from tests.waiting import wait_until


@pytest.fixture
def google() -> Iterator[FakeGoogle]:
    with FakeGoogle() as fake:
        yield fake


@dataclass
class Command:
    """`scan.py authorize`, as it runs."""

    process: "subprocess.Popen[str]"
    printed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        self.printed.extend(self.process.stdout)

    @property
    def text(self) -> str:
        return "".join(self.printed)

    def url(self) -> str:
        """Return the address that it prints."""
        wait_until(lambda: "once more." in self.text, seconds=30, what="the address")
        return str(re.findall(r"^ +(http\S+)$", self.text, re.MULTILINE)[0])

    def paste(self, text: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{text}\n")
        self.process.stdin.flush()

    def end(self) -> tuple[int, str, str]:
        code = self.process.wait(30)
        self._reader.join(10)
        assert self.process.stderr is not None
        return code, self.text, self.process.stderr.read()


@dataclass
class Place:
    """A folder with a configuration that leads to the fake."""

    google: FakeGoogle
    folder: Path

    def configure(self, **more: Any) -> None:
        settings = {"SERVER_PASS": SECRET, "GOOGLE": self.google.settings(**more)}
        (self.folder / "config.json").write_text(json.dumps(settings))

    @contextmanager
    def run(self, *options: str, stdin: bool = True, **variables: str) -> Iterator[Command]:
        places = ["--config", str(self.folder / "config.json"), "--queuefile", str(self.folder / "queue.db")]
        command = [sys.executable, str(ROOT / "scan.py"), "authorize", "--logfile", "-", *places, *options]
        with subprocess.Popen(
            command,
            cwd=self.folder,
            env=environment(self.folder, 1, **{INSECURE: "1"}, **variables),
            text=True,
            stdin=subprocess.PIPE if stdin else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            try:
                yield Command(process)
            finally:
                process.kill()

    def stored(self) -> tokens.Token | None:
        with sqlite3.connect(self.folder / "autoscan.db") as database:
            (text,) = database.execute("SELECT value FROM facts WHERE key = 'drive:credentials'").fetchone() or ("",)
        database.close()
        return tokens.read(text)


@pytest.fixture
def place(google: FakeGoogle, tmp_path: Path) -> Place:
    made = Place(google, tmp_path)
    made.configure()
    return made


def assert_no_secret(place: Place, *texts: str) -> None:
    sign = place.google.sign
    known = [place.google.CLIENT[1], *sign.refreshing, *sign.access, *sign.codes, *sign.used]
    assert [secret for secret in known for text in texts if secret in text] == []


def test_a_browser_on_this_machine_is_opened_and_comes_back_by_itself(place: Place) -> None:
    browser = place.folder / "browser"
    browser.write_text(
        f"#!{sys.executable}\nimport sys, urllib.request\nprint(urllib.request.urlopen(sys.argv[1]).read(), file=open("
        f"{str(place.folder / 'page')!r}, 'w'))\n"
    )
    browser.chmod(browser.stat().st_mode | stat.S_IXUSR)
    place.google.sign.clients[place.google.CLIENT[0]].testing = True
    with place.run(stdin=False, BROWSER=str(browser)) as command:
        code, out, err = command.end()
    assert (code, err) == (0, "")
    assert "Autoscan may read the Drive of Ada <ada@example.com>" in out
    assert "This authorisation ends on 2" in out
    wait_until(lambda: "see the terminal" in (place.folder / "page").read_text(), seconds=10, what="the page")
    assert place.stored() is not None
    assert_no_secret(place, out, err)


def test_an_address_from_another_machine_is_pasted(place: Place) -> None:
    with place.run("--loglevel", "DEBUG") as command:
        url = command.url()
        address = browse(url)[2]
        assert f"begins with\n{address.partition('?')[0]}" in command.text
        command.paste("4/0AVG-the-code-alone")
        command.paste("")
        command.paste(re.sub("state=[^&]+", "state=older", address))
        command.paste(address)
        code, out, err = command.end()
    assert code == 0
    assert err.count("paste") == 2
    assert "belongs to another attempt" in err
    token = place.stored()
    assert token is not None
    assert token.refresh_token in place.google.sign.refreshing
    assert_no_secret(place, out, err)


def test_a_stranger_at_the_page_does_not_end_it(place: Place) -> None:
    with place.run() as command:
        address = browse(command.url())[2]
        assert browse(re.sub("state=[^&]+", "state=guessed", address))[0] == 400
        assert browse(address)[0] == 200
        assert command.end()[0] == 0


def test_who_denies_it_ends_it(place: Place) -> None:
    place.google.sign.consent = "deny"
    with place.run() as command:
        status, body, _ = browse(browse(command.url())[2])
        code, _, err = command.end()
    assert (status, "permission was denied" in body) == (200, True)
    assert (code, "permission was denied" in err) == (1, True)
    assert place.stored() is None


def test_a_client_of_the_type_web_application_has_its_own_address(place: Place) -> None:
    uri = f"http://localhost:3468/{SECRET}/google/callback"
    mine = place.google.sign.clients[place.google.CLIENT[0]]
    mine.type = "web"
    place.configure(REDIRECT_URI="https://autoscan.example/google/callback")
    with place.run() as command:
        assert "Error 400: redirect_uri_mismatch" in browse(command.url())[1]
        assert "know https://autoscan.example/google/callback (GOOGLE.REDIRECT_URI), letter for letter" in command.text
    mine.redirect_uris = (uri,)
    place.configure(REDIRECT_URI=uri)
    with place.run() as command:
        command.paste(browse(command.url())[2])
        assert command.end()[0] == 0
    assert place.stored() is not None


def test_a_desktop_client_is_needed_where_no_address_is_configured(place: Place) -> None:
    place.google.sign.clients[place.google.CLIENT[0]].type = "web"
    with place.run() as command:
        assert "Error 400: redirect_uri_mismatch" in browse(command.url())[1]
        assert "Make one of that type" in command.text


def test_a_drive_that_cannot_be_read_is_told_at_once(place: Place) -> None:
    place.google.fail("/about", times=None, status=403, reason="accessNotConfigured")
    with place.run() as command:
        command.paste(browse(command.url())[2])
        code, _, err = command.end()
    assert (code, "enable the Google Drive API" in err) == (1, True)


def test_a_service_account_is_only_tried(place: Place) -> None:
    key = place.folder / "key.json"
    key.write_text(place.google.sign.service_account("robot@a-project.iam.gserviceaccount.com"))
    place.configure(SERVICE_ACCOUNT_FILE=str(key))
    with place.run() as command:
        code, out, _ = command.end()
    assert code == 0
    assert "needs no authorisation" in out
    assert "ada@example.com" in out


# ----- inside the command


def test_nobody_is_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    with _Answers() as answers, pytest.raises(DriveUnauthorizedError, match="nobody agreed in time"):
        answers.wait(0.01)


def test_the_last_line_of_the_input_needs_no_line_break(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    os.write(writing, b"first\nsec")
    os.write(writing, b"ond")
    os.close(writing)
    with os.fdopen(reading) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        with _Answers() as answers:
            answers.judge = lambda line: line if line == "second" else ""
            assert answers.wait(5) == "second"
