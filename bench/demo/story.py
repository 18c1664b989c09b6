"""What the demo's Sonarr and Radarr do: change files on disk, and send the webhooks that they really send."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.servers import write_file

PAYLOADS = Path(__file__).parents[2] / "tests/payloads"
#: Where the recorded payloads have their media.
RECORDED = "/data/media"
FIRST_EPISODE = "The Case of the Cunningham Heritage"
EPISODES = (
    FIRST_EPISODE,
    "The Case of Lady Beryl",
    "The Case of the Pennsylvania Gun",
    "The Case of the Texas Cowgirl",
    "The Case of the Belligerent Ghost",
    "The Case of the Shy Ballerina",
    "The Case of the Winthrop Legend",
    "The Case of Blind Man's Bluff",
    "The Case of Harry Crocker",
    "The Mother Hubbard Case",
)
#: The upgrade comes in between: one folder does not wait for the other.
UPGRADE_AFTER = 3

Body = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """One webhook, and what it means in words."""

    sender: str
    news: str
    folder: str
    body: Body


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What all webhooks about one folder come down to."""

    folder: str
    #: The files that a library has to show in the end, and those that it must not show any more.
    present: frozenset[str]
    gone: frozenset[str] = frozenset()
    #: By server: the one path that it has to be asked for.
    scopes: Mapping[str, str]


def prepare(media: Path) -> None:
    """Write what the libraries know already: the show's pilot, and the movie in poor quality."""
    show = Path(_episode(media, 1)["series"]["path"])
    write_file(show / "Specials" / f"{show.name} - S00E01 - Pilot.mkv")
    for old in _upgrade(media)["deletedFiles"]:
        write_file(Path(old["path"]), old["size"])


def webhooks(media: Path) -> Iterator[Webhook]:
    """Yield one webhook after another; each time, the files that it tells of have just changed on disk."""
    bodies = [_episode(media, number) for number in range(1, len(EPISODES) + 1)]
    for number, body in enumerate(bodies, 1):
        _write(body["episodeFile"])
        yield _sonarr(f"Download of S01E{number:02d}", body)
        if number == UPGRADE_AFTER:
            yield _upgraded(_upgrade(media))
    yield _sonarr(f"Import Complete, {len(bodies)} episodes", _import_complete(media, bodies))


def changes(media: Path) -> tuple[Change, ...]:
    """Return what has to come of it.

    Plex scans folders. Jellyfin refreshes the deepest item it knows: of a new season that is the show, and of a movie
    its library, because a movie's folder is no item there.
    """
    files = frozenset(_episode(media, number)["episodeFile"]["path"] for number in range(1, len(EPISODES) + 1))
    season = str(Path(min(files)).parent)
    upgrade = _upgrade(media)
    movie = upgrade["movie"]["folderPath"]
    return (
        Change(folder=season, present=files, scopes={"Plex": season, "Jellyfin": str(Path(season).parent)}),
        Change(
            folder=movie,
            present=frozenset({upgrade["movieFile"]["path"]}),
            gone=frozenset(old["path"] for old in upgrade["deletedFiles"]),
            scopes={"Plex": movie, "Jellyfin": str(media / "movies")},
        ),
    )


def _sonarr(news: str, body: Body) -> Webhook:
    files = body.get("episodeFiles") or [body["episodeFile"]]
    return Webhook(sender="Sonarr", news=news, folder=str(Path(files[0]["path"]).parent), body=body)


def _upgraded(body: Body) -> Webhook:
    _write(body["movieFile"])
    for old in body["deletedFiles"]:
        Path(old["path"]).unlink()
    return Webhook(
        sender="Radarr", news="Download of a movie, an upgrade", folder=body["movie"]["folderPath"], body=body
    )


def _write(file: Mapping[str, Any]) -> None:
    """Write a file as large as the webhook will say; it is sparse, so it takes no room."""
    write_file(Path(file["path"]), file["size"])


def _episode(media: Path, number: int) -> Body:
    title = EPISODES[number - 1]
    names = {FIRST_EPISODE: title, _dotted(FIRST_EPISODE): _dotted(title), "S01E01": f"S01E{number:02d}"}
    body = _recorded("sonarr/download.json", media, names)
    body["episodes"][0].update(id=900 + number, episodeNumber=number, tvdbId=180000 + number)
    body["episodeFile"].update(id=3000 + number, size=body["episodeFile"]["size"] + number)
    return body


def _import_complete(media: Path, bodies: list[Body]) -> Body:
    files = [body["episodeFile"] for body in bodies]
    body = _recorded("sonarr/import_complete_batch.json", media, {})
    return body | {
        "series": bodies[0]["series"],
        "episodes": [body["episodes"][0] for body in bodies],
        "episodeFiles": files,
        "fileCount": len(files),
        "destinationPath": str(Path(files[0]["path"]).parent),
    }


def _upgrade(media: Path) -> Body:
    return _recorded("radarr/download_upgrade.json", media, {})


def _recorded(name: str, media: Path, names: Mapping[str, str]) -> Body:
    """Return a recorded payload, as it would be with the media in `media` and with other `names`."""
    text = (PAYLOADS / name).read_text(encoding="utf-8")
    for old, new in {RECORDED: str(media), **names}.items():
        text = text.replace(old, json.dumps(new, ensure_ascii=False)[1:-1])
    body: Body = json.loads(text)
    return body


def _dotted(title: str) -> str:
    return title.replace(" ", ".")
