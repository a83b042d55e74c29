"""A real nginx in front of the API, with the configuration that the how-to page gives to keepers."""

import asyncio
import os
import re
import shutil
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from bridge.ari.install import default_cache
from tests.harness import wait
from tests.harness.certificates import make_certificate
from tests.harness.ports import free_port

PAGE: Final = Path(__file__).parents[2] / "docs/how-to/behind-a-proxy.md"
NAME: Final = "samband.example.se"
UNPACKED: Final = "nginx/usr/sbin/nginx"
"""Below the user's cache, where `tests.prepare` puts it."""
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
_TEMPORARY: Final = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


@dataclass(frozen=True)
class Proxy:
    """A proxy that runs.

    Attributes:
        port: By TLS; `plain_port`: by HTTP.
    """

    port: int
    plain_port: int
    trust: ssl.SSLContext

    def caller(self, address: str = "127.0.0.2", host: str = NAME) -> httpx.AsyncClient:
        """Somebody at this address, by the console's name."""
        transport = httpx.AsyncHTTPTransport(verify=self.trust, local_address=address)
        headers = {"Host": host, "Sec-Fetch-Site": "same-origin"}
        return httpx.AsyncClient(
            transport=transport, base_url=f"https://127.0.0.1:{self.port}", headers=headers, timeout=30
        )


def found() -> str | None:
    """The nginx of this machine, or the one that `tests.prepare` has unpacked."""
    unpacked = default_cache() / UNPACKED
    return str(unpacked) if unpacked.exists() else shutil.which("nginx")


def text_of_the_page(language: str) -> str:
    """The one block of the page in this language.

    Raises:
        ValueError: there is none, or more than one.
    """
    [text] = re.findall(rf"^```{language}\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return str(text)


@asynccontextmanager
async def nginx(folder: Path, to_port: int) -> AsyncIterator[Proxy]:
    """The page's nginx in front of that port; only its addresses and the certificate's place are the test's."""
    certificate = make_certificate(folder)
    port, plain_port = free_port(), free_port()
    page = text_of_the_page("nginx")
    for written, meant in (
        ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
        ("listen 80;", f"listen 127.0.0.1:{plain_port};"),
        ("/etc/ssl/samband/fullchain.pem", str(certificate.file)),
        ("/etc/ssl/samband/key.pem", str(certificate.key)),
        ("127.0.0.1:8080", f"127.0.0.1:{to_port}"),
    ):
        assert written in page, f"the page has no {written}"
        page = page.replace(written, meant)
    page = re.sub(r"^\s*listen \[::\].*\n", "", page, flags=re.MULTILINE)
    temporary = " ".join(f"{name}_temp_path {folder}/{name};" for name in _TEMPORARY)
    user = "user root;" if os.geteuid() == 0 else ""
    configuration = folder / "nginx.conf"
    configuration.write_text(_AROUND.format(folder=folder, user=user, temporary=temporary, page=page))
    program = found()
    assert program is not None, "no nginx: python -m tests.prepare"
    with (folder / "nginx.log").open("wb") as log:
        running = await asyncio.create_subprocess_exec(
            *(program, "-p", str(folder), "-c", str(configuration), "-e", "stderr"), stdout=log, stderr=log
        )
    try:
        proxy = Proxy(port, plain_port, ssl.create_default_context(cafile=str(certificate.file)))
        await wait.until(lambda: _listens(running, folder), 20, what="nginx is up")
        yield proxy
    finally:
        if running.returncode is None:
            running.terminate()
        await asyncio.wait_for(running.wait(), 20)


def _listens(running: asyncio.subprocess.Process, folder: Path) -> bool:
    said = (folder / "nginx.log").read_text(errors="replace")
    assert running.returncode is None, f"nginx ended: {said}"
    return (folder / "nginx.pid").exists()
