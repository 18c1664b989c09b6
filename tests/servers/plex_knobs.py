"""What a test can turn at a simulated Plex."""

from dataclasses import dataclass

from tests.servers.knobs import Knobs


@dataclass(slots=True, kw_only=True)
class PlexKnobs(Knobs):
    """What else can be turned at a Plex."""

    version: str = "1.43.0.10000-abc123def"
    #: `/identity` answers 503 as well, start-up or not.
    identity_503_xml: bool = False
    #: Send `X-Plex-Activity` with the answer to a scan request.
    activity_header: bool = False
    #: Seconds that each scan waits before it walks.
    scan_delay_s: float = 0.0
    #: How often of 1.0 a scan asked for while another runs is lost.
    drop_scan_if_busy: float = 0.0
    #: A scan below any other root is done below the last one.
    wrong_location_rewrite: bool = False
    #: So many scans of folders that the section does not know yet find nothing.
    new_toplevel_missed: int = 0
    #: Directories with the same mtime as at the last scan are not read.
    skip_unchanged: bool = False
    #: A changed file's new size is taken over by a scan, not only by `analyze`.
    rescan_updates_size: bool = False
    auto_empty_trash: bool = False
    added_at_from_mtime: bool = False
