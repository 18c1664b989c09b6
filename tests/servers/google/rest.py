"""Drive's own requests: about, changes, files, drives; what is asked is checked against Google's description."""

import base64
import re
from collections.abc import Callable, Iterator
from typing import Any

from tests.servers.google.changelog import ChangeLog, Entry
from tests.servers.google.masks import MaskError, description, select
from tests.servers.google.nodes import FOLDER, Node, rfc3339
from tests.servers.google.refusals import RefusedError, answer, bad_parameter, not_found, refusal
from tests.servers.google.world import USER, World
from tests.servers.wire import Request, Response

_BASE = "/drive/v3/"
_MOST = 1000
_PARENT = re.compile(r"'((?:[^'\\]|\\.)*)' in parents")
Handler = Callable[["Rest", Request, str], dict[str, Any]]


class Rest:
    """Answers for one account."""

    def __init__(self, world: World, *, name: str, email: str) -> None:
        self.world = world
        self.name, self.email = name, email
        #: Page tokens of listings that were given out before this many listings began are known no more.
        self.epoch = 0

    def respond(self, request: Request) -> Response:
        """Answer one request; raise `RefusedError` for a refusal, AssertionError for what Google does not know."""
        path = request.path.removeprefix(_BASE)
        template, method, schema, handler = next(each for each in _ROUTES if re.fullmatch(each[0], path))
        _check(request, *method.split("."))
        match = re.fullmatch(template, path)
        value = handler(self, request, match[1] if match is not None and match.re.groups else "")
        mask = request.arg("fields")
        if method == "about.get" and not mask:
            raise bad_parameter("fields", "The 'fields' parameter is required for this method.", "required")
        try:
            return answer(select(mask, schema, value) if mask else value)
        except MaskError as error:
            raise bad_parameter("fields", f"Invalid field selection {error.field}", "invalidParameter") from None

    # ----- the requests

    def about(self, request: Request, _: str) -> dict[str, Any]:
        """Whose account it is."""
        user = {"kind": "drive#user", "displayName": self.name, "emailAddress": self.email, "me": True}
        return {"kind": "drive#about", "user": user}

    def start(self, request: Request, _: str) -> dict[str, Any]:
        """The page token of now."""
        return {"kind": "drive#startPageToken", "startPageToken": str(self._log(request)[1].next_number)}

    def changes(self, request: Request, _: str) -> dict[str, Any]:
        """A page of a change log."""
        drive_id, log = self._log(request)
        if drive_id and not _yes(request, "includeItemsFromAllDrives"):
            raise bad_parameter(
                "includeItemsFromAllDrives", "The driveId parameter must only be used with it.", "teamDrivesParameters"
            )
        token = request.arg("pageToken")
        page = log.page(int(token), _size(request, 100)) if token.isascii() and token.isdigit() else None
        if page is None:
            raise bad_parameter("pageToken")
        entries = [each for each in page.entries if self._is_heard(request, each)]
        found: dict[str, Any] = {
            "kind": "drive#changeList",
            "changes": [self._change(entry, drive_id) for entry in entries],
        }
        where = ("newStartPageToken", page.end) if page.next is None else ("nextPageToken", page.next)
        return {**found, where[0]: str(where[1])}

    def files(self, request: Request, _: str) -> dict[str, Any]:
        """A page of a listing."""
        drive_id = self._drive(request)
        if (request.arg("corpora") == "drive") != bool(drive_id):
            raise bad_parameter("driveId", "The driveId parameter must be specified if and only if corpora is drive.")
        start, size = self._listing_start(request.arg("pageToken")), _size(request, 100)
        files: list[dict[str, Any]] = []
        token = ""
        for after, node in self._asked_for(request, drive_id, start):
            if len(files) == size:
                break
            files.append(self._file(node))
            token = base64.urlsafe_b64encode(f"~!!~{self.epoch} {after}".encode()).decode()
        else:
            token = ""
        more = {"nextPageToken": token} if token else {}
        return {"kind": "drive#fileList", "incompleteSearch": False, "files": files, **more}

    def file(self, request: Request, file_id: str) -> dict[str, Any]:
        """One file; those of shared drives only for who says that he knows of them."""
        node = self.world.nodes.get(self.world.root if file_id == "root" else file_id)
        if node is None or not self._is_member(node.drive) or (node.drive and not _yes(request, "supportsAllDrives")):
            raise not_found(f"File not found: {file_id}", "fileId")
        return self._file(node)

    def drives(self, request: Request, _: str) -> dict[str, Any]:
        """A page of the shared drives of which the account is a member."""
        found = [drive for drive in self.world.drives.values() if drive.member]
        start, size = int(request.arg("pageToken") or 0), min(_size(request, 10), 100)
        drives = [_drive(each.id, each.name) for each in found[start : start + size]]
        more = {"nextPageToken": str(start + size)} if start + size < len(found) else {}
        return {"kind": "drive#driveList", "drives": drives, **more}

    # ----- inside

    def _log(self, request: Request) -> tuple[str, ChangeLog]:
        drive_id = self._drive(request)
        return drive_id, self.world.logs[drive_id]

    def _drive(self, request: Request) -> str:
        drive_id = request.arg("driveId")
        if drive_id and not _yes(request, "supportsAllDrives"):
            raise RefusedError(refusal(403, "teamDrivesParametersRequired", "supportsAllDrives must be true."))
        if drive_id and not self._is_member(drive_id):
            raise not_found(f"Shared drive not found: {drive_id}", "driveId")
        return drive_id

    def _is_member(self, drive_id: str) -> bool:
        return not drive_id or (drive_id in self.world.drives and self.world.drives[drive_id].member)

    def _is_heard(self, request: Request, entry: Entry) -> bool:
        node = self.world.nodes.get(entry.id) if entry.kind == "file" else None
        if entry.removed and request.arg("includeRemoved").lower() == "false":
            return False
        return node is None or not node.drive or _yes(request, "includeItemsFromAllDrives")

    def _change(self, entry: Entry, log: str) -> dict[str, Any]:
        change = {"kind": "drive#change", "changeType": entry.kind, "time": rfc3339(entry.at)}
        if entry.kind == "drive":
            drive = self.world.drives[entry.id]
            gone: dict[str, Any] = {**change, "driveId": entry.id, "removed": not drive.member}
            return {**gone, "drive": _drive(drive.id, drive.name)} if drive.member else gone
        node = self.world.nodes.get(entry.id)
        removed = entry.removed or node is None or log not in (USER, node.drive)
        drive_id = log or (node.drive if node is not None else "")
        found = {**change, "fileId": entry.id, "removed": removed, **({"driveId": drive_id} if drive_id else {})}
        return found if removed or node is None else {**found, "file": self._file(node)}

    def _asked_for(self, request: Request, drive_id: str, start: int) -> Iterator[tuple[int, Node]]:
        rest = request.arg("q")
        found = _PARENT.search(rest)
        parent = re.sub(r"\\(.)", r"\1", found[1]) if found is not None else ""
        rest = _PARENT.sub("", rest).replace("trashed = false", "").replace(f"mimeType = '{FOLDER}'", "")
        if rest.replace("and", "").strip():
            raise bad_parameter("q")
        parent = self.world.root if parent == "root" else parent
        if parent and self.world.nodes.get(parent) is None:
            raise not_found("File not found: .", "fileId")
        for after, node in self._candidates(parent, start, drive_id):
            if self._is_listed(request, node, drive_id, by_parent=bool(parent)):
                yield after, node

    def _candidates(self, parent: str, start: int, drive_id: str) -> Iterator[tuple[int, Node]]:
        if not parent:
            return self.world.nodes.slice(start, drive_id)
        children = enumerate(self.world.nodes.children(parent), 1)
        return ((place, node) for place, node in children if place > start)

    def _is_listed(self, request: Request, node: Node, drive_id: str, *, by_parent: bool) -> bool:
        query = request.arg("q")
        if node.id in (self.world.root, node.drive) or not self._is_member(node.drive):
            return False
        if "trashed = false" in query and self.world.nodes.is_trashed(node):
            return False
        if "mimeType = " in query and node.mime != FOLDER:
            return False
        return (by_parent and not drive_id) or node.drive == drive_id

    def _listing_start(self, token: str) -> int:
        if not token:
            return 0
        try:
            epoch, place = base64.urlsafe_b64decode(token).decode().removeprefix("~!!~").split()
        except ValueError:
            raise bad_parameter("pageToken") from None
        if int(epoch) != self.epoch:
            raise bad_parameter("pageToken")
        return int(place)

    def _file(self, node: Node) -> dict[str, Any]:
        """Return a file as Google describes it: empty members are left out."""
        parents = [each for each in node.parents if self.world.nodes.get(each) is not None]
        shortcut = {"targetId": node.target, "targetMimeType": node.target_mime} if node.target else {}
        optional = {
            "parents": parents,
            "md5Checksum": node.md5,
            "size": str(node.size) if node.size is not None else "",
            "driveId": node.drive,
            "shortcutDetails": shortcut,
        }
        return {
            "kind": "drive#file",
            "id": node.id,
            "name": node.name,
            "mimeType": node.mime,
            "trashed": self.world.nodes.is_trashed(node),
            "explicitlyTrashed": node.trashed,
            "createdTime": rfc3339(node.created),
            "modifiedTime": rfc3339(node.modified),
            **{name: value for name, value in optional.items() if value},
        }


