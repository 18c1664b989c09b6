"""From what Google's libraries raise to the `DriveError` family, in words that tell the operator what to do."""

import contextlib
import http.client
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

from autoscan.errors import (
    DriveError,
    DriveRejectedError,
    DriveTokenExpiredError,
    DriveUnauthorizedError,
    DriveUnavailableError,
)

#: Refusals with 403 that time heals: https://developers.google.com/workspace/drive/api/guides/handle-errors
_QUOTAS = frozenset(
    {"rateLimitExceeded", "userRateLimitExceeded", "dailyLimitExceeded", "quotaExceeded", "sharingRateLimitExceeded",
     "RATE_LIMIT_EXCEEDED", "backendError", "internalError"}
)  # fmt: skip
#: Refusals with 403 that the operator must heal, and how.
_CURES = {
    "accessNotConfigured": "enable the Google Drive API in the client's project, under "
    "https://console.cloud.google.com/apis/library/drive.googleapis.com",
    "insufficientPermissions": "the authorisation does not reach Drive: run `scan.py authorize` and tick the box",
    "domainPolicy": "the administrator of the domain must allow Drive applications",
}
_CURES["SERVICE_DISABLED"] = _CURES["accessNotConfigured"]
_CURES["ACCESS_TOKEN_SCOPE_INSUFFICIENT"] = _CURES["insufficientPermissions"]
#: What the token endpoint answers, and what to do about it.
_GRANTS = {
    "invalid_grant": "the authorisation has ended or was revoked (clients whose consent screen is in Testing lose it "
    "after 7 days): run `scan.py authorize`",
    "invalid_client": "the client of the authorisation is not what Google knows: check GOOGLE.CLIENT_ID and "
    "GOOGLE.CLIENT_SECRET, and run `scan.py authorize`",
    "deleted_client": "the client was deleted: make another one, and run `scan.py authorize`",
    "unauthorized_client": "the client may not do this: a service account with a subject needs domain-wide delegation "
    "of the scope https://www.googleapis.com/auth/drive.readonly; a client must be of the type Desktop app",
    "access_denied": "the administrator of the domain must allow this client",
    "admin_policy_enforced": "the administrator of the domain must allow this client",
}
#: What becomes of an answer that has not the form of Google's: its libraries take each part for what it should be.
MISREADINGS = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError, re.error)
_LONGEST_WAIT = 24 * 3600.0
_LONGEST_TEXT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a request was about, for the text of its error."""

    drive_id: str = ""
    page_token: str = ""


@contextlib.contextmanager
def translated(asked: Asked) -> Iterator[None]:
    """Raise the `DriveError` that fits whatever Google's libraries raise inside."""
    import httplib2  # noqa: PLC0415 - heavy
    from google.auth import exceptions  # noqa: PLC0415 - heavy
    from googleapiclient import errors  # noqa: PLC0415 - heavy

    try:
        yield
    except errors.HttpError as error:
        raise _refusal(error.resp, error.content, asked) from None
    except exceptions.RefreshError as error:
        raise refused_grant(error) from None
    except (exceptions.TransportError, httplib2.HttpLib2Error, http.client.HTTPException, OSError) as error:
        raise DriveUnavailableError(f"Google cannot be reached: {_short(error) or type(error).__name__}") from None
    except (*MISREADINGS, errors.Error, exceptions.GoogleAuthError):
        raise odd_answer() from None


@contextlib.contextmanager
def readable() -> Iterator[None]:
    """Raise DriveUnavailableError where an answer that is read inside has not the form of Google's."""
    try:
        yield
    except MISREADINGS:
        raise odd_answer() from None


def odd_answer() -> DriveUnavailableError:
    """Make the error for an answer that is none of Google's."""
    return DriveUnavailableError("Google answers with something else than it should: is there a proxy in between?")


