"""Slow down who guesses: 429 after some wrong passwords from one address.

The log-in page then takes no password at all until the wait is over. A program's right password is taken at any time:
a limit there would lose events.
"""

import ipaddress
import logging

from flask import request

from autoscan.errors import CredentialsError, StoreUnavailableError, TooManyRequestsError
from autoscan.web.context import here

logger = logging.getLogger(__name__)

#: Kinds are counted apart, so that a program with an old password does not keep its owner from the log-in page.
PAGE, PROGRAM = "page", "program"

TOO_MANY = "Too many wrong passwords came from this address"


def wait_left(kind: str) -> int:
    """Return the seconds that the caller has to wait before it may try again, 0 for none."""
    try:
        return here().queue.wait_left(_who(kind))
    except StoreUnavailableError:
        return 0


def failed(kind: str) -> int:
    """Count a wrong password of the caller; return the seconds it is to wait, 0 while it may go on."""
    try:
        return here().queue.count_failure(_who(kind))
    except StoreUnavailableError as error:
        logger.warning("a wrong password was not counted: %s", error)
        return 0


def succeeded(kind: str) -> None:
    """Forget the caller's wrong passwords."""
    try:
        here().queue.forget_failures(_who(kind))
    except StoreUnavailableError as error:
        logger.warning("wrong passwords were not forgotten: %s", error)


def refuse(kind: str, message: str) -> CredentialsError | TooManyRequestsError:
    """Count a wrong password and return what is to be raised: 401 with `message`, or 429."""
    seconds = failed(kind)
    return TooManyRequestsError(TOO_MANY, retry_after=seconds) if seconds else CredentialsError(message)


def _who(kind: str) -> str:
    """Return the caller's kind and address; of IPv6 the network of 64 bits, which is one customer's."""
    try:
        address = ipaddress.ip_address(request.remote_addr or "")
    except ValueError:
        return f"{kind} here"
    plain = getattr(address, "ipv4_mapped", None) or address
    return f"{kind} {ipaddress.ip_network((plain, 64), strict=False) if plain.version == 6 else plain}"  # noqa: PLR2004
