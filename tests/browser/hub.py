"""A JupyterHub with two users behind configurable-http-proxy with TLS, all on this computer."""

from __future__ import annotations

import secrets
import shutil
import socket
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from playwright.sync_api import Page, expect

from helpers.setup import copies, environment
from tests.browser.conftest import JupyterLab
from tests.programs import missing

ROOT = Path(__file__).parents[2]
PROXY = ROOT / "tests/clients/js/node_modules/configurable-http-proxy/bin/configurable-http-proxy"
USERS = ("ann@example.org", "bob")  # many hubs have e-mail addresses for names
_SECONDS = 90

_CONFIG = """
c.JupyterHub.authenticator_class = "dummy"
c.JupyterHub.spawner_class = "simple"
c.JupyterHub.bind_url = "{url}"
c.JupyterHub.ssl_key = "{home}/key.pem"
c.JupyterHub.ssl_cert = "{home}/cert.pem"
c.JupyterHub.hub_port = {hub_port}
c.JupyterHub.db_url = "sqlite://"
c.JupyterHub.cookie_secret_file = "{home}/cookie_secret"
c.JupyterHub.log_level = "WARN"
c.ConfigurableHTTPProxy.command = ["{node}", "{proxy}"]
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{proxy_port}"
c.ConfigurableHTTPProxy.pid_file = "{home}/proxy.pid"
c.Authenticator.allow_all = True
c.DummyAuthenticator.password = "{password}"
c.SimpleLocalProcessSpawner.home_dir_template = "{home}/{{username}}"
c.Spawner.cmd = ["{python}", "-m", "jupyterhub.singleuser"]
c.Spawner.args = {args}
c.Spawner.environment = {variables}
c.Spawner.start_timeout = {seconds}
c.Spawner.http_timeout = {seconds}
"""


class Hub:
    """A hub at `url`, and how its users sign in."""

    def __init__(self, url: str, password: str, home: Path) -> None:
        self.url, self.password, self.home = url, password, home

    def sign_in(self, page: Page, user: str) -> JupyterLab:
        """Sign in and wait for the user's own Jupyter server."""
        page.goto(f"{self.url}/hub/login")
        page.locator("#username_input").fill(user)
        page.locator("#password_input").fill(self.password)
        page.locator("#login_submit").click()
        page.wait_for_url(f"{self.url}/user/{user}/**", timeout=_SECONDS * 1000)
        expect(page.locator("#jp-main-dock-panel")).to_be_visible(timeout=_SECONDS * 1000)
        return JupyterLab(f"{self.url}/user/{user}/", "", self.home / user / "work")


@contextmanager
def hub(home: Path, variables: dict[str, str]) -> Iterator[Hub]:
    """A hub whose users' servers have these further environment variables."""
    node = shutil.which("node")
    if node is None or not PROXY.exists():
        missing("no configurable-http-proxy: npm ci --prefix tests/clients/js")
    port, hub_port, proxy_port = _ports(3)
    made = Hub(f"https://127.0.0.1:{port}", secrets.token_hex(16), home)
    for user in USERS:
        (home / user).mkdir()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(copies, "WORK", home / user / "work")
            copies.prepare()
    _make_certificate(home)
    config = home / "jupyterhub_config.py"
    around = environment.child_variables(sys.executable)
    text = _CONFIG.format(
        url=made.url,
        hub_port=hub_port,
        proxy_port=proxy_port,
        home=home,
        node=node,
        proxy=PROXY,
        password=made.password,
        python=sys.executable,
        args=["--allow-root", "--LabApp.expose_app_in_browser=True"],
        variables={"PYTHONPATH": around["PYTHONPATH"], "S3_LESSONS_PROGRESS": "off", **variables},
        seconds=_SECONDS,
    )
    config.write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "jupyterhub", "-f", str(config)]
    around |= {"CONFIGPROXY_AUTH_TOKEN": secrets.token_hex(16)}
    with open(home / "hub.log", "wb") as log:
        process = subprocess.Popen(command, env=around, stdout=log, stderr=log, cwd=home)
    try:
        _wait(made, process)
        yield made
    finally:
        process.terminate()  # it ends its users' servers and the proxy
        try:
            process.wait(timeout=_SECONDS)
        finally:
            process.kill()
            process.wait()


def _ports(count: int) -> list[int]:
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def _make_certificate(home: Path) -> None:
    """key.pem and cert.pem, for 127.0.0.1 alone."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "the tests' hub")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(
        name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1)
    )
    address = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    made = made.add_extension(address, critical=False)
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    pem = serialization.Encoding.PEM
    (home / "cert.pem").write_bytes(made.sign(key, hashes.SHA256()).public_bytes(pem))
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (home / "key.pem").write_bytes(private)
    (home / "key.pem").chmod(0o600)


def _wait(made: Hub, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _SECONDS
    known = ssl.create_default_context(cafile=made.home / "cert.pem")
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(f"{made.url}/hub/health", timeout=5, context=known).close()
            return
        except OSError:
            time.sleep(0.1)  # it is starting: there is nothing else to wait for
    log = (made.home / "hub.log").read_text(encoding="utf-8", errors="replace")
    raise AssertionError(f"JupyterHub did not start:\n{log[-3000:]}")
