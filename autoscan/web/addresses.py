"""Where a request comes from, as far as the way it took tells: near (this machine, a private network) or not."""

import ipaddress
import re

from flask import Request

#: RFC 1918, RFC 4193, loopback and link-local; `is_private` would take documentation ranges for near, too.
_NEAR = tuple(
    ipaddress.ip_network(text)
    for text in (
        "127.0.0.0/8",
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "169.254.0.0/16",
        "::1/128",
        "fc00::/7",
        "fe80::/10",
    )
)
#: RFC 7239: `for=192.0.2.60`, `for="[2001:db8::17]:4711"`.
_FORWARDED_FOR = re.compile(r'for="?([^";,]+)', re.IGNORECASE)
_PORT = re.compile(r"^\[(.*)\](?::\d+)?$|^([^:]*):\d+$")


def all_near(request: Request) -> bool:
    """Tell whether the caller and whoever a proxy says it called for are near. A Unix socket is near."""
    return all(near(text) for text in _hops(request))


def near(text: str) -> bool:
    """Tell whether `text`, an address with or without a port, is of this machine or a private network."""
    match = _PORT.match(text)
    bare = (match[1] or match[2]) if match else text
    try:
        address = ipaddress.ip_address(bare)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None) or address
    return any(mapped in network for network in _NEAR)


def _hops(request: Request) -> list[str]:
    lists = [*request.headers.getlist("X-Forwarded-For"), *request.headers.getlist("X-Real-IP")]
    hops = [part.strip() for text in lists for part in text.split(",")]
    hops += [found for text in request.headers.getlist("Forwarded") for found in _FORWARDED_FOR.findall(text)]
    return [hop for hop in [request.remote_addr or "", *hops] if hop]
