"""A real rclone that serves local folders, with its remote control open."""

import http.client
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.programs import free_port
from tests.waiting import wait_until


class Rclone:
    """What a mount is to Autoscan: a folder seen through a cache that nothing but the remote control renews."""

    def __init__(self, url: str, port: int) -> None:
        self.url = url
        self._port = port

    def shows(self, path: str) -> bool:
        """Tell whether the folder of `path`, as cached, has it: its listing is read, as a file browser would."""
        folder, _, name = path.strip("/").rpartition("/")
        page = _get(self._port, f"/{folder}/" if folder else "/")
        return page is not None and f">{name}" in page


@contextmanager
def serving(remote: str, folder: Path, *login: str, config: str = "") -> Iterator[Rclone]:
    """Serve `remote` over HTTP, its cache kept for ever; `login` are user and password of the remote control."""
    if shutil.which("rclone") is None:
        pytest.skip("rclone is not installed: apt-get install rclone")
    port, control = free_port(), free_port()
    conf = folder / f"rclone-{control}.conf"
    conf.write_text(config)
    rights = ["--rc-user", login[0], "--rc-pass", login[1]] if login else ["--rc-no-auth"]
    command = ["rclone", "serve", "http", remote, "--config", str(conf), "--addr", f"127.0.0.1:{port}"]
    command += ["--rc", "--rc-addr", f"127.0.0.1:{control}", *rights, "--dir-cache-time", "10h", "--poll-interval", "0"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            wait_until(lambda: _listens(port) and _listens(control), seconds=30, what="rclone")
            yield Rclone(f"http://127.0.0.1:{control}", port)
        finally:
            process.kill()


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5):
        return True
    return False


def _get(port: int, path: str) -> str | None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", quote(path))
        response = connection.getresponse()
        return response.read().decode() if response.status == http.HTTPStatus.OK else None
    finally:
        connection.close()
