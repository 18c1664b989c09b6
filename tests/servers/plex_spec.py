"""What Plex understands: its routes and arguments, out of its API description and what python-plexapi sends."""

import re

from tests.servers.spec import Spec, parse_routes

#: Fields of media queries that the simulator filters by, with `=`, `==`, `!=`, `>>=`, `<<=` behind them.
FILTERS = [
    "title",
    "year",
    "index",
    "guid",
    "addedAt",
    "updatedAt",
    "trash",
    "unmatched",
    "id",
    "show.title",
    "show.year",
    "season.index",
    "season.title",
    "episode.title",
    "episode.index",
    "episode.addedAt",
    "episode.updatedAt",
    "episode.trash",
    "episode.unmatched",
    "episode.id",
    "show.addedAt",
    "show.guid",
    "episode.guid",
    "artist.title",
    "album.title",
    "album.year",
    "track.title",
    "track.index",
    "track.addedAt",
    "track.trash",
    "album.addedAt",
    "artist.addedAt",
    "show.id",
    "season.id",
    "artist.id",
    "album.id",
    "track.id",
    "movie.id",
]
_FILTER = re.compile(rf"({'|'.join(map(re.escape, FILTERS))})(=|!|!=|>>|<<|<|>)?")

#: What python-plexapi asks for in addition; all of it means `1` or `0`.
_INCLUDES = [
    "AllConcerts",
    "Bandwidths",
    "Chapters",
    "Children",
    "Collections",
    "Concerts",
    "ExternalMedia",
    "ExternalMetadata",
    "Extras",
    "Geolocation",
    "Guids",
    "LoudnessRamps",
    "Markers",
    "OnDeck",
    "PopularLeaves",
    "Preferences",
    "Related",
    "RelatedCount",
    "Reviews",
    "Stations",
    "Meta",
    "Advanced",
    "Details",
]

_GROUPS = {
    "checks": "checkFiles:bit asyncCheckFiles:bit skipRefresh:bit",
    "page": "X-Plex-Container-Start:int X-Plex-Container-Size:int",
    "media": "media type:int sort:str limit:int",
    "include": " ".join(f"include{name}:bit" for name in _INCLUDES) + " includeFields:str",
}

ROUTES = parse_routes(
    """
    GET    /                                            | @include
    GET    /identity                               open |
    GET    /library                                     | @include
    GET    /library/sections                            | @include
    GET    /library/sections/all                        | @include
    GET    /library/sections/{id:int}                   | @include
    GET    /library/sections/{id:int}/refresh      admin | path:str force:bit
    POST   /library/sections/{id:int}/refresh      admin | path:str force:bit
    DELETE /library/sections/{id:int}/refresh      admin |
    GET    /library/sections/{id:int}/all               | @page @media @include
    GET    /library/sections/{id:int}/collections       | @page @media @include
    GET    /library/sections/{id:int}/timeline          |
    GET    /library/sections/{id:int}/folder            | parent:int @page @include
    PUT    /library/sections/{id:int}/emptyTrash   admin |
    GET    /library/all                                 | @page @media @include
    GET    /library/metadata/{ids:ids}                  | @checks @page @include
    GET    /library/metadata/{ids:ids}/children         | excludeAllLeaves:bit @page @include
    GET    /library/metadata/{ids:ids}/allLeaves        | @page @include
    PUT    /library/metadata/{ids:ids}/refresh     admin | agent:str markUpdated:bit
    PUT    /library/metadata/{ids:ids}/analyze     admin | thumbOffset:num artOffset:num
    GET    /library/metadata/{ids:ids}/matches     admin | manual:bit title:str year:str agent:str language:str
    PUT    /library/metadata/{ids:ids}/match       admin | guid:str! name:str!
    PUT    /library/metadata/{ids:ids}/split       admin |
    DELETE /library/metadata/{ids:ids}          forbidden |
    DELETE /library/sections/{id:int}           forbidden |
    GET    /services/browse                       admin | includeFiles:bit @page @include
    GET    /services/browse/{path:rest}           admin | includeFiles:bit @page @include
    GET    /activities                            admin |
    GET    /hubs/search                                 | query:str! sectionId:int limit:int @include
    GET    /:/websockets/notifications     token_in_url |
    """,
    _GROUPS,
)

SPEC = Spec(
    routes=ROUTES,
    anywhere=re.compile(r"X-Plex-(?!Token)[A-Za-z-]+", re.IGNORECASE),
    token_args=frozenset(["x-plex-token"]),
    is_filter=lambda name: bool(_FILTER.fullmatch(name)),
)
