"""Ask every media server for what Autoscan relies on."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from autoscan.cli.doctor.findings import Finding, Level, fail, ok, warn
from autoscan.errors import TargetError, TargetUnauthorizedError, TargetUnavailableError
from autoscan.paths import Mappings
from autoscan.targets import Library, Target
from autoscan.targets.values import Check

#: Clocks may differ by so many seconds before anybody hears of it.
CLOCK_SECONDS = 60
_UNREACHABLE = "Start it, and see whether its URL in the settings leads to it from this machine."
_TOKEN = "Write the token of the owner (Plex), or an API key made in the server's dashboard."  # noqa: S105 - advice


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A server as the checks of paths see it."""

    name: str
    mappings: Mappings
    #: None: it did not tell.
    libraries: tuple[Library, ...] | None
    findings: tuple[Finding, ...]


def ask_all(targets: Sequence[Target]) -> list[View]:
    """Ask every server, at the same time: one that does not answer costs its own time-out only."""
    with ThreadPoolExecutor(max_workers=max(len(targets), 1)) as pool:
        return list(pool.map(_ask, targets))


def _ask(target: Target) -> View:
    findings: list[Finding] = []
    libraries: tuple[Library, ...] | None = None
    try:
        findings.extend(_answers(target))
        libraries = target.libraries(fresh=True)
        findings.extend(_libraries(target.name, libraries))
        findings.extend(_checked(target.name, check) for check in target.self_check())
    except TargetError as error:
        findings.append(_trouble(target.name, error))
    return View(name=target.name, mappings=target.mappings, libraries=libraries, findings=tuple(findings))


def _answers(target: Target) -> Iterator[Finding]:
    version = target.info().version
    skew = target.clock_skew()
    yield ok(target.name, "reachable", f"{target.type} {version} answers")
    yield _clock(target.name, skew)
    target.probe()
    yield ok(target.name, "token", "the server takes it")


def _clock(server: str, skew: float | None) -> Finding:
    if skew is None:
        return ok(server, "clock", "the server does not tell its time")
    if abs(skew) < CLOCK_SECONDS:
        return ok(server, "clock", "goes like this machine's")
    text = f"{abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} this machine's"
    return warn(
        server, "clock", text, "Set both clocks over the network (NTP): new items are recognised by their time."
    )


def _libraries(server: str, libraries: Sequence[Library]) -> Iterator[Finding]:
    if libraries:
        titles = ", ".join(f"{library.title} ({', '.join(library.roots) or 'no folder'})" for library in libraries)
        yield ok(server, "libraries", f"{len(libraries)}: {titles}")


def _checked(server: str, check: Check) -> Finding:
    # What a server cannot tell is worth a word only where something can be done about it.
    undecided = Level.WARN if check.advice else Level.OK
    level = {True: Level.OK, False: Level.FAIL, None: undecided}[check.ok]
    return Finding(level=level, about=server, name=check.name, text=check.text, advice=check.advice)


def _trouble(server: str, error: TargetError) -> Finding:
    if isinstance(error, TargetUnauthorizedError):
        return fail(server, "token", str(error), _TOKEN)
    if isinstance(error, TargetUnavailableError):
        return fail(server, "reachable", str(error), _UNREACHABLE)
    return fail(server, "requests", str(error), "Look into the server's own log.")
