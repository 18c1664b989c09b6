"""What a self-check finds that is the same for both servers."""

from collections.abc import Callable, Sequence

from autoscan.targets.values import Check, Library

_TOKEN = "rights of the token"  # noqa: S105 - the name of a finding


def disk_checks(libraries: Sequence[Library], sees: Callable[[str], bool | None]) -> tuple[Check, ...]:
    """Return whether the token may look at the disk, and what the server sees there. One request for each folder."""
    if not libraries:
        return (Check(name="libraries", ok=False, text="there are none", advice="Add libraries in the server."),)
    places = [(library, root) for library in libraries for root in library.roots]
    answers = [(library, root, sees(root)) for library, root in places]
    if any(seen is None for _, _, seen in answers):
        advice = "Use an API key made in the server's dashboard: it has an administrator's rights."
        return (Check(name=_TOKEN, ok=False, text="it is no administrator's", advice=advice),)
    rights = Check(name=_TOKEN, ok=True, text="an administrator's")
    return (rights, *(_place(library, root, seen=bool(seen)) for library, root, seen in answers))


def _place(library: Library, root: str, *, seen: bool) -> Check:
    name = f"{library.title}: {root}"
    if seen:
        return Check(name=name, ok=True, text="the server sees this folder")
    advice = "Mount the disk where the server runs, or correct the library's folder in the server."
    return Check(name=name, ok=False, text="the server does not see this folder", advice=advice)
