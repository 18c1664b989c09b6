"""Signed webhooks: HMAC-SHA256 of the raw body with WEBHOOK_SECRET, in hex, in one of three headers.

The headers are GitHub's, Slack's name for it as 2.2 read it (not Slack's own scheme), and a plain one.
"""

import hashlib
import hmac

from flask import request

from autoscan.errors import CredentialsError
from autoscan.settings.convert_web import EVERY
from autoscan.web import bodies
from autoscan.web.context import here

HEADERS = ("X-Hub-Signature-256", "X-Webhook-Signature", "X-Slack-Signature")

WRONG = "Wrong signature: it must be the HMAC-SHA256 of the body with WEBHOOK_SECRET as the key, in hex"
MISSING = (
    "This source must sign its events (WEBHOOK_REQUIRE_SIGNATURE): send the HMAC-SHA256 of the body with "
    f"WEBHOOK_SECRET as the key, in hex, as {HEADERS[0]}"
)
UNSIGNED = "This source must sign what it asks for: send the paths in the body, an address is not signed"


def verified() -> bool:
    """Tell whether the current request is signed; raise `CredentialsError` for a wrong signature.

    `sha256=` or anything else with `=` may stand before the digits. Without WEBHOOK_SECRET nothing is looked at.
    """
    key = here().settings.webhook_secret
    if key is None or not key:
        return False
    given = [text for text in (request.headers.get(name, "").strip() for name in HEADERS) if text]
    if not given:
        return False
    right = hmac.new(key.reveal().encode("utf-8", "surrogatepass"), bodies.octets(), hashlib.sha256).hexdigest()
    if not all(_same(text, right) for text in given):
        raise CredentialsError(WRONG)
    return True


def demand(source: str, *, signed: bool) -> None:
    """Raise `CredentialsError` where `source` must sign and the current request is not signed, or not as a whole."""
    names = here().settings.webhook_require_signature
    if names != EVERY and source.casefold() not in {name.casefold() for name in names}:
        return
    if not signed:
        raise CredentialsError(MISSING)
    if request.args.keys() & {"path", "dir"}:
        raise CredentialsError(UNSIGNED)


def _same(given: str, right: str) -> bool:
    digits = given.rpartition("=")[2].strip().lower()
    return hmac.compare_digest(digits.encode("utf-8", "surrogateescape"), right.encode())
