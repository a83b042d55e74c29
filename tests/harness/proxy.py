"""A real nginx or Caddy in front of the API, with the configuration that the how-to page gives to keepers."""

import asyncio
import os
import re
import shutil
import socket
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
import psutil  # type: ignore[import-untyped]

from bridge.ari.install import default_cache
from tests.harness import wait
from tests.harness.certificates import make_certificate
from tests.harness.ports import free_port

PAGE: Final = Path(__file__).parents[2] / "docs/how-to/behind-a-proxy.md"
NAME: Final = "samband.example.se"
UNPACKED: Final = {"nginx": "nginx/usr/sbin/nginx", "caddy": "caddy/usr/bin/caddy"}
"""Package of Debian → its program below the user's cache, where `tests.prepare` puts it."""
_AROUND: Final = """
{user}
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log stderr;
events {{ worker_connections 128; }}
http {{
    access_log off;
    {temporary}
{page}
}}
"""
"""As Debian's own nginx.conf is around a site, without root: its files are the test's."""
_AROUND_CADDY: Final = """
{{
    admin off
    grace_period 1s
    http_port {plain_port}
    https_port {port}
    default_bind 127.0.0.1
    default_sni {name}
}}
{page}
"""
"""As the ports of a machine of its own, and no way to it for commands."""
_TEMPORARY: Final = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


@dataclass(frozen=True)
class Proxy:
    """A proxy that runs.

    Attributes:
        port: By TLS; `plain_port`: by HTTP; `to_port`: what it stands in front of.
    """

    port: int
    plain_port: int
    to_port: int
    trust: ssl.SSLContext

    def streams(self) -> int:
        """How many connections it has to what it stands in front of."""
        found = psutil.net_connections("tcp4")
        return sum(one.status == "ESTABLISHED" and one.raddr[1:] == (self.to_port,) for one in found)

    def caller(self, address: str = "127.0.0.2", host: str = NAME) -> httpx.AsyncClient:
        """Somebody at this address, by the console's name."""
        transport = httpx.AsyncHTTPTransport(verify=self.trust, local_address=address)
        headers = {"Host": host, "Sec-Fetch-Site": "same-origin"}
        return httpx.AsyncClient(
            transport=transport, base_url=f"https://127.0.0.1:{self.port}", headers=headers, timeout=30
        )


def found(package: str) -> str | None:
    """The program of this machine, or the one that `tests.prepare` has unpacked."""
    unpacked = default_cache() / UNPACKED[package]
    return str(unpacked) if unpacked.exists() else shutil.which(package)


def text_of_the_page(language: str) -> str:
    """The one block of the page in this language.

    Raises:
        ValueError: there is none, or more than one.
    """
    [text] = re.findall(rf"^```{language}\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return str(text)


@asynccontextmanager
async def proxied(package: str, folder: Path, to_port: int) -> AsyncIterator[Proxy]:
    """The page's proxy in front of that port; only its addresses and the certificate's place are the test's."""
    certificate = make_certificate(folder, names=[NAME])
    port, plain_port = free_port(), free_port()
    put = {"folder": folder, "port": port, "plain_port": plain_port, "name": NAME}
    page = _with(text_of_the_page(package), {"127.0.0.1:8080": f"127.0.0.1:{to_port}"})
    tls = {"/etc/ssl/samband/fullchain.pem": str(certificate.file), "/etc/ssl/samband/key.pem": str(certificate.key)}
    configuration = folder / f"{package}.conf"
    if package == "nginx":
        page = _with(
            page, {"listen 443 ssl": f"listen 127.0.0.1:{port} ssl", "listen 80;": f"listen {plain_port};", **tls}
        )
        page = re.sub(r"^\s*listen \[::\].*\n", "", page, flags=re.MULTILINE)
        put["temporary"] = " ".join(f"{name}_temp_path {folder}/{name};" for name in _TEMPORARY)
        put["user"] = "user root;" if os.geteuid() == 0 else ""
        configuration.write_text(_AROUND.format(page=page, **put))
        words = ["-p", str(folder), "-c", str(configuration), "-e", "stderr"]
    else:
        page = _with(page, {f"{NAME} {{": f"{NAME} {{\n\ttls {' '.join(tls.values())}"})
        configuration.write_text(_AROUND_CADDY.format(page=page, **put))
        words = ["run", "--adapter", "caddyfile", "--config", str(configuration)]
    program = found(package)
    assert program is not None, f"no {package}: python -m tests.prepare"
    environment = {**os.environ, "HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    log = folder / f"{package}.log"
    with log.open("wb") as out:
        running = await asyncio.create_subprocess_exec(program, *words, env=environment, stdout=out, stderr=out)
    try:
        await wait.until(lambda: _listens(running, port, log), 30, what=f"{package} is up")
        yield Proxy(port, plain_port, to_port, ssl.create_default_context(cafile=str(certificate.file)))
    finally:
        if running.returncode is None:
            running.terminate()
        await asyncio.wait_for(running.wait(), 30)


def _with(page: str, changes: Mapping[str, str]) -> str:
    for written, meant in changes.items():
        assert written in page, f"the page has no {written}"
        page = page.replace(written, meant)
    return page


def _listens(running: asyncio.subprocess.Process, port: int, log: Path) -> bool:
    assert running.returncode is None, log.read_text(errors="replace")
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", port)) == 0
