"""What `SOURCES` says of each source, as the intake applies it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from autoscan.paths import Mappings
from autoscan.settings import SourceSettings

#: The source whose paths are never this machine's, and the one whose paths begin at the top of a drive.
SCANNED_BY_MAPPING = "google"
FROM_THE_TOP = "a-train"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRules:
    """What `SOURCES` says about one source; None leaves it to the general rule."""

    mappings: Mappings = field(default_factory=Mappings)
    priority: int | None = None
    #: Seconds.
    delay: int | None = None
    #: Tables that come before all others: the first of them that speaks of a path maps it.
    first: tuple[Mappings, ...] = ()
    #: Its paths are no paths of this machine (`My Drive/...`), and are not scanned without a mapping.
    foreign: bool = False


def source_rules(sources: Mapping[str, SourceSettings]) -> dict[str, SourceRules]:
    """Return the rules of `SOURCES`, and of those sources that have rules without being named there.

    A name with a slash (`a-train/<drive id>`) takes what it does not say itself from the name before the slash. Paths
    of A-Train begin at the top of a drive, so that no other table may speak of them first.
    """
    return {SCANNED_BY_MAPPING: SourceRules(foreign=True)} | {name: _rules(name, sources) for name in sources}


def _rules(name: str, sources: Mapping[str, SourceSettings]) -> SourceRules:
    own, above = sources[name], sources.get(family(name)) if "/" in name else None
    lines = [each for each in (own, above) if each is not None]
    tables = tuple(Mappings.from_config(each.path_mappings) for each in lines)
    first = family(name) == FROM_THE_TOP
    return SourceRules(
        mappings=Mappings() if first else tables[0],
        priority=next((each.priority for each in lines if each.priority is not None), None),
        delay=next((each.scan_delay for each in lines if each.scan_delay is not None), None),
        first=tables if first else (),
        foreign=name == SCANNED_BY_MAPPING,
    )


def family(source: str) -> str:
    """Return what stands before the slash of a source's name."""
    return source.partition("/")[0]
