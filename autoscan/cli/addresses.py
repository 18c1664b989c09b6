"""At which addresses this Autoscan can be reached, as far as it can know."""

import socket
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from autoscan.settings import Settings

#: Addresses that mean "every address of this machine".
EVERYWHERE = ("", "0.0.0.0", "::")  # noqa: S104 - compared with, not bound to


def webhook_urls(settings: "Settings") -> list[str]:
    """Return the webhook's URL, secret included, for each way to this machine."""
    password = quote(settings.server_pass.reveal(), safe="")
    return [f"{base}/{password}" for base in base_urls(settings)]


def base_urls(settings: "Settings") -> list[str]:
    """Return `http://host:port` for each way to this machine, the one that other machines can use first."""
    hosts = [settings.server_ip] if settings.server_ip not in EVERYWHERE else list(dict.fromkeys(_own_hosts()))
    return [f"http://{f'[{host}]' if ':' in host else host}:{settings.server_port}" for host in hosts]


def _own_hosts() -> Iterator[str]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # Sends nothing: it only asks the system which of its addresses would be used (192.0.2.1: RFC 5737).
            probe.connect(("192.0.2.1", 9))
            yield probe.getsockname()[0]
        except OSError:
            yield socket.gethostname()
    yield "localhost"
