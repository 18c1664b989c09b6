"""What Jellyfin 10.10 to 12.0 understands: the routes that Autoscan may want, out of its API description."""

import re

from tests.servers.spec import Spec, parse_routes

_MODES = "none|validationonly|default|fullrefresh"

_GROUPS = {
    "ids": " ".join(
        f"{name}:guids"
        for name in [
            "excludeItemIds",
            "personIds",
            "artistIds",
            "albumIds",
            "studioIds",
            "genreIds",
            "albumArtistIds",
            "ids",
        ]
    ),
    "flags": " ".join(
        f"{name}:bool"
        for name in [
            "recursive",
            "enableUserData",
            "enableImages",
            "enableTotalRecordCount",
            "hasImdbId",
            "hasTmdbId",
            "hasTvdbId",
            "isMovie",
            "isSeries",
            "isMissing",
            "isFavorite",
            "isPlayed",
            "isHd",
            "collapseBoxSetItems",
            "hasSubtitles",
            "hasTrailer",
            "isLocked",
            "isPlaceHolder",
        ]
    ),
    "lists": " ".join(
        f"{name}:list"
        for name in [
            "fields",
            "excludeItemTypes",
            "includeItemTypes",
            "filters",
            "mediaTypes",
            "imageTypes",
            "sortBy",
            "sortOrder",
            "genres",
            "years",
            "enableImageTypes",
            "tags",
            "locationTypes",
            "excludeLocationTypes",
            "videoTypes",
        ]
    ),
    "refresh": f"metadataRefreshMode:{_MODES} imageRefreshMode:{_MODES} replaceAllMetadata:bool replaceAllImages:bool",
}

ROUTES = parse_routes(
    """
    GET    /health                              open |
    GET    /System/Ping                         open |
    POST   /System/Ping                         open |
    GET    /System/Info/Public                  open |
    GET    /System/Info                              |
    GET    /System/Configuration                     |
    GET    /Library/VirtualFolders             admin |
    GET    /Library/PhysicalPaths              admin |
    GET    /ScheduledTasks                     admin | isHidden:bool isEnabled:bool
    GET    /ScheduledTasks/{taskId}            admin |
    POST   /Environment/ValidatePath           admin |
    GET    /Environment/DirectoryContents      admin | path:str! includeFiles:bool includeDirectories:bool
    POST   /Library/Media/Updated                    |
    POST   /Library/Refresh          admin forbidden |
    GET    /Items      | userId:guid @ids @flags @lists startIndex:int limit:int searchTerm:str parentId:guid \
minDateLastSaved:date minDateLastSavedForUser:date indexNumber:int parentIndexNumber:int imageTypeLimit:int \
nameStartsWith:str nameLessThan:str nameStartsWithOrGreater:str
    DELETE /Items                          forbidden | ids:guids
    GET    /Items/{itemId}                           | userId:guid
    DELETE /Items/{itemId}                 forbidden |
    GET    /Items/{itemId}/Ancestors                 | userId:guid
    POST   /Items/{itemId}/Refresh             admin | @refresh
    """.replace("\\\n", " "),
    _GROUPS,
)

SPEC = Spec(
    routes=ROUTES,
    anywhere=re.compile(r"(?!)"),
    token_args=frozenset(["apikey", "api_key"]),
)
