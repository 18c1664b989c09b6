"""The routes that simulated Jellyfin and Emby answer alike."""

import json
import os
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from tests.servers.answering import Handler
from tests.servers.knobs import Library
from tests.servers.mb import MediaBrowser, json_reply
from tests.servers.mb_items import MEDIA_TYPES, Item
from tests.servers.spec import Match
from tests.servers.view import Entry, tidy
from tests.servers.wire import Request, Response

_TASK_ID = "7738148ffcd07979c7ceb148e06b3aed"


def iso(moment: float) -> str:
    """Return a time as .NET writes it."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f0Z")


def body_of(request: Request) -> Any:
    """Return the JSON body, or None if it is none."""
    try:
        return json.loads(request.body)
    except ValueError:
        return None


class MediaBrowserApi(MediaBrowser):
    """Handlers by route; what differs between the products is in their own modules."""

    def routes(self) -> Mapping[str, Handler]:
        return {
            "GET /System/Ping": self._ping,
            "POST /System/Ping": self._ping,
            "GET /System/Info/Public": self._info_public,
            "GET /System/Info": self._info,
            "GET /System/Configuration": self._configuration,
            "GET /Library/VirtualFolders": self._virtual_folders,
            "GET /Library/PhysicalPaths": self._physical_paths,
            "GET /ScheduledTasks": self._tasks,
            "POST /Environment/ValidatePath": self._validate_path,
            "GET /Environment/DirectoryContents": self._directory,
            "POST /Library/Media/Updated": self._updated,
            "POST /Library/Refresh": self._full_scan,
            "DELETE /Items": self._refuse,
        }

    def done(self) -> Response:
        """Return the answer to a POST that worked."""
        return Response(status=204)

    def missing(self) -> Response:
        """Return the answer for an id or path that is not there."""
        return Response(status=404)

    # ----- the server

    def _ping(self, request: Request, args: tuple[str, ...]) -> Response:
        return json_reply(f"{self.product.capitalize()} Server")

    def public_info(self) -> dict[str, Any]:
        """Return who the server is."""
        return {
            "LocalAddress": self.url,
            "ServerName": f"Simulated {self.product.capitalize()}",
            "Version": self.knobs.version,
            "Id": self.server_id(),
        }

    def server_id(self) -> str:
        """Return the server's own id."""
        return f"{self.product:0<32}".encode().hex()[:32]

    def configuration(self) -> dict[str, Any]:
        """Return the settings that a caller needs to know."""
        raise NotImplementedError

    def _info_public(self, request: Request, args: tuple[str, ...]) -> Response:
        return json_reply(self.public_info())

    def _info(self, request: Request, args: tuple[str, ...]) -> Response:
        return json_reply({**self.public_info(), "HasPendingRestart": False, "IsShuttingDown": False})

    def _configuration(self, request: Request, args: tuple[str, ...]) -> Response:
        return json_reply(self.configuration())

    # ----- libraries

    def virtual_folder(self, library: Library) -> dict[str, Any]:
        """Return a library with its state: `Queued` shows only where the library itself waits."""
        top, status, progress = self.top(library), "Idle", None
        current = self.worker.current
        if current is not None and self._covers_root(current.tag, library):
            status, progress = "Active", current.progress
        elif any(job.tag == top.id for job in self.worker.waiting):
            status = "Queued"
        return {
            "Name": library.title,
            "Locations": list(library.roots),
            "CollectionType": self.collection_type(library),
            "LibraryOptions": {"EnableRealtimeMonitor": self.knobs.realtime_monitor},
            "ItemId": top.id,
            "RefreshProgress": progress,
            "RefreshStatus": status,
        }

    def _covers_root(self, tag: str, library: Library) -> bool:
        top = self.top(library)
        return tag in ("full", top.id, *(child.id for child in top.children.values()))

    def _virtual_folders(self, request: Request, args: tuple[str, ...]) -> Response:
        return json_reply([self.virtual_folder(library) for library in self.libraries])

    def _physical_paths(self, request: Request, args: tuple[str, ...]) -> Response:
        return json_reply([root for library in self.libraries for root in library.roots])

    def _tasks(self, request: Request, args: tuple[str, ...]) -> Response:
        running = self.worker.current is not None and self.worker.current.tag == "full"
        task: dict[str, Any] = {
            "Name": "Scan Media Library",
            "State": "Running" if running else "Idle",
            "Id": _TASK_ID,
            "Key": "RefreshLibrary",
            "Category": "Library",
            "IsHidden": False,
            "Triggers": [],
        }
        if running and self.worker.current:
            task["CurrentProgressPercentage"] = self.worker.current.progress
        ended = [job for job in self.worker.jobs if job.tag == "full" and job.finished_at is not None]
        if ended:
            last = ended[-1]
            times = {"StartTimeUtc": iso(last.started_at or last.asked_at), "EndTimeUtc": iso(last.finished_at or 0)}
            task["LastExecutionResult"] = {**times, "Status": "Completed", "Key": "RefreshLibrary"}
        return json_reply([task])

    # ----- the disk

    def asked_path(self, request: Request) -> tuple[str | None, Any]:
        """Return path and `IsFile` of a `ValidatePath`."""
        raise NotImplementedError

    def _validate_path(self, request: Request, args: tuple[str, ...]) -> Response:
        path, is_file = self.asked_path(request)
        if not path:
            return Response(status=400)
        entry = self.view.look(tidy(path))
        fits = entry is not None and (is_file is None or is_file is not entry.is_dir)
        return self.done() if fits else self.missing()

    def _directory(self, request: Request, args: tuple[str, ...]) -> Response:
        entries = self.view.entries(tidy(request.arg("path")))
        if entries is None:
            return self.missing() if self.product == "emby" else Response(status=500, body=b"Error processing request.")
        wanted = (entry for entry in entries if self._is_wanted(entry, request))
        kinds = {True: "Directory", False: "File"}
        return json_reply([{"Name": one.name, "Path": one.path, "Type": kinds[one.is_dir]} for one in wanted])

    def _is_wanted(self, entry: Entry, request: Request) -> bool:
        name = "includeDirectories" if entry.is_dir else "includeFiles"
        return request.arg(name).lower() == "true"

    # ----- scans

    #: The keys of the body of a `ValidatePath`.
    path_keys: frozenset[str]

    def strict(self, request: Request, match: Match) -> list[str]:
        body = body_of(request)
        if match.route.name == "POST /Library/Media/Updated":
            problems = _wrong_updates(body)
        elif match.route.name == "POST /Environment/ValidatePath":
            keys = set(body) if isinstance(body, Mapping) else {"no object"}
            problems = [f"unknown key {key}" for key in sorted(keys - self.path_keys)]
        else:
            return ["the body is no JSON"] if request.body and body is None else []
        labelled = "json" in request.headers.get("content-type", "")
        return problems if labelled else [*problems, "the body is not labelled JSON"]

    def _updated(self, request: Request, args: tuple[str, ...]) -> Response:
        updates = _updates(body_of(request))
        paths = [update.get("Path") for update in updates or [] if isinstance(update, Mapping)]
        if updates is None or len(paths) < len(updates) or not all(isinstance(path, str) and path for path in paths):
            self.violations.append(f"Media/Updated without a path: {request.body!r}")
            return Response(status=400)
        for path in paths:
            self.report(str(path), self.now())
        return self.done()

    def _full_scan(self, request: Request, args: tuple[str, ...]) -> Response:
        self.full_scan(request.wall)
        return self.done()

    def _refuse(self, request: Request, args: tuple[str, ...]) -> Response:
        """Answer a DELETE without doing it: it is a violation already, and the media stays."""
        return self.done()

    def refresh_item(self, request: Request, item_id: str, *, probe: bool) -> Response:
        """Queue the refresh of an item by id."""
        item = self.database.by_id.get(item_id)
        if item is None:
            return self.missing()
        self.queue(item, wall=request.wall, probe=probe)
        return self.done()

    # ----- items

    def dto(self, item: Item, fields: Iterable[str]) -> dict[str, Any]:
        """Return an item as the API shows it; `Path` and `MediaSources` only where asked for."""
        wanted = {field.lower() for field in fields}
        shown: dict[str, Any] = {
            "Name": item.name,
            "ServerId": self.server_id(),
            "Id": item.id,
            "IsFolder": item.is_folder,
            "Type": item.kind,
            "LocationType": "FileSystem",
        }
        if not item.is_folder:
            shown["MediaType"] = MEDIA_TYPES.get(item.kind, "Video")
        if not item.is_folder and item.probed:
            shown["RunTimeTicks"] = 25_000_000_000
        extra: dict[str, Callable[[], dict[str, Any]]] = {
            "path": lambda: {"Path": item.path},
            "datecreated": lambda: {"DateCreated": iso(item.mtime or item.created_at)},
            "parentid": lambda: {"ParentId": item.parent.id if item.parent else None},
            "mediasources": lambda: {} if item.is_folder else {"MediaSources": self._sources(item)},
            "mediastreams": lambda: {} if item.is_folder else {"MediaStreams": self._streams(item)},
        }
        for name in extra.keys() & wanted:
            shown.update(extra[name]())
        return shown

    def _sources(self, item: Item) -> list[dict[str, Any]]:
        return [self._source(one) for one in (item, *item.versions)]

    def _source(self, item: Item) -> dict[str, Any]:
        source: dict[str, Any] = {
            "Id": item.id,
            "Path": self._source_path(item),
            "Protocol": "File",
            "Type": "Default",
            "Name": item.name,
        }
        if item.probed:
            source |= {"Size": item.size, "RunTimeTicks": 25_000_000_000}
        return {**source, "MediaStreams": self._streams(item)}

    def _source_path(self, item: Item) -> str:
        real = self.view.real(item.path)
        if not self.knobs.symlink_resolve or real is None or not real.is_symlink():
            return item.path
        return os.path.realpath(real)

    def _streams(self, item: Item) -> list[dict[str, Any]]:
        return [{"Type": "Video", "Index": 0, "Codec": "h264", "IsExternal": False}] if item.probed else []


def _updates(body: Any) -> list[Any] | None:
    updates = body.get("Updates") if isinstance(body, Mapping) else None
    return updates if isinstance(updates, list) else None


def _wrong_updates(body: Any) -> list[str]:
    updates = [update for update in _updates(body) or [] if isinstance(update, Mapping)]
    if not updates:
        return ["the body is no {Updates: [{Path, UpdateType}]}"]
    wrong = {update.get("UpdateType") for update in updates} - {"Created", "Modified", "Deleted"}
    unknown = {key for update in updates for key in update} - {"Path", "UpdateType"}
    return [f"UpdateType is {kind!r}" for kind in wrong] + [f"unknown key {key}" for key in sorted(unknown)]
