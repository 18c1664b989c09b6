"""Ask Google Drive (API version 3): one method is one request, every failure one of the `DriveError` family."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from autoscan.drive.api_errors import Asked, odd_answer, readable, translated
from autoscan.drive.api_http import connection
from autoscan.drive.api_values import (
    CHANGE_FIELDS,
    FILE_FIELDS,
    Account,
    ChangesPage,
    FilesPage,
    RawFile,
    SharedDrive,
    read_account,
    read_change,
    read_drive,
    read_file,
    read_page,
    read_token,
)
from autoscan.errors import DriveRejectedError

if TYPE_CHECKING:
    from autoscan.drive.auth import DriveCredentials

__all__ = [
    "DriveApi",
    "RawFile",
    "SharedDrive",
]

#: No pause of Google may be longer, in seconds; a whole answer may take a little more.
TIMEOUT = 30.0
#: The most that Google puts on a page.
PAGE = 1000
_DRIVES_PAGE = 100
#: Nobody is a member of so many drives; an answer without end is none of Google's.
_MOST_DRIVE_PAGES = 1000
_NOT_FOUND = 404
#: With these, a request also sees what lies in shared drives.
_ALL_DRIVES = {"supportsAllDrives": True, "includeItemsFromAllDrives": True}


class DriveApi:
    """Drive, seen with the account of `credentials`. Each thread that asks has a connection of its own.

    `api_url` replaces `https://www.googleapis.com` (a gateway, or a test's Google). `heartbeat` is called around each
    exchange. Nothing is asked twice: waiting and trying again are the caller's.

    Every method raises DriveUnavailableError, DriveUnauthorizedError or DriveRejectedError, and those that are given
    a page token DriveTokenExpiredError as well.
    """

    def __init__(
        self,
        credentials: "DriveCredentials",
        *,
        api_url: str = "",
        timeout: float = TIMEOUT,
        heartbeat: Callable[[], None] = lambda: None,
    ) -> None:
        self.credentials = credentials
        self._api_url = api_url.rstrip("/")
        self._timeout = timeout
        self._heartbeat = heartbeat
        self._local = threading.local()

    def start_page_token(self, drive_id: str = "") -> str:
        """Return the token of now: `changes` with it lists what happens from here on."""
        where = {"driveId": drive_id} if drive_id else {}
        answer = self._ask(Asked(drive_id=drive_id), "changes", "getStartPageToken", supportsAllDrives=True, **where)
        with readable():
            token = read_token(answer, "startPageToken")
        if not token:
            raise odd_answer()
        return token

    def changes(self, page_token: str, drive_id: str = "", page_size: int = PAGE) -> ChangesPage:
        """Return one page of the change log of My Drive, or of a shared drive, the oldest change first.

        My Drive's log also names files of shared drives (with their `drive_id`): what was moved there says so.
        """
        where = {"driveId": drive_id} if drive_id else {}
        answer = self._ask(
            Asked(drive_id=drive_id, page_token=page_token),
            "changes",
            "list",
            pageToken=page_token,
            pageSize=page_size,
            includeRemoved=True,
            fields=f"nextPageToken,newStartPageToken,changes({CHANGE_FIELDS})",
            **_ALL_DRIVES,
            **where,
        )
        with readable():
            listed, following = read_page(answer, "changes", page_token)
            return ChangesPage(
                changes=tuple(map(read_change, listed)),
                next_page_token=following,
                new_start_page_token=read_token(answer, "newStartPageToken"),
            )

    def file(self, file_id: str) -> RawFile | None:
        """Return a file by its id, also one in the trash; None if there is none, or the account may not see it."""
        try:
            answer = self._ask(Asked(), "files", "get", fileId=file_id, fields=FILE_FIELDS, supportsAllDrives=True)
        except DriveRejectedError as error:
            if error.status == _NOT_FOUND:
                return None
            raise
        with readable():
            found = read_file(answer)
        if found.id != file_id:
            raise odd_answer()
        return found

    def files(self, drive_id: str = "", page_token: str = "") -> FilesPage:
        """Return one page of everything in My Drive, or in a shared drive, that is not in the trash; in no order.

        My Drive's listing also has what others shared with the account and what lies in nobody's folder.
        """
        where = {"corpora": "drive", "driveId": drive_id} if drive_id else {"corpora": "user"}
        more = {"pageToken": page_token} if page_token else {}
        answer = self._ask(
            Asked(drive_id=drive_id, page_token=page_token),
            "files",
            "list",
            q="trashed = false",
            pageSize=PAGE,
            spaces="drive",
            fields=f"nextPageToken,files({FILE_FIELDS})",
            **_ALL_DRIVES,
            **where,
            **more,
        )
        with readable():
            listed, following = read_page(answer, "files", page_token)
            return FilesPage(files=tuple(map(read_file, listed)), next_page_token=following)

    def drives(self) -> tuple[SharedDrive, ...]:
        """Return the shared drives of the account: one request for each hundred of them."""
        found: list[SharedDrive] = []
        token = ""
        for _ in range(_MOST_DRIVE_PAGES):
            more = {"pageToken": token} if token else {}
            answer = self._ask(
                Asked(page_token=token),
                "drives",
                "list",
                pageSize=_DRIVES_PAGE,
                fields="nextPageToken,drives(id,name)",
                **more,
            )
            with readable():
                listed, token = read_page(answer, "drives", token)
                found.extend(map(read_drive, listed))
            if not token:
                return tuple(found)
        raise odd_answer()

    def root(self) -> RawFile:
        """Return the folder that My Drive is: its id, and its name in the account's language."""
        answer = self._ask(Asked(), "files", "get", fileId="root", fields=FILE_FIELDS)
        with readable():
            return read_file(answer)

    def about(self) -> Account:
        """Return whose account it is."""
        answer = self._ask(Asked(), "about", "get", fields="user(displayName,emailAddress)")
        with readable():
            return read_account(answer.get("user", {}))

    def close(self) -> None:
        """Close this thread's connection; the next request opens another."""
        service = getattr(self._local, "service", None)
        if service is not None:
            service.close()
            self._local.service = None

    def _ask(self, asked: Asked, collection: str, method: str, **arguments: Any) -> dict[str, Any]:
        """Do one exchange with the methods that the library makes from Google's description of the API."""
        with self._exchange(asked):
            resource = getattr(self._service(), collection)()
            answer = getattr(resource, method)(**arguments).execute(num_retries=0)
            if not isinstance(answer, dict):
                raise odd_answer()
            return answer

    @contextlib.contextmanager
    def _exchange(self, asked: Asked) -> Iterator[None]:
        try:
            with translated(asked):
                yield
        finally:
            self.credentials.keep()

    def _service(self) -> Any:
        """Return this thread's connection, made anew when other credentials were stored meanwhile."""
        current = self.credentials.current()
        if getattr(self._local, "service", None) is None or self._local.credentials is not current:
            self.close()
            self._local.service = self._build(current)
            self._local.credentials = current
        return self._local.service

    def _build(self, current: Any) -> Any:
        import google_auth_httplib2  # noqa: PLC0415 - heavy
        from googleapiclient.discovery import build  # noqa: PLC0415 - heavy

        options = {"client_options": {"api_endpoint": f"{self._api_url}/drive/v3/"}} if self._api_url else {}
        return build(
            "drive",
            "v3",
            http=google_auth_httplib2.AuthorizedHttp(current, http=connection(self._timeout, self._heartbeat)),
            static_discovery=True,
            cache_discovery=False,
            **options,
        )
