"""A web server that takes what is sent to it, for messages to people."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Listener:
    """Keeps each JSON body that was posted to it."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []
        #: The status it answers with.
        self.status = 200
        #: While this is not set, nobody is answered.
        self.answers = threading.Event()
        self.answers.set()
        self.port = 0

    @property
    def url(self) -> str:
        """Return its address as Apprise writes it, with a password."""
        return f"json://teller:hunter2-of-the-listener@127.0.0.1:{self.port}/hook"

    @property
    def titles(self) -> list[str]:
        """Return the titles of the messages that it took."""
        return [body["title"] for body in self.bodies]


@contextmanager
def listening() -> Iterator[Listener]:
    """Give a listener on a port of its own."""
    listener = Listener()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            listener.answers.wait(20)
            if listener.status < 300:
                listener.bodies.append(body)
            self.send_response(listener.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    listener.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield listener
    finally:
        listener.answers.set()
        server.shutdown()
        server.server_close()
        thread.join()
