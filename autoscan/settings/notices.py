"""What the log says once at the start: keys that do nothing, or that nobody knows."""

from collections.abc import Iterable, Iterator

from autoscan.settings.convert import SOURCE_KEYS, yes_no
from autoscan.settings.layers import Layer, known
from autoscan.settings.reading import Reading
from autoscan.settings.servers import SERVER_KEYS
from autoscan.settings.setting import Setting, Status, Type
from autoscan.settings.spot import Spot, WrongError, inner, nearest, shown, unknown
from autoscan.settings.table import DEFINITIONS, GROUPS, names

#: How like a known name a stranger in `.env` must be to be taken for it: other programs' variables stand there, too.
_VERY_LIKE = 0.85


def notices(found: Reading) -> Iterator[str]:
    """Yield all of these warnings."""
    yield from _obsolete(found.layers)
    yield from _outdone(found.layers)
    yield from _misspelt(found.dotenv)
    if found.whole is not None:
        yield from _all_strangers(found.whole)
        yield from _doubles(found.whole)


def _obsolete(layers: Iterable[Layer]) -> Iterator[str]:
    """Yield one warning for each reason why keys that someone set do nothing."""
    reasons: dict[tuple[str, str], list[Spot]] = {}
    for setting in DEFINITIONS:
        for spot in _written(setting, layers):
            if not _silent(setting, spot):
                reasons.setdefault((spot.label, setting.help), []).append(spot)
    for (label, reason), spots in reasons.items():
        if len(spots) == 1:
            yield f"{spots[0].where}: {spots[0].name}: has no effect: {reason}."
        else:
            places = ", ".join(f"{spot.name} (line {spot.node.line})" if spot.lined else spot.name for spot in spots)
            yield f"{label}: {places}: have no effect: {reason}."


def _written(setting: Setting, layers: Iterable[Layer]) -> Iterator[Spot]:
    """Yield where an obsolete setting stands, in the first layer that has it."""
    if setting.status is not Status.OBSOLETE:
        return
    for layer in layers:
        spot = inner(layer.spots.get(setting.top), setting.name)
        if spot is not None and not (layer.textual and (spot.blank or setting.nested)):
            yield spot
            return


def _silent(setting: Setting, spot: Spot) -> bool:
    try:
        return bool(setting.silent) and yes_no(spot) in setting.silent
    except WrongError:
        return False


def _all_strangers(whole: Spot) -> Iterator[str]:
    """Yield a warning for each key of the configuration file that nobody knows, also inside others."""
    yield from _strangers(whole, set(known()))
    members = whole.members()
    for name in sorted(GROUPS & members.keys()):
        yield from _inside(members[name], name)
    servers = members.get("MEDIA_SERVERS")
    for entry in servers.items() if servers else ():
        yield from _strangers(entry, SERVER_KEYS)
    sources = members.get("SOURCES")
    for entry in sources.members().values() if sources else ():
        yield from _strangers(entry, SOURCE_KEYS)


def _inside(spot: Spot, prefix: str) -> Iterator[str]:
    below = {
        setting.name.removeprefix(f"{prefix}.") for setting in DEFINITIONS if setting.name.startswith(f"{prefix}.")
    }
    yield from _strangers(spot, {name.partition(".")[0] for name in below})
    for name, member in spot.members().items():
        if any(each.startswith(f"{name}.") for each in below):
            yield from _inside(member, f"{prefix}.{name}")


def _strangers(spot: Spot, keys: Iterable[str]) -> Iterator[str]:
    allowed = set(keys)
    return (unknown(member, allowed) for name, member in spot.members().items() if name not in allowed)


def _doubles(spot: Spot) -> Iterator[str]:
    """Yield a warning for each key that an object of the file has twice."""
    for name in dict.fromkeys(spot.node.doubled):
        where = f"{spot.label}:{spot.node.members[name].line}"
        yield f"{where}: {shown(name)}: is written more than once; the last one counts."
    for inside in (*spot.members().values(), *spot.items()):
        yield from _doubles(inside)


def _misspelt(dotenv: Layer) -> Iterator[str]:
    """Yield a warning for each variable of `.env` that is nearly one of Autoscan's."""
    names_known = set(known())
    for name, spot in dotenv.spots.items():
        guess = nearest(name, names_known, _VERY_LIKE) if name not in names_known else ""
        if guess:
            yield f"{spot.where}: {shown(name)}: Autoscan has no such setting; did you mean {guess}?"


def _outdone(layers: Iterable[Layer]) -> Iterator[str]:
    """Yield a warning where two names of one setting stand in one place and say different things."""
    for layer in layers:
        for setting in DEFINITIONS:
            if setting.type is Type.ANY or setting.nested:
                continue
            spots = [
                layer.spots[name] for name in names(setting) if name in layer.spots and not layer.spots[name].blank
            ]
            for other in spots[1:]:
                if other.node.value != spots[0].node.value:
                    yield f"{other.where}: {other.name}: has no effect: {spots[0].name} means the same and is set, too."
