"""Build Autoscan once from its settings; nothing is opened, started or asked here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from autoscan.clock import Clock
from autoscan.commands import Command
from autoscan.drive import monitor_build
from autoscan.drive.api import DriveApi
from autoscan.drive.auth import DriveCredentials, client_of
from autoscan.errors import FileCheckError
from autoscan.explain import Explainer, MappingUse, Prober, tables
from autoscan.filecheck import FileChecker
from autoscan.intake import Intake, source_rules
from autoscan.metrics import Slots, folder_of
from autoscan.notify import Notifier
from autoscan.paths import IgnoreList, Mappings, Priorities
from autoscan.presence import Presence, Rules
from autoscan.processor import Afterwards, Dispatcher, Janitor, Lane
from autoscan.processor import Rules as LaneRules
from autoscan.processor.dispatcher import LOOK, LOOK_SELDOM
from autoscan.rclone import CacheRefresher
from autoscan.services import Job, beat, wake
from autoscan.settings import Settings
from autoscan.store import Queue, Store
from autoscan.targets import Target, from_settings
from autoscan.targets.plex import PlexTarget
from autoscan.targets.plex.care import PlexCare, PlexRules
from autoscan.targets.plex.trash import TrashRules
from autoscan.verification import Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Autoscan:
    """Everything a process needs, built and not yet used."""

    settings: Settings
    clock: Clock
    store: Store
    queue: Queue
    intake: Intake
    #: Looks at media for requests; see `prober`.
    _prober: Prober
    #: All of the settings, in clear: what no answer, log or stored event may hold.
    secrets: tuple[str, ...] = field(repr=False)
    #: What processes that serve together count together; of this process alone unless `build` was told otherwise.
    slots: Slots = field(default_factory=lambda: Slots(None))
    #: What was wrong, but not too wrong to start, when the settings were read.
    settings_warnings: tuple[str, ...] = ()
    #: Where each setting comes from, by its name: the `origins` of `Loaded`.
    origins: Mapping[str, str] = field(default_factory=dict)

    def targets(self) -> tuple[Target, ...]:
        """Make a target for each configured server; each has a connection of its own."""
        return from_settings(
            self.settings.media_servers,
            clock=self.clock,
            client_id=self.queue.client_id,
            prefix=lambda name: self.queue.server(name).prefix,
            remember=self.queue.remember,
            heartbeat=beat,
        )

    def drive_api(self) -> DriveApi:
        """Make what asks Google Drive, with the authorisation in the database."""
        client = client_of(self.settings)
        credentials = DriveCredentials(
            client, load=self.queue.drive_credentials, keep_text=self.queue.keep_drive_credentials
        )
        return DriveApi(credentials, api_url=client.api_url, heartbeat=beat)

    def jobs(self, targets: Sequence[Target] = (), *, describe: bool = True) -> tuple[Job, ...]:
        """Make the jobs of the one leader: the dispatcher, a lane for each of `targets` (default: all), the others.

        With `describe` what pages show besides is found out: what each server is, which mappings are used; and people
        are told of problems.
        """
        targets = targets or self.targets()
        checker = FileChecker(clock=self.clock)
        names = [target.name for target in targets]
        presence = _presence(self, checker)
        dispatcher = Dispatcher(
            queue=self.queue,
            presence=presence,
            servers=names,
            clock=self.clock,
            handed_over=wake,
            calm=_calm(self.settings),
        )
        lanes = [
            Lane(
                queue=self.queue,
                target=target,
                clock=self.clock,
                rules=replace(_lane_rules(self, target, checker), describe=describe),
                hold=presence.hold,
            )
            for target in targets
        ]
        after = Command(self.settings.run_command_after_scan)
        known = MappingUse(queue=self.queue, tables=tables(self.settings), clock=self.clock)
        afterwards = Afterwards(queue=self.queue, clock=self.clock, command=after)
        others: tuple[Job, ...] = (afterwards, _janitor(self), *_drive_monitor(self))
        return (dispatcher, *lanes, *others, *((known, *_notifiers(self)) if describe else ()))

    def prober(self) -> Prober:
        """Return what looks at media for requests: one for the process, not started before the first question."""
        return self._prober

    def explainer(self) -> Explainer:
        """Make what explains paths."""
        return Explainer(
            settings=self.settings, queue=self.queue, intake=self.intake, prober=self._prober, clock=self.clock
        )

    def close(self) -> None:
        """Close what requests have opened: the helpers that look at media, the database."""
        self._prober.close()
        self.store.dispose()

    def recover(self) -> None:
        """Begin a new leader's term: bring the database up to date, and take up what the last leader left."""
        self.store.prepare()
        self.queue.count("leader_changes")
        self.queue.recover()
        for about in ("held:", "media:", "drive:"):
            self.queue.forget_warnings(about)
        if not self.settings.google_enabled:
            self.queue.watch_drives([])
        configured = [server.name for server in self.settings.media_servers]
        if configured:
            # With none at all, a mislaid variable is likelier than a farewell to every server.
            self.queue.retire(configured)

    def warnings(self) -> tuple[str, ...]:
        """Return every warning that lasts until the operator does something about it."""
        no_servers = () if self.settings.media_servers else (NO_SERVERS,)
        drive = monitor_build.warnings(self.settings)
        return (*self.settings_warnings, *no_servers, *drive, *self.store.warnings, *self.queue.warnings())


NO_SERVERS = (
    "no media server is configured: webhooks are taken and kept; set PLEX_TOKEN, JELLYFIN_API_KEY or MEDIA_SERVERS"
)


