"""Behind the reverse proxies of the guide, set up as it says: pages work, webhooks arrive, nothing is told twice."""

import http.client
import re
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from io import StringIO
from pathlib import Path
from urllib.parse import urlencode

import pytest
from dotenv import dotenv_values

from tests.guides import PORT, examples
from tests.programs import ROOT, SECRET, Program, free_port, serving
from tests.waiting import wait_until

EXAMPLES = [each for each in examples(ROOT / "DEPLOYMENT_GUIDE.md") if each.section == "Reverse proxies"]
HOST = "media.example.org"
WEBHOOK = {"Content-Type": "application/json"}
TEST = '{"eventType": "Test"}'
#: What nginx needs around the guide's part: its own places, one process, nothing in the background.
NGINX = """\
daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/log;
events {{}}
http {{
    access_log {folder}/log;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""
CADDY = (
    "{{\n skip_install_trust\n auto_https disable_redirects\n admin off\n storage file_system {folder}/storage\n}}\n"
)


def example(language: str) -> str:
    (found,) = (each.text for each in EXAMPLES if each.language == language)
    return found


@dataclass
class Site:
    """What a browser, or an application, finds at the proxy."""

    program: Program
    secure: int
    plain: int
    folder: Path
    cookies: dict[str, str] = field(default_factory=dict)

    def ask(
        self,
        method: str,
        path: str,
        body: str | None = None,
        *,
        port: int = 0,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[http.client.HTTPResponse, str]:
        """Return the answer and its text; over HTTPS, unless `port` is the other one."""
        connection = http.client.HTTPConnection("127.0.0.1", port or self.secure, timeout=20)
        connection.sock = self._socket(port)
        try:
            cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
            connection.request(method, path, body, {"Host": HOST, "Cookie": cookies, **(headers or {})})
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        for morsel in SimpleCookie(answer.headers.get("Set-Cookie", "")).values():
            self.cookies[morsel.key] = morsel.value
        return answer, text

    def _socket(self, port: int) -> socket.socket:
        plain = socket.create_connection(("127.0.0.1", port or self.secure), timeout=20)
        if port:
            return plain
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return context.wrap_socket(plain, server_hostname=HOST)

    def answers(self) -> bool:
        """Tell whether the proxy is up."""
        with suppress(OSError, http.client.HTTPException):
            return self.ask("GET", "/autoscan/health")[0].status == 200
        return False


def nginx(folder: Path, program: Program, secure: int, plain: int) -> list[str]:
    """Write what nginx reads, and return the command that runs it."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={HOST}", "-days", "2"]
    subprocess.run([*make, "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)
    text = (
        example("nginx")
        .replace("listen 443", f"listen 127.0.0.1:{secure}")
        .replace("listen 80", f"listen 127.0.0.1:{plain}")
    )
    text = re.sub(r"(ssl_certificate +)\S+;", rf"\1{certificate};", text)
    text = re.sub(r"(ssl_certificate_key +)\S+;", rf"\1{key};", text)
    (folder / "site.conf").write_text(text.replace(f"127.0.0.1:{PORT}", f"127.0.0.1:{program.port}"))
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder))
    command = [str(shutil.which("nginx", path=PLACES)), "-e", str(folder / "log"), "-c", str(folder / "nginx.conf")]
    subprocess.run([*command, "-t"], check=True, capture_output=True)
    return command


