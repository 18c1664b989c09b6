"""The container's health check: ask `/health` on the configured port; exit code 0 if it is well."""

import http.client
import sys

sys.path.insert(0, "/app")

from autoscan import settings  # only now it can be found

#: Seconds; Docker's own limit is five.
TIMEOUT = 4


def main() -> int:
    """Return 0 if Autoscan answers that it is well, 1 otherwise."""
    found = settings.load().settings
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(found.server_ip, found.server_ip)  # noqa: S104 - the other way round
    connection = http.client.HTTPConnection(host, found.server_port, timeout=TIMEOUT)
    try:
        connection.request("GET", "/health")
        answer = connection.getresponse()
        text = answer.read(1000).decode(errors="replace").strip()
    except OSError as error:
        print(f"port {found.server_port} of {host} does not answer: {error}")  # noqa: T201 - Docker shows it
        return 1
    print(text)  # noqa: T201 - as above
    return 0 if answer.status == http.HTTPStatus.OK else 1


if __name__ == "__main__":
    sys.exit(main())