def build(
    settings: Settings,
    clock: Clock,
    *,
    warnings: tuple[str, ...] = (),
    origins: Mapping[str, str] | None = None,
    shared: bool = False,
) -> Autoscan:
    """Build everything that takes in, stores and shows scans; `warnings` and `origins` are those of `Loaded`.

    With `shared` it counts together with the other processes that serve the same database.
    """
    store = Store(settings.store_file, clock, old_queues=settings.old_queue_files)
    queue = Queue(store)
    return Autoscan(
        settings=settings,
        clock=clock,
        store=store,
        queue=queue,
        intake=_intake(settings, queue, clock),
        _prober=Prober(clock),
        secrets=settings.secrets(),
        settings_warnings=warnings,
        origins=origins or {},
        slots=Slots(folder_of(settings.store_file) if shared else None),
    )


def _intake(settings: Settings, queue: Queue, clock: Clock) -> Intake:
    return Intake(
        queue=queue,
        mappings=Mappings.from_config(settings.server_path_mappings),
        ignore=IgnoreList(settings.server_ignore_list),
        priorities=Priorities(settings.server_scan_priorities),
        sources=source_rules(settings.sources),
        delay=settings.server_scan_delay,
        max_delay=settings.server_scan_max_delay,
        clock=clock,
    )


def _drive_monitor(autoscan: Autoscan) -> tuple[Job, ...]:
    if not autoscan.settings.google_enabled:
        return ()
    monitor = monitor_build.build(
        autoscan.settings,
        api=autoscan.drive_api(),
        queue=autoscan.queue,
        intake=autoscan.intake,
        clock=autoscan.clock,
        heartbeat=beat,
    )
    return (monitor,)


def _calm(settings: Settings) -> float:
    """Return how often to look for scans that are due: a new one is not, before its delay is over."""
    own = (source.scan_delay for source in settings.sources.values() if source.scan_delay is not None)
    return LOOK_SELDOM if min([settings.server_scan_delay, *own]) >= LOOK_SELDOM else LOOK


def _presence(autoscan: Autoscan, checker: FileChecker) -> Presence:
    settings = autoscan.settings
    tables = [settings.server_path_mappings, *(source.path_mappings for source in settings.sources.values())]
    return Presence(
        checker=checker,
        mappings=Mappings.from_config(settings.server_file_exist_path_mappings),
        known_roots=[to for table in tables for to in table],
        rules=Rules(
            max_checks=settings.server_max_file_checks,
            delay=settings.server_file_check_delay,
            folder_on_exhaustion=settings.server_scan_folder_on_file_exists_exhaustion,
        ),
        roots=autoscan.queue,
        clock=autoscan.clock,
        warn=autoscan.queue.warn,
        anchors=settings.anchors,
        mass_limit=settings.mass_missing_limit,
        on_missing=_refresher(settings, autoscan.clock).refresh if settings.rclone_rc_cache_refresh_enabled else None,
    )


def _refresher(settings: Settings, clock: Clock) -> CacheRefresher:
    return CacheRefresher(
        settings.rclone_rc_cache_refresh_rc_url or "",
        settings.rclone_rc_cache_refresh_file_exists_to_remote_mappings,
        user=settings.rclone_rc_cache_refresh_rc_user,
        password=settings.rclone_rc_cache_refresh_rc_pass,
        clock=clock,
        heartbeat=beat,
    )


def _lane_rules(autoscan: Autoscan, target: Target, checker: FileChecker) -> LaneRules:
    settings = autoscan.settings
    server = next(each for each in settings.media_servers if each.name == target.name)
    care = PlexCare(target, _plex_rules(settings, checker), autoscan.clock) if isinstance(target, PlexTarget) else None
    return LaneRules(
        verify=server.verify,
        escalate=server.escalate_to_library,
        limits=Limits(
            whole=settings.verify_deadline,
            visible=settings.verify_visible_deadline,
            busy=settings.verify_busy_deadline,
        ),
        check_first=care is not None and settings.plex_check_before_scan,
        wait_for_idle=care is not None and settings.plex_wait_for_external_scanners,
        before=Command(settings.run_command_before_scan),
        care=care,
    )


def _plex_rules(settings: Settings, checker: FileChecker) -> PlexRules:
    trash = TrashRules(
        max_files=settings.plex_empty_trash_max_files,
        zero_deleted=settings.plex_empty_trash_zero_deleted,
        missing_control_files=lambda: _missing(checker, settings.plex_empty_trash_control_files),
    )
    return PlexRules(
        analyze=settings.plex_analyze_type,
        analyze_directory=settings.plex_analyze_directory,
        fix_mismatched=settings.plex_fix_mismatched,
        language=settings.plex_fix_mismatched_lang,
        trash=trash if settings.plex_empty_trash else None,
    )


def _missing(checker: FileChecker, files: Sequence[str]) -> list[str]:
    """Return those of `files` that are not there, or cannot be looked at."""
    try:
        return [path for path, look in checker.look(files).items() if not look.exists]
    except FileCheckError:
        return list(files)


def _janitor(autoscan: Autoscan) -> Janitor:
    return Janitor(
        queue=autoscan.queue,
        clock=autoscan.clock,
        event_days=autoscan.settings.event_retention_days,
        history_days=autoscan.settings.history_retention_days,
    )


def _notifiers(autoscan: Autoscan) -> tuple[Job, ...]:
    """Return the job that tells people of problems, where there is anybody to tell."""
    settings = autoscan.settings
    if not settings.notify:
        return ()
    return (
        Notifier(
            queue=autoscan.queue,
            clock=autoscan.clock,
            targets=settings.notify,
            servers=[server.name for server in settings.media_servers],
            patience=timedelta(minutes=settings.notify_after),
        ),
    )