#: Paths with the method's name in Google's description, the type of the answer, and who makes it.
_ROUTES: tuple[tuple[str, str, str, Handler], ...] = (
    ("about", "about.get", "About", Rest.about),
    ("changes/startPageToken", "changes.getStartPageToken", "StartPageToken", Rest.start),
    ("changes", "changes.list", "ChangeList", Rest.changes),
    ("files", "files.list", "FileList", Rest.files),
    ("files/([^/]+)", "files.get", "File", Rest.file),
    ("drives", "drives.list", "DriveList", Rest.drives),
)


def known(path: str) -> bool:
    """Tell whether there is such a request."""
    return path.startswith(_BASE) and any(re.fullmatch(each[0], path.removeprefix(_BASE)) for each in _ROUTES)


def _check(request: Request, collection: str, method: str) -> None:
    """Fail for a parameter that Google's description does not have."""
    document = description()
    parameters = document["resources"][collection]["methods"][method].get("parameters", {})
    strangers = {name for name, _ in request.query} - parameters.keys() - document["parameters"].keys()
    assert not strangers, f"{collection}.{method} has no {strangers}"
    for name, value in parameters.items():
        assert not value.get("required") or value["location"] != "query" or request.has(name), f"{name} is required"


def _drive(drive_id: str, name: str) -> dict[str, Any]:
    return {"kind": "drive#drive", "id": drive_id, "name": name}


def _yes(request: Request, name: str) -> bool:
    return request.arg(name).lower() == "true"


def _size(request: Request, default: int) -> int:
    text = request.arg("pageSize") or str(default)
    if not text.isdigit() or not int(text):
        raise bad_parameter("pageSize", "Invalid value. Values must be within the range: [1, 1000]", "invalidParameter")
    return min(int(text), _MOST)
