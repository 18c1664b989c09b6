"""After the scan: the items that sidecars (subtitles, nfo files, artwork) belong to are read anew, once.

A sidecar is named itself, or the file beside which one came (`Hints.read_anew`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from autoscan import paths
from autoscan.errors import TargetError
from autoscan.model import Ask, DeliveryState, Finding, Sighting
from autoscan.processor.server import Server
from autoscan.targets.values import Library
from autoscan.verification import budget


def with_owners_refreshed(ask: Ask, library: Library, server: Server) -> Ask:
    """Return `ask` with what was refreshed in its findings; for when it ends: no look misses the requests any more.

    A scan alone leaves the item of a new subtitle as it was. That no item is found, or the server will not, changes
    nothing of how the ask ends.
    """
    anew = frozenset(each.path for each in server.expected(ask) if each.hints.read_anew)
    for together in _by_folder(ask.findings, anew):
        if budget.is_spent(ask):
            break
        before = server.target.session.exchanges
        try:
            done = server.refresh_owners(library, together)
        except TargetError:
            done = {}
        spent = server.target.session.exchanges - before
        findings = tuple(_with(each, done, anew) for each in ask.findings)
        ask = replace(ask, findings=findings, requests=ask.requests + spent)
    return ask


def _by_folder(findings: Sequence[Finding], anew: frozenset[str]) -> list[list[str]]:
    """Return the paths of the sidecars, those that are gone too, by their folders."""
    folders: dict[str, dict[str, None]] = {}
    for each in findings:
        if _is_due(each, anew):
            folders.setdefault(paths.parent(each.path), {})[_sidecar(each.path)] = None
    return [list(sidecars) for sidecars in folders.values()]


def _sidecar(path: str) -> str:
    """Return `path` if it is a sidecar; of any other file, what a subtitle of it could be called."""
    return path if paths.is_sidecar(path) else f"{path.rpartition('.')[0]}.srt"


def _is_due(finding: Finding, anew: frozenset[str]) -> bool:
    if finding.path in anew and finding.result is DeliveryState.VERIFIED:
        return True
    scanned = finding.result in {DeliveryState.DONE_UNVERIFIABLE, DeliveryState.VERIFIED_ABSENT}
    return scanned and paths.is_sidecar(finding.path)


def _with(finding: Finding, done: Mapping[str, Sighting], anew: frozenset[str]) -> Finding:
    owner = done.get(_sidecar(finding.path))
    if owner is None or not _is_due(finding, anew):
        return finding
    if finding.result is not DeliveryState.DONE_UNVERIFIABLE:
        return replace(finding, saw=f"{finding.saw}; {owner.saw}")
    return replace(finding, saw=f"scanned; {owner.saw}", evidence=owner.evidence)
