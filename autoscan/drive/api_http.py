"""What Google's libraries send their requests through: bounded in time, never redirected, with a sign of life."""

from collections.abc import Callable
from typing import Any

from autoscan.http.deadline import TimedResponse


def connection(timeout: float, heartbeat: Callable[[], None]) -> Any:
    """Return an `httplib2.Http` for one thread.

    `timeout` is the longest pause in seconds; a whole answer may take twice that. `heartbeat` is called around each
    exchange, of which one request can need three: refused, token renewed, asked again.
    """
    import httplib2  # noqa: PLC0415 - heavy

    class Http(httplib2.Http):  # type: ignore[misc]  # has no types
        """Reads every answer against a deadline."""

        def _conn_request(self, conn: Any, *request: Any) -> Any:
            conn.response_class = TimedResponse
            if conn.sock is not None:
                # Reading the answer before has shortened it.
                conn.sock.settimeout(timeout)
            heartbeat()
            try:
                return super()._conn_request(conn, *request)
            finally:
                heartbeat()

    http = Http(timeout=timeout)
    http.follow_redirects = False
    return http