def refused_grant(error: Exception) -> DriveError:
    """Return what the token endpoint's refusal, as google-auth raises it, means."""
    data = error.args[1] if len(error.args) > 1 and isinstance(error.args[1], Mapping) else {}
    code, told = str(data.get("error", "")), _short(data.get("error_description") or "")
    if getattr(error, "retryable", False):
        return DriveUnavailableError(f"Google gives no access token just now: {told or code or 'no reason given'}")
    if code == "invalid_grant" and "JWT" in told:
        return DriveUnauthorizedError(
            f"Google refuses the service account ({told}): set this machine's clock, or make a new key for it"
        )
    if code:
        return oauth_refusal(code, told)
    if "necessary fields" in str(error):
        return DriveUnauthorizedError("the stored authorisation cannot renew itself: run `scan.py authorize`")
    return odd_answer()


def oauth_refusal(code: str, told: str) -> DriveUnauthorizedError:
    """Return what a refusal of the token endpoint means: OAuth's `error` and `error_description`."""
    cure = _GRANTS.get(code, "run `scan.py authorize`")
    words = f"{code or 'no reason'}: {_short(told)}" if told else code or "no reason"
    return DriveUnauthorizedError(f"Google refuses the authorisation ({words}): {cure}")


def _refusal(response: Mapping[str, Any], content: bytes, asked: Asked) -> DriveError:
    """Return what an answer that is no success means."""
    status = int(response.get("status", 0))
    error = _error_of(content)
    reasons, told = _reasons(error), _short(error.get("message") or "")
    if status == http.HTTPStatus.TOO_MANY_REQUESTS or status >= http.HTTPStatus.INTERNAL_SERVER_ERROR:
        return _later(response, status, told)
    if status == http.HTTPStatus.FORBIDDEN and reasons & _QUOTAS:
        return _later(response, status, told)
    if status == http.HTTPStatus.UNAUTHORIZED:
        return DriveUnauthorizedError(
            f"Google refuses the access token ({told}): run `scan.py authorize`", status=status
        )
    cure = next((_CURES[reason] for reason in sorted(reasons) if reason in _CURES), "")
    if cure:
        return DriveUnauthorizedError(f"Google refuses ({told}): {cure}", status=status)
    if not error:
        return odd_answer()
    return _rejected(status, told, error, asked)


def _rejected(status: int, told: str, error: Mapping[str, Any], asked: Asked) -> DriveError:
    places = {str(each.get("location", "")) for each in _list(error.get("errors"))}
    out_of_reach = bool(places & {"driveId", "teamDriveId"}) or "drive not found" in told.lower()
    if asked.drive_id and out_of_reach:
        return DriveRejectedError(
            f"the shared drive {asked.drive_id} is out of reach ({told}): let the account be a member of it again, or "
            "take it out of GOOGLE.TEAMDRIVES",
            status=status,
        )
    if asked.page_token and status in (400, 404, 410):
        return DriveTokenExpiredError(f"Google knows the page token no more ({told})", status=status)
    return DriveRejectedError(f"Google refuses with HTTP {status}: {told}", status=status)


def _later(response: Mapping[str, Any], status: int, told: str) -> DriveUnavailableError:
    return DriveUnavailableError(
        f"Google answers HTTP {status}: {told or 'no reason given'}", status=status, retry_after=_retry_after(response)
    )


def _retry_after(response: Mapping[str, Any]) -> float:
    """Return the seconds to wait for; Google names seconds, a gateway may name a time."""
    text = str(response.get("retry-after", "")).strip()
    if text.isascii() and text.isdigit():
        return min(float(text), _LONGEST_WAIT)
    try:
        ends, sent = parsedate_to_datetime(text), parsedate_to_datetime(str(response.get("date", "")))
        return min(max((ends - sent).total_seconds(), 0.0), _LONGEST_WAIT)
    except (OverflowError, TypeError, ValueError):
        return 0.0


def _error_of(content: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(content)["error"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return {}
    return found if isinstance(found, Mapping) else {"message": found}


def _reasons(error: Mapping[str, Any]) -> set[str]:
    """Return the reasons: under `errors` as ever, and under `details` as Google's newer services name them."""
    return {str(each.get("reason", "")) for key in ("errors", "details") for each in _list(error.get(key))} - {""}


def _list(value: object) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def _short(text: object) -> str:
    """Return Google's own words on one line, and not more of them than a log wants."""
    whole = str(text).encode(errors="replace").decode()
    return " ".join(whole.split())[:_LONGEST_TEXT].rstrip(".")
