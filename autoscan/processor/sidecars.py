"""After the scan: the items that sidecars (subtitles, nfo files, artwork) belong to are read anew, once."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from autoscan import paths, verification
from autoscan.errors import TargetError
from autoscan.model import Ask, DeliveryState, Finding, Sighting
from autoscan.processor.server import Server
from autoscan.targets.values import Library


def with_owners_refreshed(ask: Ask, library: Library, server: Server) -> Ask:
    """Return `ask` with what was refreshed in its findings; for when it ends: no look misses the requests any more.

    A scan alone leaves the item of a new subtitle as it was. That no item is found, or the server will not, changes
    nothing of how the ask ends.
    """
    for together in _by_folder(ask.findings):
        if verification.is_spent(ask):
            break
        before = server.target.session.exchanges
        try:
            done = server.refresh_owners(library, together)
        except TargetError:
            done = {}
        spent = server.target.session.exchanges - before
        findings = tuple(_with(each, done) for each in ask.findings)
        ask = replace(ask, findings=findings, requests=ask.requests + spent)
    return ask


def _by_folder(findings: Sequence[Finding]) -> list[list[str]]:
    """Return the paths of the sidecars, those that are gone too, by their folders."""
    folders: dict[str, list[str]] = {}
    for each in findings:
        if _is_due(each):
            folders.setdefault(paths.parent(each.path), []).append(each.path)
    return list(folders.values())


def _is_due(finding: Finding) -> bool:
    scanned = finding.result in {DeliveryState.DONE_UNVERIFIABLE, DeliveryState.VERIFIED_ABSENT}
    return scanned and paths.is_sidecar(finding.path)


def _with(finding: Finding, done: Mapping[str, Sighting]) -> Finding:
    owner = done.get(finding.path)
    if owner is None or not _is_due(finding):
        return finding
    if finding.result is DeliveryState.VERIFIED_ABSENT:
        return replace(finding, saw=f"{finding.saw}; {owner.saw}")
    return replace(finding, saw=f"scanned; {owner.saw}", evidence=owner.evidence)
