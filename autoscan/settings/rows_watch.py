"""The settings of what watches the service: metrics and messages to people, one row each; see `table.py`."""

from autoscan.model.watching import Topic
from autoscan.settings.setting import Group, Setting, Type

WATCH = (
    Setting(
        name="METRICS_ALLOWED",
        type=Type.NETWORKS,
        default=[],
        group=Group.WATCH,
        help="Addresses or networks that may read /metrics without the SERVER_PASS; who knows that always may. "
        "A proxy in between must be one of TRUSTED_PROXIES.",
        example='["192.168.1.20", "172.18.0.0/16"]',
    ),
    Setting(
        name="NOTIFY",
        type=Type.NOTIFY,
        default=[],
        secret=True,
        group=Group.WATCH,
        help="Apprise URLs to tell of problems, each once, and of their end; or tables with URL and EVENTS, some of: "
        f"{', '.join(Topic)}.",
        example='["ntfys://ntfy.sh/my-topic", {"URL": "discord://id/token", "EVENTS": ["server_down"]}]',
    ),
    Setting(
        name="NOTIFY_AFTER",
        type=Type.INT,
        default=10,
        high=10_080,
        group=Group.WATCH,
        help="Minutes for which a server is down before that is told.",
    ),
)
