"""Answers as they look, for the document; a test holds them to their schemas."""

from typing import Any

_PATH = "/tv/Severance/Season 02/Severance S02E03.mkv"
_FOLDER = "/tv/Severance/Season 02"
_ASKED, _DUE, _HANDED, _SEEN = (
    "2026-01-01T12:00:00.000Z",
    "2026-01-01T12:02:00.000Z",
    "2026-01-01T12:02:01.250Z",
    "2026-01-01T12:02:43.000Z",
)

_DELIVERY: dict[str, Any] = {
    "id": 9001,
    "server": "plex",
    "state": "verified",
    "stage": "ended",
    "attempts": 0,
    "error": "",
    "evidence": "Severance S02E03.mkv verified by P1 (the newest items): listed",
    "created_at": _HANDED,
    "next_try_at": _HANDED,
    "ended_at": _SEEN,
    "first_asked_at": _HANDED,
    "visible_after": 163.0,
}

SCAN: dict[str, Any] = {
    "id": 4711,
    "folder": _FOLDER,
    "state": "done",
    "stage": "ended",
    "priority": 0,
    "source": "sonarr",
    "requested_at": _ASKED,
    "due_at": _DUE,
    "ended_at": _SEEN,
    "code": "",
    "reason": "",
    "deliveries": [_DELIVERY],
}

SCANS = {"scans": [SCAN], "next": ""}

_EVENT: dict[str, Any] = {
    "id": 815,
    "at": _ASKED,
    "source": "sonarr",
    "app": "sonarr",
    "type": "Download",
    "note": "",
    "known": True,
    "request_id": "5f0c2a9d31be",
    "paths": [
        {
            "path": _PATH,
            "mapped": _PATH,
            "kind": "file",
            "change": "added",
            "outcome": "queued",
            "detail": "",
            "folder": _FOLDER,
            "scan_id": 4711,
        }
    ],
    "path_count": 1,
}

EVENTS = {"events": [_EVENT], "next": ""}
ONE_EVENT = _EVENT | {"body": {"eventType": "Download", "series": {"title": "Severance"}}}

_FINDING = {"path": _PATH, "result": "verified", "evidence": "P1", "saw": "listed", "at": _SEEN}

ONE_SCAN = SCAN | {
    "whole": False,
    "checks": 0,
    "expectations": [{"path": _PATH, "kind": "file", "change": "added", "size": 2147483648}],
    "transitions": [
        {"at": _ASKED, "server": "", "old": "", "new": "waiting", "reason": "", "request_id": "5f0c2a9d31be"}
    ],
    "events": [_EVENT],
    "deliveries": [
        _DELIVERY
        | {
            "asks": [
                {
                    "library_id": "2",
                    "folder": _FOLDER,
                    "phase": "looking",
                    "level": "folder",
                    "scope": _FOLDER,
                    "scans": 1,
                    "looks": 2,
                    "requests": 5,
                    "due_at": _SEEN,
                    "result": "verified",
                    "evidence": "Severance S02E03.mkv verified by P1 (the newest items): listed",
                    "findings": [_FINDING],
                }
            ]
        }
    ],
}

CREATED = {
    "event_id": 815,
    "paths": [
        {
            "path": _PATH,
            "mapped": _PATH,
            "folder": _FOLDER,
            "outcome": "queued",
            "detail": "",
            "scan_id": 4711,
            "due_at": _DUE,
        }
    ],
}

SERVER: dict[str, Any] = {
    "name": "plex",
    "type": "plex",
    "state": "ok",
    "reason": "",
    "since": None,
    "next_probe_at": None,
    "held_by": "",
    "waiting": 0,
    "version": "1.41.3.9314",
    "calls_itself": "den",
    "told_at": _ASKED,
    "libraries": [{"id": "2", "title": "TV", "type": "show", "roots": ["/tv"]}],
}

SERVERS = {"servers": [SERVER]}

_RULE = {"setting": "SERVER_PATH_MAPPINGS", "source": "/downloads/tv", "to": "/tv"}

EXPLANATION: dict[str, Any] = {
    "path": "/downloads/tv/Severance/Season 02/Severance S02E03.mkv",
    "source": "sonarr",
    "mapped": _PATH,
    "rule": _RULE,
    "ignored_by": "",
    "kind": "file",
    "folder": _FOLDER,
    "whole": False,
    "priority": 0,
    "delay": 120,
    "local": _PATH,
    "exists": True,
    "joins": None,
    "servers": [
        {
            "server": "plex",
            "type": "plex",
            "path": _PATH,
            "folder": _FOLDER,
            "rule": None,
            "libraries": [{"id": "2", "title": "TV", "type": "show", "root": "/tv"}],
            "state": "ok",
            "about": "",
            "held_since": None,
            "next_probe_at": None,
            "problem": "",
            "offer": None,
            "told_at": _ASKED,
            "live": False,
        }
    ],
}

INDEX = {"name": "Autoscan", "version": "3.0.0", "openapi": "/api/v1/openapi.json"}

STATS: dict[str, Any] = {
    "scans": {
        "waiting": 1,
        "checking": 0,
        "delivering": 2,
        "done": 1800,
        "failed": 3,
        "absorbed": 40,
        "cancelled": 1,
    },
    "open": 3,
    "oldest_open": _ASKED,
    "chart": [
        {
            "start": _ASKED,
            "seconds": 3600,
            "scans": 12,
            "failed": 0,
            "servers": {"plex": {"ended": 12, "bad": 0, "median_visible": 42.0, "p95_visible": 110.0}},
        }
    ],
}

SETTINGS: dict[str, Any] = {
    "settings": [
        {
            "name": "SERVER_SCAN_DELAY",
            "group": "Waiting, merging, keeping",
            "type": "whole number",
            "value": 120,
            "origin": "config/config.json:12",
            "help": "Seconds to wait after an event before its folder is scanned.",
        }
    ],
    "warnings": [],
}
