"""What Emby 4.8 and 4.9 understand: the routes that Autoscan may want, out of its API description."""

import re

from tests.servers.spec import Spec, parse_routes

_MODES = "validationonly|default|fullrefresh"

_GROUPS = {
    "flags": " ".join(
        f"{name}:bool"
        for name in [
            "Recursive",
            "EnableImages",
            "EnableUserData",
            "HasImdbId",
            "HasTmdbId",
            "HasTvdbId",
            "IsMovie",
            "IsSeries",
            "IsFolder",
            "IsFavorite",
            "IsPlayed",
            "IsHD",
            "HasSubtitles",
            "HasTrailer",
            "GroupItemsIntoCollections",
            "IsLocked",
        ]
    ),
    "lists": " ".join(
        f"{name}:list"
        for name in [
            "Fields",
            "IncludeItemTypes",
            "ExcludeItemTypes",
            "Ids",
            "ExcludeItemIds",
            "Filters",
            "MediaTypes",
            "ImageTypes",
            "SortBy",
            "SortOrder",
            "Genres",
            "Years",
            "EnableImageTypes",
            "AnyProviderIdEquals",
            "Containers",
        ]
    ),
    "refresh": f"Recursive:bool MetadataRefreshMode:{_MODES} ImageRefreshMode:{_MODES} "
    "ReplaceAllMetadata:bool ReplaceAllImages:bool",
}

ROUTES = parse_routes(
    """
    GET    /System/Ping                         open |
    POST   /System/Ping                         open |
    GET    /System/Info/Public                  open |
    GET    /System/Info                              |
    GET    /System/Configuration                     |
    GET    /Library/VirtualFolders             admin |
    GET    /Library/VirtualFolders/Query       admin | StartIndex:int Limit:int
    GET    /Library/SelectableMediaFolders           |
    GET    /Library/PhysicalPaths              admin |
    GET    /ScheduledTasks                     admin | IsHidden:bool IsEnabled:bool
    GET    /ScheduledTasks/{Id}                admin |
    POST   /Environment/ValidatePath           admin | Path:str!
    GET    /Environment/DirectoryContents      admin | Path:str! IncludeFiles:bool IncludeDirectories:bool
    POST   /Library/Media/Updated                    |
    POST   /Library/Refresh          admin forbidden |
    GET    /Items      | Path:str @flags @lists StartIndex:int Limit:int SearchTerm:str ParentId:int UserId:str \
MinDateLastSaved:date ParentIndexNumber:int ImageTypeLimit:int NameStartsWith:str
    DELETE /Items                          forbidden | Ids:list
    DELETE /Items/{Id}                     forbidden |
    GET    /Items/{Id}/Ancestors                     | UserId:str
    POST   /Items/{Id}/Refresh                 admin | @refresh
    """.replace("\\\n", " "),
    _GROUPS,
)

SPEC = Spec(
    routes=ROUTES,
    anywhere=re.compile(r"X-Emby-(?!Token)[A-Za-z-]+", re.IGNORECASE),
    token_args=frozenset(["api_key", "x-emby-token"]),
)
