"""Build Autoscan once from its settings; nothing is opened, started or asked here."""

from dataclasses import dataclass

from autoscan.clock import Clock
from autoscan.filecheck import FileChecker
from autoscan.intake import Intake, SourceRules
from autoscan.paths import IgnoreList, Mappings, Priorities
from autoscan.presence import Presence, Rules
from autoscan.processor import Dispatcher, Janitor, Lane
from autoscan.services import Job, beat
from autoscan.settings import Settings
from autoscan.store import Queue, Store
from autoscan.targets import Target, from_settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Autoscan:
    """Everything a process needs, built and not yet used."""

    settings: Settings
    clock: Clock
    store: Store
    queue: Queue
    intake: Intake
    #: What was wrong, but not too wrong to start, when the settings were read.
    settings_warnings: tuple[str, ...] = ()

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

    def jobs(self) -> tuple[Job, ...]:
        """Make the jobs of the one leader: the dispatcher, a lane for each server, the janitor."""
        targets = self.targets()
        dispatcher = Dispatcher(queue=self.queue, presence=_presence(self), servers=[target.name for target in targets])
        lanes = [Lane(queue=self.queue, target=target, clock=self.clock) for target in targets]
        return (dispatcher, *lanes, _janitor(self))

    def recover(self) -> None:
        """Begin a new leader's term: bring the database up to date, and take up what the last leader left."""
        self.store.prepare()
        self.queue.recover()
        configured = [server.name for server in self.settings.media_servers]
        if configured:
            # With none at all, a mislaid variable is likelier than a farewell to every server.
            self.queue.retire(configured)

    def warnings(self) -> tuple[str, ...]:
        """Return every warning that lasts until the operator does something about it."""
        no_servers = () if self.settings.media_servers else (NO_SERVERS,)
        return (*self.settings_warnings, *no_servers, *self.store.warnings, *self.queue.warnings())


NO_SERVERS = (
    "no media server is configured: webhooks are taken and kept; set PLEX_TOKEN, JELLYFIN_API_KEY or MEDIA_SERVERS"
)


def build(settings: Settings, clock: Clock, *, warnings: tuple[str, ...] = ()) -> Autoscan:
    """Build everything that takes in, stores and shows scans."""
    store = Store(settings.store_file, clock, old_queues=settings.old_queue_files)
    queue = Queue(store)
    return Autoscan(
        settings=settings,
        clock=clock,
        store=store,
        queue=queue,
        intake=_intake(settings, queue, clock),
        settings_warnings=warnings,
    )


def _intake(settings: Settings, queue: Queue, clock: Clock) -> Intake:
    return Intake(
        queue=queue,
        mappings=Mappings.from_config(settings.server_path_mappings),
        ignore=IgnoreList(settings.server_ignore_list),
        priorities=Priorities(settings.server_scan_priorities),
        sources={
            name: SourceRules(
                mappings=Mappings.from_config(source.path_mappings),
                priority=source.priority,
                delay=source.scan_delay,
            )
            for name, source in settings.sources.items()
        },
        delay=settings.server_scan_delay,
        max_delay=settings.server_scan_max_delay,
        clock=clock,
    )


def _presence(autoscan: Autoscan) -> Presence:
    settings = autoscan.settings
    tables = [settings.server_path_mappings, *(source.path_mappings for source in settings.sources.values())]
    return Presence(
        checker=FileChecker(clock=autoscan.clock),
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
    )


def _janitor(autoscan: Autoscan) -> Janitor:
    return Janitor(
        queue=autoscan.queue,
        clock=autoscan.clock,
        event_days=autoscan.settings.event_retention_days,
        history_days=autoscan.settings.history_retention_days,
    )
