"""Follow every mapping to the libraries, or the folder of this machine, that it leads to."""

from collections.abc import Iterator, Mapping, Sequence

from autoscan import paths
from autoscan.cli.doctor.findings import Finding, fail, ok, warn
from autoscan.cli.doctor.folders import Folders
from autoscan.cli.doctor.servers import View
from autoscan.settings import Settings

#: So many libraries are named.
_NAMED = 4

Table = Mapping[str, Sequence[str]]


def check(settings: Settings, views: Sequence[View], folders: Folders) -> Iterator[Finding]:
    """Yield a finding for each folder that something is mapped to."""
    shared = {"SERVER_PATH_MAPPINGS": settings.server_path_mappings} | {
        f"SOURCES.{name}.PATH_MAPPINGS": source.path_mappings for name, source in settings.sources.items()
    }
    for setting, table in shared.items():
        for to, sources in table.items():
            yield _to_libraries(setting, to, sources, views)
    for server in settings.media_servers:
        own = [view for view in views if view.name == server.name]
        for to, sources in server.path_mappings.items():
            yield _to_libraries(f"{server.name}: PATH_MAPPINGS", to, sources, own, at_server=True)
    for to, sources in settings.server_file_exist_path_mappings.items():
        yield _to_folder(to, sources, folders)


def _to_libraries(
    setting: str, to: str, sources: Sequence[str], views: Sequence[View], *, at_server: bool = False
) -> Finding:
    name = _arrow(to, sources)
    seen = {view: to if at_server else view.mappings.apply(to).path for view in views if view.libraries is not None}
    found = [
        f"{view.name} / {library.title}"
        for view, path in seen.items()
        for library in view.libraries or ()
        if any(_touches(root, path) for root in library.roots)
    ]
    if found:
        return ok(setting, name, f"leads to {_some(found)}")
    if not seen:
        return warn(setting, name, "not known: no server told its libraries", "See what is said of the servers.")
    return fail(setting, name, "leads to no library", _nearest(seen))


def _nearest(seen: Mapping[View, str]) -> str:
    for view, path in seen.items():
        roots = [root for library in view.libraries or () for root in library.roots]
        if nearest := paths.closest(path, roots):
            return (
                f"{view.name} would see {path}; its nearest library folder is {nearest}: map to that, or add the "
                "folder to a library. Remove the mapping if nothing comes from there any more."
            )
    return "Add a library with this folder to a server."


def _touches(root: str, path: str) -> bool:
    """Tell whether a library's root lies below the path that a mapping leads to, or above it."""
    return paths.covers(path, root) or paths.covers(root, path)


def _to_folder(to: str, sources: Sequence[str], folders: Folders) -> Finding:
    setting, name = "SERVER_FILE_EXIST_PATH_MAPPINGS", _arrow(to, sources)
    state = folders.state(to)
    if state.trouble:
        advice = f"Mount the media at {to} on this machine, or map to where they are."
        return fail(setting, name, f"leads to {to}, which is {state.trouble}", advice)
    return ok(setting, name, f"leads to the folder {to}")


def _arrow(to: str, sources: Sequence[str]) -> str:
    return f"{', '.join(source or '(nothing)' for source in sources)} -> {to or '(nothing)'}"


def _some(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")
