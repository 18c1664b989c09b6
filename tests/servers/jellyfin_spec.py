"""What Jellyfin 10.10 to 12.0 understands: the routes that Autoscan may want, out of its API description."""

import re

from tests.servers.spec import Spec, parse_routes

_MODES = "none|validationonly|default|fullrefresh"

#: Of the many filters of `GET /Items` those that the simulator follows, and what only trims the answer.
_GROUPS = {
    "filters": "userId:guid ids:guids parentId:guid recursive:bool includeItemTypes:list excludeItemTypes:list "
    "minDateLastSaved:date searchTerm:str sortBy:list sortOrder:list startIndex:int limit:int",
    "trims": "fields:list enableUserData:bool enableImages:bool enableTotalRecordCount:bool imageTypeLimit:int "
    "enableImageTypes:list collapseBoxSetItems:bool",
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
    GET    /Items                                    | @filters @trims
    DELETE /Items                          forbidden | ids:guids
    GET    /Items/{itemId}                           | userId:guid
    DELETE /Items/{itemId}                 forbidden |
    GET    /Items/{itemId}/Ancestors                 | userId:guid
    POST   /Items/{itemId}/Refresh             admin | @refresh
    """,
    _GROUPS,
)

SPEC = Spec(
    routes=ROUTES,
    anywhere=re.compile(r"(?!)"),
    token_args=frozenset(["apikey", "api_key"]),
)
