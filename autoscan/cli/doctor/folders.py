"""Look at folders of media without being held by a mount that hangs."""

from dataclasses import dataclass

from autoscan import paths
from autoscan.errors import FileCheckError
from autoscan.filecheck import FileChecker
from autoscan.model import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """How a folder stands."""

    #: What is wrong, in words that follow "is"; `""` if it is there and holds something.
    trouble: str = ""


class Folders:
    """Looks at each folder once."""

    def __init__(self, checker: FileChecker) -> None:
        self._checker = checker
        self._known: dict[str, State] = {}

    def state(self, folder: str) -> State:
        """Return how `folder` stands."""
        if folder not in self._known:
            self._known[folder] = self._look(folder)
        return self._known[folder]

    def exists(self, path: str) -> bool:
        """Tell whether a file, or a folder that holds something, stands at `path`."""
        try:
            look = self._checker.look([path])[path]
        except FileCheckError:
            return False
        return look.exists and (look.kind is not Kind.FOLDER or not self.state(path).trouble)

    def close(self) -> None:
        """End the helpers that looked."""
        self._checker.close()

    def _look(self, folder: str) -> State:
        if paths.flavour(folder) is paths.Flavour.WINDOWS or not folder.startswith("/"):
            return State(trouble="no path of this machine")
        try:
            listing = self._checker.listing(folder)
        except FileCheckError as error:
            return State(trouble=f"on a mount that hangs: {error}")
        if listing.error:
            return State(trouble=f"not readable: {listing.error}")
        if not listing.exists:
            return State(trouble="not there")
        if listing.kind is not Kind.FOLDER:
            return State(trouble="no folder")
        return State(trouble="" if listing.entries else "empty")
