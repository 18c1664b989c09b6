"""What can go wrong, as one tree; every message tells the operator what to do.

AutoscanError
├── SettingsError          the configuration does not hold; carries every problem at once
├── RequestError           the caller sent something unusable
│   ├── BadRequestError    400
│   │   └── BadFieldsError     and names the fields
│   ├── CredentialsError   401
│   ├── ForbiddenError     403
│   ├── NotFoundError      404
│   ├── ConflictError      409
│   ├── TooLargeError      413
│   ├── MediaTypeError     415
│   ├── KeyReusedError     422
│   └── TooManyRequestsError 429, and says how long to wait
├── StoreUnavailableError  the database did not take or give a row in time (503)
├── StoreVersionError      the database was written by a newer Autoscan
├── FileCheckError         a look at the media gave no answer (hung mount, dead helper)
├── RcloneError            rclone is not there, or cannot work with a remote
├── TargetError            a media server did not do what was asked
│   ├── TargetUnavailableError   unreachable, starting, 5xx, time-out: ask again later, nothing is used up
│   ├── TargetUnauthorizedError  401 or 403: the server pauses until the token works
│   └── TargetRejectedError      any other refusal: one of five tries
└── DriveError             Google Drive did not do what was asked
    ├── DriveUnavailableError    unreachable, over a quota, 5xx, time-out: ask again later
    ├── DriveUnauthorizedError   no authorisation, or a revoked one: it lasts until the operator acts
    ├── DriveTokenExpiredError   Google knows the page token no more: start anew from now
    └── DriveRejectedError       any other refusal, e.g. of a shared drive that is out of reach
"""

from collections.abc import Mapping
from dataclasses import dataclass


class AutoscanError(Exception):
    """The root of all errors that Autoscan raises on purpose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong with the configuration."""

    #: The key or variable, e.g. `SERVER_PORT` or `MEDIA_SERVERS[1].URL`.
    name: str
    #: Where it stands: `config/config.json:12`, `environment`, `.env:3`, `command line`.
    where: str
    #: What is wrong and what to write instead, one sentence each. Never a secret's value.
    message: str

    def __str__(self) -> str:
        """Return one line: place, name, message."""
        return f"{self.where}: {self.name}: {self.message}"


class SettingsError(AutoscanError):
    """The configuration does not hold."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class RequestError(AutoscanError):
    """The caller sent something unusable."""

    #: The HTTP status that says so.
    status = 400


class BadRequestError(RequestError):
    """The body or the query is not what the route takes."""


class BadFieldsError(BadRequestError):
    """Some fields of the body or the query are not what the route takes."""

    def __init__(self, fields: Mapping[str, tuple[str, ...]]) -> None:
        super().__init__("; ".join(f"{name}: {' '.join(said)}" for name, said in fields.items()))
        #: By the name of the field, what is wrong with it, in sentences.
        self.fields = fields


class CredentialsError(RequestError):
    """The credentials are missing or wrong."""

    status = 401


class ForbiddenError(RequestError):
    """The credentials are right, but this caller may not use them from there."""

    status = 403


class NotFoundError(RequestError):
    """There is no such thing, or no more."""

    status = 404


class ConflictError(RequestError):
    """It is there, but its state does not allow what was asked for."""

    status = 409


class TooLargeError(RequestError):
    """The body is larger than the limit."""

    status = 413


class MediaTypeError(RequestError):
    """The body is of a kind that the route does not take."""

    status = 415


class KeyReusedError(RequestError):
    """An `Idempotency-Key` came once more, with another request."""

    status = 422


class TooManyRequestsError(RequestError):
    """Too many wrong passwords came from there."""

    status = 429

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        #: Seconds.
        self.retry_after = retry_after


class StoreUnavailableError(AutoscanError):
    """The database did not take or give a row in time."""


class StoreVersionError(AutoscanError):
    """The database was written by a newer Autoscan."""


class FileCheckError(AutoscanError):
    """A look at the media gave no answer."""


class RcloneError(AutoscanError):
    """Rclone is not there, or cannot work with a remote."""


class TargetError(AutoscanError):
    """A media server did not do what was asked."""

    def __init__(self, message: str = "", *, status: int = 0) -> None:
        super().__init__(message)
        #: The HTTP status of the answer; 0 if there was none.
        self.status = status


class TargetUnavailableError(TargetError):
    """Unreachable, starting up, 5xx, or no answer in time: ask again later."""


class TargetUnauthorizedError(TargetError):
    """The token is wrong, or has not the right (401, 403)."""


class TargetRejectedError(TargetError):
    """The server refused; asking the same again is unlikely to help."""


class DriveError(AutoscanError):
    """Google Drive did not do what was asked."""

    def __init__(self, message: str = "", *, status: int = 0) -> None:
        super().__init__(message)
        #: The HTTP status of the answer; 0 if there was none.
        self.status = status


class DriveUnavailableError(DriveError):
    """Unreachable, over a quota, 5xx, or no answer in time: ask again later."""

    def __init__(self, message: str = "", *, status: int = 0, retry_after: float = 0.0) -> None:
        super().__init__(message, status=status)
        #: Seconds that Google asked to wait for; 0 if it named none.
        self.retry_after = retry_after


class DriveUnauthorizedError(DriveError):
    """There is no authorisation, or Google takes it no more; the text says what to do."""


class DriveTokenExpiredError(DriveError):
    """Google knows the page token no more."""


class DriveRejectedError(DriveError):
    """Google refused; asking the same again is unlikely to help."""
