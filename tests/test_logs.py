"""Every line has the same keys, stays one line, and holds no secret in any spelling."""

import base64
import html
import json
import logging
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoscan import logs
from autoscan.logs import JsonFormatter, Redactor, TextFormatter, request_id

SECRET = 'p&ss "wörd"/+~1'


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What `logs.setup` reads."""

    log_level: str = "INFO"
    log_format: str = "text"
    logfile: Path | None = None
    known: tuple[str, ...] = ()

    def secrets(self) -> tuple[str, ...]:
        return self.known


def record(message: str = "hello %s", *args: object, **extra: object) -> logging.LogRecord:
    made = logging.LogRecord("autoscan.x", logging.INFO, __file__, 1, message, args, None)
    vars(made).update(extra)
    return made


def as_json(made: logging.LogRecord, *secrets: str) -> dict[str, object]:
    line = JsonFormatter(Redactor(secrets)).format(made)
    assert "\n" not in line
    parsed = json.loads(line)
    assert isinstance(parsed, dict)
    return parsed


def as_text(made: logging.LogRecord, *secrets: str) -> str:
    return TextFormatter(Redactor(secrets)).format(made)


@pytest.mark.parametrize(
    "spelling",
    [
        SECRET,
        quote(SECRET),
        quote(SECRET, safe=""),
        quote(SECRET, safe="").lower(),
        quote_plus(SECRET),
        json.dumps(SECRET)[1:-1],
        json.dumps(SECRET, ensure_ascii=False)[1:-1],
        html.escape(SECRET),
        repr(SECRET)[1:-1],
    ],
)
def test_a_secret_is_masked_in_every_spelling(spelling: str) -> None:
    masked = Redactor([SECRET])(f"GET /{spelling}/x failed")
    assert masked == "GET /***/x failed"


@given(user=st.text(max_size=8), secret=st.text(min_size=20, max_size=40), tail=st.text(max_size=5))
def test_a_secret_is_masked_in_base64_wherever_it_begins(user: str, secret: str, tail: str) -> None:
    around = len(f"{user}:{tail}".encode())
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        masked = Redactor([secret])(encode(f"{user}:{secret}{tail}".encode()).decode())
        assert "***" in masked
        assert len(masked.replace("***", "")) <= (around + 6) / 3 * 4 + 4


@given(before=st.text(), secret=st.text(min_size=4), after=st.text())
def test_no_text_keeps_a_secret(before: str, secret: str, after: str) -> None:
    if secret in "***":
        return
    assert secret not in Redactor([secret])(before + secret + after).replace("***", "\0")


def test_a_short_secret_is_masked_as_a_word_so_that_lines_stay_legible() -> None:
    redact = Redactor(["abc", "1", ""])
    assert redact("/abc/ abcd 1 12 1=abc") == "/***/ abcd *** 12 ***=***"


def test_a_longer_secret_is_masked_before_one_that_it_contains() -> None:
    assert Redactor(["pass", "password1"])("my password1, my pass") == "my ***, my ***"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("GET http://plex/library?X-Plex-Token=abcdef&x=1", "GET http://plex/library?X-Plex-Token=***&x=1"),
        ('{"apiKey": "f00"}', '{"apiKey": "***"}'),
        (
            'Authorization: MediaBrowser Token="f00b4r", Client="x"',
            'Authorization: MediaBrowser Token="***", Client="x"',
        ),
        ("Authorization: Basic dXNlcjpwYXNz", "Authorization: Basic ***"),
        ("Basic dXNlcjpwYXNz failed", "Basic *** failed"),
        ("basic dXNlcjpwYXNzdw==", "basic ***"),
        ("{'Authorization': 'Bearer abcdefghijk'}", "{'Authorization': 'Bearer ***'}"),
        ("Bearer abc4efghijk", "Bearer ***"),
        ("bearer abcdefghijklmnopqrstuvwxyz", "bearer ***"),
        ('{"refresh_token": "abc", "client_secret": "def"}', '{"refresh_token": "***", "client_secret": "***"}'),
        ("got ya29.a0AfB_byC-1234567", "got ***"),
        ("got 1//0gabcdefghijklmnopqrstuv", "got ***"),
        ("got GOCSPX-abcdefgh_1", "got ***"),
        ("http://rclone:hunter2@localhost:5572/x", "http://rclone:***@localhost:5572/x"),
    ],
)
def test_what_looks_like_a_credential_is_masked_though_nobody_knows_it(text: str, masked: str) -> None:
    assert Redactor()(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "until the token works",
        "http://host:8080/a@b",
        "a basic scan",
        "/TV/Show: Token Ring",
        "/Movies/Basic Instinct (1992)/Basic Instinct.mkv",
        "/Movies/Basic Instincts/x.mkv",
        "/Movies/The Bearer Blessings (2001)/x.mkv",
        "/Movies/Bearer of the Ring/x.mkv",
        "/TV/1/0/x",
    ],
)
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert Redactor()(text) == text


def test_a_text_line_has_time_level_logger_message_and_keys() -> None:
    line = as_text(record("%s: done", "/TV/A", scan=7, path="/TV/A B", server="Plex", state="accepted", attempt=0))
    assert "INFO     [" in line
    assert line.endswith('] autoscan.x: /TV/A: done (scan=7 path="/TV/A B" server=Plex state=accepted)')
    assert line[:4].isdigit()


def test_a_json_line_has_the_same_keys() -> None:
    line = as_json(record("%s: done", "/TV/A", scan=7, path="/TV/A", server="Plex", state="refused", attempt=2))
    assert {key: line[key] for key in ("level", "logger", "message", "scan", "path", "server", "state", "attempt")} == {
        "level": "INFO",
        "logger": "autoscan.x",
        "message": "/TV/A: done",
        "scan": 7,
        "path": "/TV/A",
        "server": "Plex",
        "state": "refused",
        "attempt": 2,
    }
    assert "exception" not in line
    assert str(line["time"]).endswith("+00:00")


def test_the_id_of_the_request_is_in_every_line_of_it() -> None:
    token = request_id.set("abc-1")
    try:
        assert as_json(record())["request_id"] == "abc-1"
        assert as_json(record(request_id="of the scan"))["request_id"] == "of the scan"
        assert as_text(record("x")).endswith("x (request_id=abc-1)")
    finally:
        request_id.reset(token)
    assert "request_id" not in as_json(record())


def fail() -> None:
    raise ValueError(f"cannot GET http://x/{SECRET}")


def failing() -> logging.LogRecord:
    made = record("it failed")
    try:
        fail()
    except ValueError:
        made.exc_info = sys.exc_info()
    made.stack_info = f"Stack:\n  {SECRET}"
    return made


@pytest.mark.parametrize("formatter", [TextFormatter, JsonFormatter])
def test_a_traceback_is_there_and_masked(formatter: type[TextFormatter | JsonFormatter]) -> None:
    made = failing()
    line = formatter(Redactor([SECRET])).format(made)
    assert "ValueError: cannot GET http://x/***" in line
    assert SECRET not in line
    assert json.dumps(SECRET)[1:-1] not in line
    assert made.exc_text is None


def test_extras_are_masked_as_well() -> None:
    assert as_json(record(path=f"/{SECRET}/x"), SECRET)["path"] == "/***/x"
    assert SECRET not in as_text(record(path=f"/{SECRET}/x"), SECRET)


def test_a_path_cannot_forge_a_line() -> None:
    text = as_text(record("got %s", "/a\n2026-01-01 INFO forged\r\x1b[31m\u2028", path="/a\nb"))
    assert [line[:4] for line in text.split("\n")[1:]] == ["    "]
    assert "\r" not in text
    assert "\x1b" not in text
    assert "\u2028" not in text


def test_arguments_that_do_not_fit_and_undecodable_paths_lose_no_line() -> None:
    assert "(its arguments do not fit)" in as_text(record("%d apples", "no"))
    assert "caf\\udce9" in as_text(record("%s", "caf\udce9"))
    assert as_json(record("%s", "caf\udce9"))["message"] == "caf\udce9"


@pytest.mark.parametrize(("name", "number"), [("WARN", 30), ("warning", 30), ("INFO", 20), ("debug", 10), ("odd", 20)])
def test_levels_have_the_names_of_the_command_line(name: str, number: int) -> None:
    assert logs.level(name) == number


def test_lines_go_to_stderr_and_to_the_file_once_however_often_it_is_set_up(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "new" / "autoscan.log"
    logs.setup(Settings(logfile=path, known=(SECRET,)))
    logs.setup(Settings(logfile=path, log_level="WARN", known=(SECRET,)))
    logging.getLogger("autoscan.x").warning("a %s", SECRET)
    logging.getLogger("autoscan.x").info("unheard")
    for text in (path.read_text(), capsys.readouterr().err):
        assert text.endswith("autoscan.x: a ***\n")
        assert text.count("\n") == 1


def test_a_log_file_that_cannot_be_written_is_said_on_stderr(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.setup(Settings(logfile=tmp_path))
    assert "lines go to stderr only" in capsys.readouterr().err


def test_talkative_libraries_are_kept_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    logs.setup(Settings(log_level="DEBUG"))
    logging.getLogger("urllib3.connectionpool").debug("http://...")
    assert capsys.readouterr().err == ""


def test_a_line_that_cannot_be_written_is_lost_without_a_word(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "logs"
    logs.setup(Settings(logfile=folder / "autoscan.log"))
    (folder / "autoscan.log").unlink()
    folder.rmdir()
    logging.getLogger("autoscan.x").warning("still on stderr")
    err = capfd.readouterr().err
    assert "still on stderr" in err
    assert "Traceback" not in err


def test_a_full_disk_stops_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "autoscan.log"
    path.symlink_to("/dev/full")
    logs.setup(Settings(logfile=path))
    for _ in range(3):
        logging.getLogger("autoscan.x").warning("still on stderr")
    logs.setup(Settings())
    err = capfd.readouterr().err
    assert err.count("still on stderr") == 3
    assert "Traceback" not in err


def test_a_log_that_nobody_has_room_for_stops_nothing() -> None:
    script = STDERR_IS_GONE.replace("os.close(2)", "os.dup2(os.open('/dev/full', os.O_WRONLY), 2)")
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stdout == "goes on\n"


STDERR_IS_GONE = """
import logging, os
from tests.test_logs import Settings
from autoscan import logs
logs.setup(Settings())
os.close(2)
logging.getLogger("autoscan").warning("nobody hears this")
print("goes on")
"""


def test_a_closed_stderr_stops_nothing() -> None:
    done = subprocess.run([sys.executable, "-c", STDERR_IS_GONE], capture_output=True, text=True, check=False)
    assert done.stdout == "goes on\n"


WRITES = """
import logging, sys
from pathlib import Path
from tests.test_logs import Settings
from autoscan import logs
logs.FILE_BYTES = 20_000
logs.setup(Settings(logfile=Path(sys.argv[1])))
for number in range(300):
    logging.getLogger("autoscan").warning("line %s-%d-%s", sys.argv[2], number, "x" * 100)
"""


def test_several_processes_share_a_file_and_move_it_aside_without_losing_a_line(tmp_path: Path) -> None:
    path = tmp_path / "autoscan.log"
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITES, str(path), name], stderr=subprocess.DEVNULL) for name in "abc"
    ]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    kept = sorted(file.name for file in tmp_path.glob("autoscan.log*"))
    assert kept == ["autoscan.log", *(f"autoscan.log.{number}" for number in range(1, 6))]
    lines = [line for name in kept for line in (tmp_path / name).read_text().splitlines()]
    assert all(line.endswith("x" * 100) for line in lines)
    assert all((tmp_path / name).stat().st_size < 21_000 for name in kept)
