"""The settings of the web: sessions, HTTPS, proxies, signatures; one row each, see `table.py`."""

from autoscan.settings.setting import Group, Setting, Type

_SESSIONS = (
    Setting(
        name="SECRET_KEY",
        type=Type.STR,
        secret=True,
        in_file=False,
        shown="one is made and kept",
        group=Group.SESSIONS,
        help="Key that signs sessions and forms.",
    ),
    Setting(
        name="SECRET_KEY_FALLBACKS",
        type=Type.COMMAS,
        default=[],
        secret=True,
        in_file=False,
        group=Group.SESSIONS,
        help="Earlier keys that still count, with commas between them.",
    ),
    Setting(
        name="SESSION_COOKIE_SECURE",
        type=Type.BOOL,
        default=False,
        in_file=False,
        group=Group.SESSIONS,
        help="Send the session cookie over HTTPS only; nobody can log in over plain HTTP then.",
    ),
    Setting(
        name="ENABLE_TALISMAN",
        type=Type.BOOL,
        default=False,
        in_file=False,
        group=Group.SESSIONS,
        help="Tell browsers to come back over HTTPS only (HSTS). The other security headers are always sent.",
    ),
    Setting(
        name="FORCE_HTTPS",
        type=Type.BOOL,
        default=False,
        in_file=False,
        group=Group.SESSIONS,
        help="Lead browsers from plain HTTP to HTTPS (308), with HSTS and a cookie that is kept to HTTPS. Webhooks, "
        "/triggers, /api, /health, /ready and /metrics are never redirected.",
    ),
    Setting(
        name="TRUSTED_PROXIES",
        type=Type.NETWORKS,
        default=[],
        group=Group.SESSIONS,
        help="Addresses or networks of the reverse proxies whose X-Forwarded-For, -Proto, -Host and -Prefix count. "
        "Without them every caller behind a proxy has the proxy's address.",
        example='["172.18.0.0/16", "192.168.1.5"]',
    ),
    Setting(
        name="BASE_PATH",
        type=Type.BASE,
        group=Group.SESSIONS,
        help="The path below which a reverse proxy offers Autoscan, whether it strips it or not.",
        example='"/autoscan"',
    ),
)

_SIGNATURE = (
    Setting(
        name="WEBHOOK_SECRET",
        type=Type.STR,
        secret=True,
        in_file=False,
        group=Group.SIGNATURE,
        help="Check webhooks that carry a signature (X-Hub-Signature-256, X-Webhook-Signature: HMAC-SHA256 of the "
        "body, in hex) with this key; a wrong one is refused.",
    ),
    Setting(
        name="WEBHOOK_REQUIRE_SIGNATURE",
        type=Type.SOME,
        default=[],
        shown="`false`",
        in_file=False,
        group=Group.SIGNATURE,
        help="Refuse webhooks without a signature: `true`, or the names of the sources that must sign. None of the "
        "*arr applications can.",
    ),
)

WEB = (*_SESSIONS, *_SIGNATURE)
