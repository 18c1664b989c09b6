"""Refusals as Google words them: https://developers.google.com/workspace/drive/api/guides/handle-errors."""

import json
from collections.abc import Mapping
from typing import Any

from tests.servers.wire import Response

_STATUS = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND",
           429: "RESOURCE_EXHAUSTED", 500: "INTERNAL", 503: "UNAVAILABLE"}  # fmt: skip
_DISABLED = (
    "Google Drive API has not been used in project 1 before or it is disabled. Enable it by visiting "
    "https://console.developers.google.com/apis/api/drive.googleapis.com/overview?project=1 then retry."
)
#: Reasons with the text and the domain that go with them.
_REASONS = {
    "userRateLimitExceeded": ("User rate limit exceeded.", "usageLimits"),
    "rateLimitExceeded": ("Rate limit exceeded.", "usageLimits"),
    "dailyLimitExceeded": ("Daily Limit Exceeded. The quota will be reset at midnight Pacific Time.", "usageLimits"),
    "backendError": ("Backend Error", "global"),
    "insufficientPermissions": ("Insufficient Permission: Request had insufficient authentication scopes.", "global"),
    "accessNotConfigured": (_DISABLED, "usageLimits"),
    "insufficientFilePermissions": ("The user does not have sufficient permissions for this file.", "global"),
}


class RefusedError(Exception):
    """What is asked for is refused with this answer."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.body)
        self.response = response


def answer(value: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return JSON, as Google writes it."""
    body = json.dumps(value, indent=1, ensure_ascii=False).encode()
    return Response(status=status, body=body, type="application/json; charset=UTF-8", headers=headers or {})


def refusal(status: int, reason: str, message: str = "", *, retry_after: str = "", **place: str) -> Response:
    """Return the answer with which Drive refuses; `location` and `locationType` name the parameter."""
    known, domain = _REASONS.get(reason, ("Internal Error" if status >= 500 else reason, "global"))
    text = message or known
    error = {
        "error": {
            "code": status,
            "message": text,
            "errors": [{"message": text, "domain": domain, "reason": reason, **place}],
            "status": _STATUS.get(status, "UNKNOWN"),
        }
    }
    return answer(error, status, {"Retry-After": retry_after} if retry_after else None)


def bad_parameter(name: str, message: str = "Invalid Value", reason: str = "invalid") -> RefusedError:
    """Return the refusal of a parameter's value."""
    return RefusedError(refusal(400, reason, message, location=name, locationType="parameter"))


def not_found(what: str, place: str) -> RefusedError:
    """Return the refusal for what is not there, or not for this account."""
    return RefusedError(refusal(404, "notFound", f"{what}.", location=place, locationType="parameter"))


def refused_grant(error: str, description: str, status: int = 400) -> RefusedError:
    """Return the refusal of the token endpoint."""
    return RefusedError(answer({"error": error, "error_description": description}, status))
