"""No line of the log holds a secret that the program knows, in whatever spelling it gets there."""

import base64
import html
import json
import logging
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from autoscan import logs
from autoscan.logs.redaction import Redactor
from autoscan.settings import DEFINITIONS, Status
from autoscan.web.masking import masked
from tests.homes import Home

SIGNS = '"q&ü+/x'
SECRETS = [setting for setting in DEFINITIONS if setting.secret and setting.status is not Status.ALIAS]
#: A word for each setting, which stands in each of its secrets and is the same in every spelling but base64.
KEYS = {setting.name: f"secret{number}of" for number, setting in enumerate(SECRETS)}


def value(name: str) -> object:
    """Return what to write for a setting: its word, with signs that are written otherwise in URLs, JSON and HTML."""
    secret = f"{KEYS[name]}{SIGNS}"
    address = f"http://me:{quote(secret, safe='')}@nas:5572"
    special: dict[str, object] = {
        "MEDIA_SERVERS": [{"NAME": "den", "TYPE": "jellyfin", "URL": "http://den:8096", "TOKEN": secret}],
        "NOTIFY": [{"URL": f"json://host/{secret}"}, f"json://other/two{secret}"],
        "SECRET_KEY_FALLBACKS": [secret, f"two{secret}"],
        "RCLONE.RC_CACHE_REFRESH.RC_URL": address,
    }
    return special.get(name, secret)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A configuration in which every secret is set."""
    home = Home(tmp_path)
    whole: dict[str, Any] = {}
    for setting in SECRETS:
        nest(whole, setting.name.split("."), value(setting.name))
    home.write(whole)
    return home


def nest(whole: dict[str, Any], names: list[str], found: object) -> None:
    for name in names[:-1]:
        whole = whole.setdefault(name, {})
    whole[names[-1]] = found


def spellings(secret: str) -> list[str]:
    return [
        secret,
        quote(secret),
        quote(secret, safe=""),
        quote_plus(secret),
        json.dumps(secret),
        repr(secret),
        html.escape(secret),
        f"http://u:{quote(secret, safe='')}@host/x?token={quote(secret)}",
    ]


def in_base64(secret: str) -> str:
    return base64.b64encode(f"somebody:{secret}".encode()).decode()


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_secret_of_the_settings_gets_into_the_log_in_any_spelling(
    home: Home, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = home.load(LOG_FORMAT=form, PLEX_AUTOSCAN_LOGFILE="-").settings
    known = settings.secrets()
    logs.setup(settings)
    log = logging.getLogger("autoscan.x")
    for name, key in KEYS.items():
        mine = [secret for secret in known if key in secret]
        assert mine, f"{name} is not known to be secret"
        for spelt in (form for secret in mine for form in (*spellings(secret), in_base64(secret))):
            log.warning("before %s after", spelt, extra={"path": f"/{spelt}/x"})
            log.error("failed", exc_info=ValueError(spelt))
    written = capsys.readouterr().err
    assert "before *** after" in written
    for key in KEYS.values():
        assert key not in written
        assert in_base64(key)[12:-4] not in written


@pytest.mark.parametrize("secret", ["my pass+word!", "pä s?#%2F/ü+&", "abc"])
def test_a_secret_in_an_address_is_masked_however_it_is_encoded(secret: str) -> None:
    redact = Redactor([secret])
    every = "".join(f"%{octet:02x}" for octet in secret.encode())
    spellings = {quote(secret, safe=safe) for safe in ("", "/", "+!", "/+!?&")} | {
        quote_plus(secret),
        every,
        every.upper(),
    }
    for spelling in spellings:
        assert redact(f"POST /{spelling} HTTP/1.1") == "POST /*** HTTP/1.1"
        body = json.loads(masked({"note": f"POST /{spelling}!"}, [secret]))
        assert body == {"note": "POST /***!"}
