"""What Emby 4.8 and 4.9 understand: the routes that Autoscan may want, out of its API description."""

import re

from tests.servers.spec import Spec, parse_routes

_MODES = "validationonly|default|fullrefresh"

#: Of the many filters of `GET /Items` those that the simulator follows, and what only trims the answer.
_GROUPS = {
    "filters": "Path:str UserId:str Ids:list ParentId:str Recursive:bool IncludeItemTypes:list ExcludeItemTypes:list "
    "MinDateLastSaved:date SearchTerm:str SortBy:list SortOrder:list StartIndex:int Limit:int",
    "trims": "Fields:list EnableUserData:bool EnableImages:bool ImageTypeLimit:int EnableImageTypes:list "
    "GroupItemsIntoCollections:bool",
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
    GET    /Items                                    | @filters @trims
    DELETE /Items                          forbidden | Ids:list!
    DELETE /Items/{Id}                     forbidden |
    GET    /Items/{Id}/Ancestors                     | UserId:str
    POST   /Items/{Id}/Refresh                 admin | @refresh
    """,
    _GROUPS,
)

SPEC = Spec(
    routes=ROUTES,
    anywhere=re.compile(r"X-Emby-(?!Token)[A-Za-z-]+", re.IGNORECASE),
    token_args=frozenset(["api_key", "x-emby-token"]),
)
