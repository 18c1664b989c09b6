"""What Plex does with an item once it shows it: analyze it (`PLEX_ANALYZE_TYPE`, `PLEX_ANALYZE_DIRECTORY`).

The API has one analysis, `PUT /library/metadata/{id}/analyze`, which reads codecs, sizes and streams. What the scanner
program called deep, and the loudness of music, Plex does by itself in its nightly maintenance; over the API they can be
started for the whole server only, which is never done here. So `basic`, `deep` and `loudness` ask for the same.
"""

from http import HTTPStatus

from autoscan.errors import TargetError
from autoscan.targets.plex.api import PlexApi

OFF = "off"


def analyze(api: PlexApi, item: str, *, kind: str, directory: bool) -> str:
    """Have an item (a rating key) analyzed, or with `directory` its season or album; return a note for the record.

    `kind` is `PLEX_ANALYZE_TYPE`. Never raises: that a file is seen does not depend on its analysis.
    """
    if kind == OFF or not item:
        return ""
    try:
        target = _parent(api, item) if directory else item
        api.put(f"/library/metadata/{target}/analyze")
    except TargetError as error:
        return "" if error.status == HTTPStatus.NOT_FOUND else f"not analyzed: {error}"
    return f"analyzed item {target}"


def _parent(api: PlexApi, item: str) -> str:
    """Return the key of what the item is in, its own if it is in nothing: a movie."""
    shown = next(iter(api.container(f"/library/metadata/{item}")), None)
    return item if shown is None else shown.get("parentRatingKey", item)
