"""The settings as the other rooms see them: checked, converted, frozen."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from autoscan.model.watching import Topic

#: The password in plex_autoscan's sample configuration: everybody knows it.
SAMPLE_PASS = "9c4b81fe234e4d6eb9011cefe514d915"  # noqa: S105 - public, and named here to be refused

#: First path segments of the web's own routes, which a password must not equal.
ROUTE_NAMES = frozenset(
    {"api", "health", "triggers", "static", "ready", "metrics", "login", "logout", "favicon.ico", "manual"}
    | {"bootstrap", "queue", "scans", "history", "servers", "events", "explain", "settings"}
)


class Secret:
    """A text that prints as `***` wherever it ends up; `reveal` is the one way to it.

    It is no `str`, so that the type checker sees every place that would send or print it.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the text itself."""
        return self._value

    def __str__(self) -> str:
        return "***"

    def __repr__(self) -> str:
        return "Secret('***')"

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaServer:
    """One Plex, Jellyfin or Emby server."""

    #: Unique among the servers.
    name: str
    type: Literal["plex", "jellyfin", "emby"]
    #: `http(s)://host[:port][/base]`, without a trailing slash.
    url: str
    token: Secret
    #: {path at the server: [paths as Autoscan has them after `SERVER_PATH_MAPPINGS`]}.
    path_mappings: Mapping[str, tuple[str, ...]]
    #: True, False, or the path of a file with certificates.
    verify_tls: bool | str
    #: Seconds for one request.
    timeout: float
    #: Look into it until it shows the file.
    verify: bool = True
    #: Its whole library may be scanned as the last resort.
    escalate_to_library: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSettings:
    """What is special about one source of webhooks."""

    path_mappings: Mapping[str, tuple[str, ...]]
    #: None: `SERVER_SCAN_PRIORITIES` decides.
    priority: int | None
    #: Seconds. None: `SERVER_SCAN_DELAY`.
    scan_delay: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifyTarget:
    """Whom to tell of problems, and of which."""

    #: As Apprise writes it; most of them hold a token.
    url: Secret
    topics: frozenset[Topic]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings; an attribute is the key in lower case, with `_` for the dots of nested keys.

    What each of them means, and its default, stands in `table.py` and in the README.
    """

    server_ip: str
    server_port: int
    server_pass: Secret
    server_allow_manual_scan: bool
    server_max_body_size: int
    media_servers: tuple[MediaServer, ...]
    sources: Mapping[str, SourceSettings]
    server_path_mappings: Mapping[str, tuple[str, ...]]
    server_file_exist_path_mappings: Mapping[str, tuple[str, ...]]
    server_ignore_list: tuple[str, ...]
    #: Cleaned; empty: any path may be asked for by hand.
    allowed_roots: tuple[str, ...]
    server_scan_priorities: Mapping[int, tuple[str, ...]]
    server_scan_delay: int
    server_scan_max_delay: int
    event_retention_days: int
    history_retention_days: int
    server_max_file_checks: int
    server_file_check_delay: int
    server_scan_folder_on_file_exists_exhaustion: bool
    #: {beginning of a path: [files or folders that must exist]}; `""` stands for every path.
    anchors: Mapping[str, tuple[str, ...]]
    mass_missing_limit: int
    #: For the servers, which have it as their own; so has `escalate_to_library`.
    verify: bool
    verify_deadline: int
    verify_visible_deadline: int
    verify_busy_deadline: int
    escalate_to_library: bool

    config_path: Path
    #: None: no log file, the log goes to the standard output only.
    logfile: Path | None
    queue_file: Path
    cache_file: Path
    #: `DEBUG`, `INFO`, `WARNING`, `ERROR` or `CRITICAL`.
    log_level: str
    log_format: Literal["text", "json"]
    tz: str
    #: Where plex_autoscan and 2.x may have left their queue; existing or not.
    old_queue_files: tuple[Path, ...]

    secret_key: Secret | None
    secret_key_fallbacks: tuple[Secret, ...]
    session_cookie_secure: bool
    enable_talisman: bool
    force_https: bool
    #: Networks, as `ipaddress` spells them.
    trusted_proxies: tuple[str, ...]
    #: `""`, or such as `/autoscan`.
    base_path: str
    webhook_secret: Secret | None
    metrics_allowed: tuple[str, ...]
    notify: tuple[NotifyTarget, ...]
    #: Minutes.
    notify_after: int
    #: Names of sources; `*` alone stands for all.
    webhook_require_signature: tuple[str, ...]
    gunicorn_workers: int
    gunicorn_threads: int
    gunicorn_timeout: int
    gunicorn_graceful_timeout: int
    gunicorn_keepalive: int
    gunicorn_max_requests: int
    gunicorn_max_requests_jitter: int
    gunicorn_access_log: bool

    plex_analyze_type: str
    plex_analyze_directory: bool
    plex_fix_mismatched: bool
    plex_fix_mismatched_lang: str
    plex_empty_trash: bool
    plex_empty_trash_max_files: int
    plex_empty_trash_control_files: tuple[str, ...]
    plex_empty_trash_zero_deleted: bool
    plex_check_before_scan: bool
    plex_wait_for_external_scanners: bool
    run_command_before_scan: str
    run_command_after_scan: str
    google_enabled: bool
    google_client_id: str
    google_client_secret: Secret | None
    google_redirect_uri: str
    google_service_account_file: str
    google_service_account_subject: str
    google_api_url: str
    google_allowed_file_paths: tuple[str, ...]
    google_allowed_file_extensions: bool
    google_allowed_file_extensions_list: tuple[str, ...]
    google_allowed_mime_types: bool
    google_allowed_mime_types_list: tuple[str, ...]
    google_poll_interval: int
    google_disable_disk_file_size_check: bool
    google_teamdrive: bool
    google_teamdrives: tuple[str, ...]
    google_drives_my_drive: bool
    google_drives_shared_drives: bool
    google_drives_shared_drives_list: tuple[str, ...]
    google_show_cache_logs: bool
    rclone_binary: str
    rclone_config: str
    rclone_crypt_mappings: Mapping[str, tuple[str, ...]]
    rclone_rc_cache_refresh_enabled: bool
    rclone_rc_cache_refresh_rc_url: Secret | None
    rclone_rc_cache_refresh_rc_user: str
    rclone_rc_cache_refresh_rc_pass: Secret | None
    rclone_rc_cache_refresh_file_exists_to_remote_mappings: Mapping[str, tuple[str, ...]]
    puid: int
    pgid: int

    @property
    def data_dir(self) -> Path:
        """Return the folder of everything that Autoscan keeps."""
        return self.queue_file.parent

    @property
    def store_file(self) -> Path:
        """Return the database's place."""
        return self.data_dir / "autoscan.db"

    @property
    def webhook_sample_pass(self) -> bool:
        """Tell whether the password is the one of the public sample."""
        return self.server_pass.reveal() == SAMPLE_PASS

    def secrets(self) -> tuple[str, ...]:
        """Return every secret value, also as it is spelt in a URL, the longest first: what no log may show."""
        plain = {secret.reveal() for secret in _secrets(self)} - {""}
        return tuple(sorted(plain | {quote(value, safe="") for value in plain}, key=lambda value: (-len(value), value)))


def _secrets(value: Any) -> Iterator[Secret]:
    """Find the secrets by their type, however deep they stand."""
    if isinstance(value, Secret):
        yield value
    elif isinstance(value, Settings | MediaServer | NotifyTarget):
        for each in fields(value):
            yield from _secrets(getattr(value, each.name))
    elif isinstance(value, tuple):
        for item in value:
            yield from _secrets(item)