def caddy(folder: Path, program: Program, secure: int, plain: int) -> list[str]:
    """The same for Caddy, which makes its certificate, and whose redirect from HTTP takes the port 80."""
    text = example("caddy").replace(f"127.0.0.1:{PORT}", f"127.0.0.1:{program.port}")
    text = text.replace(f"{HOST} {{", f"https://{HOST}:{secure} {{\n    tls internal")
    (folder / "Caddyfile").write_text(CADDY.format(folder=folder) + text)
    return ["caddy", "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]


PROXIES = {"nginx": nginx, "caddy": caddy}
#: Debian puts servers where only root looks.
PLACES = "/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin"


@pytest.fixture(scope="module", params=PROXIES)
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    if shutil.which(request.param, path=PLACES) is None:
        pytest.skip(f"{request.param} is not installed: apt-get install {request.param}")
    settings = {name: value or "" for name, value in dotenv_values(stream=StringIO(example("dotenv"))).items()}
    with serving(tmp_path_factory.mktemp("autoscan"), GUNICORN_WORKERS="1", **settings) as program:
        found = Site(program=program, secure=free_port(), plain=free_port(), folder=tmp_path_factory.mktemp("proxy"))
        with started(PROXIES[request.param](found.folder, program, found.secure, found.plain), found):
            yield found


@contextmanager
def started(command: list[str], site: Site) -> Iterator[None]:
    with (site.folder / "output").open("wb") as output:
        process = subprocess.Popen(
            command, env={"HOME": str(site.folder), "PATH": PLACES}, stdout=output, stderr=output
        )
    try:
        wait_until(site.answers, 30, "the proxy answers")
        yield
    finally:
        process.kill()
        process.wait()


def test_a_log_in_works_and_every_address_of_a_page_begins_with_the_base_path(site: Site) -> None:
    site.cookies.clear()
    answer, _ = site.ask("GET", "/autoscan")
    assert answer.status == 308
    assert re.fullmatch(rf"(https://{HOST}:{site.secure})?/autoscan/", answer.headers["Location"])
    answer, text = site.ask("GET", "/autoscan/")
    assert "Strict-Transport-Security" in answer.headers
    cookie = answer.headers["Set-Cookie"]
    assert "Secure" in cookie
    assert "Path=/autoscan" in cookie
    (token,) = set(re.findall(r'name="csrf_token"[^>]*value="([^"]+)"', text))
    form = urlencode({"csrf_token": token, "password": SECRET})
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Referer": f"https://{HOST}/autoscan/"}
    answer, _ = site.ask("POST", "/autoscan/login", form, headers=headers)
    assert (answer.status, answer.headers["Location"]) == (303, "/autoscan/queue")
    answer, text = site.ask("GET", "/autoscan/queue")
    assert answer.status == 200
    addresses = re.findall(r'(?:href|src|action|data-live)="(/[^"]*)"', text)
    assert len(addresses) > 5
    assert [address for address in addresses if not address.startswith("/autoscan/")] == []
    assert [each for each in addresses if "static" in each and site.ask("GET", each)[0].status != 200] == []


def test_webhooks_are_taken_by_every_way_that_the_guide_names(site: Site) -> None:
    key = WEBHOOK | {"X-Api-Key": SECRET}
    assert site.ask("POST", f"/autoscan/{SECRET}", TEST, headers=WEBHOOK)[0].status == 200
    assert site.ask("POST", "/autoscan/triggers/sonarr", TEST, headers=key)[0].status == 200
    assert site.ask("GET", "/autoscan/api/v1/stats", headers=key)[0].status == 200
    direct = site.program.port
    for path in (f"/{SECRET}", "/triggers/sonarr", f"/autoscan/{SECRET}"):
        assert site.ask("POST", path, TEST, port=direct, headers=key)[0].status == 200, path


def test_autoscan_leads_browsers_only_to_https(site: Site) -> None:
    answer, _ = site.ask("GET", "/autoscan/queue", port=site.program.port, headers={"Accept": "text/html"})
    assert (answer.status, answer.headers["Location"]) == (308, f"https://{HOST}/autoscan/queue")


def test_nginx_redirects_a_post_so_that_it_stays_one_and_logs_no_secret(site: Site) -> None:
    if not (site.folder / "nginx.conf").exists():
        pytest.skip("Caddy's own redirect needs the port 80")
    answer, _ = site.ask("POST", f"/autoscan/{SECRET}", TEST, port=site.plain, headers=WEBHOOK)
    assert (answer.status, answer.headers["Location"]) == (308, f"https://{HOST}/autoscan/{SECRET}")
    assert SECRET not in (site.folder / "log").read_text()
    assert SECRET not in site.program.log
