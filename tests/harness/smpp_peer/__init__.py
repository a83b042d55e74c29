"""A second SMPP stack, npm's `smpp` (MIT), at the far end of a line. Its code and ours share nothing.

`python -m tests.prepare` fetches it by npm, as three packages with the hashes below. Nothing of it is in the product.
"""

import asyncio
import base64
import hashlib
import json
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from bridge.ari.install import default_cache
from tests.harness import wait

PEER: Final = Path(__file__).with_name("peer.js")
FETCH_S: Final = 120
PACKAGES: Final[Mapping[str, str]] = {
    "smpp@0.5.1": "ekPCZJVuGcN3tvtJeykwWz4jzz+jZ791cHU7p5ihrcOxvmywTxOI4odmOtqyxBmPeIFvHb3gCgdrjA11BuRzSw==",
    "iconv-lite@0.6.3": "4fCk79wshMdzMp2rH06qWrJE4iolqLhCUH+OiuIgU++RB0+94NlDL81atO7GX55uUKueo0txHNtvEyI6D7WdMw==",
    "safer-buffer@2.1.2": "YZo3K82SD7Riyi0E1EQPojLz7kpepnSQI9IyPbHHg1XXXevb5dJI7tpyN2ADxGcQbHG7vcyRHk0cbwqcQriUtg==",
}
"""Package → SHA-512 of its archive, base64, as npm's own `integrity`."""


class NotFetched(Exception):
    """A package is missing, or is not the one whose hash is known."""


def folder(cache: Path | None = None) -> Path:
    """Where the packages are, named after their hashes: other ones are fetched anew."""
    mark = hashlib.sha256(json.dumps(PACKAGES, sort_keys=True).encode()).hexdigest()[:12]
    return (cache or default_cache()) / f"smpp-peer-{mark}"


def fetch(cache: Path | None = None) -> Path:
    """The packages, fetched where they are not there yet. Their archives are unpacked, and no script of theirs is run.

    Raises:
        NotFetched: One is not to be had, or has another hash.
    """
    there = folder(cache)
    if there.exists():
        return there
    there.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=there.parent) as made:
        modules = Path(made) / "made" / "node_modules"
        for package, known in PACKAGES.items():
            archive = _archive(package, Path(made))
            found = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
            if found != known:
                raise NotFetched(f"{package} has the hash {found}")
            _unpack(archive, modules / package.partition("@")[0])
        modules.parent.rename(there)
    return there


def _archive(package: str, into: Path) -> Path:
    npm = shutil.which("npm")
    if npm is None:
        raise NotFetched("npm is missing")
    command = [npm, "pack", package, "--silent", "--pack-destination", str(into)]
    try:
        done = subprocess.run(command, cwd=into, capture_output=True, text=True, timeout=FETCH_S, check=False)
    except subprocess.TimeoutExpired as error:
        raise NotFetched(f"`{' '.join(command)}` took more than {FETCH_S} s") from error
    archive = into / f"{package.replace('@', '-')}.tgz"
    if done.returncode != 0 or not archive.exists():
        raise NotFetched(f"`{' '.join(command)}` failed: {done.stderr[-500:]}")
    return archive


def _unpack(archive: Path, to: Path) -> None:
    """An archive of npm has one folder."""
    beside = to.with_suffix(".packed")
    with tarfile.open(archive) as packed:
        packed.extractall(beside, filter="data")
    (only,) = beside.iterdir()
    to.parent.mkdir(parents=True, exist_ok=True)
    only.rename(to)
    beside.rmdir()


class Peer:
    """The far end. `seen` is everything that it has told, in order."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.seen: list[dict[str, Any]] = []

    async def listen(self) -> None:
        assert self._process.stdout is not None
        while line := await self._process.stdout.readline():
            self.seen.append(json.loads(line))

    def orders(self, order: str, **more: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"order": order, **more}).encode() + b"\n")

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [one for one in self.seen if one["kind"] == kind]

    async def tells(self, kind: str, count: int = 1) -> list[dict[str, Any]]:
        """Wait until it has told so many of a kind."""
        await wait.until(lambda: len(self.of(kind)) >= count, 20, what=f"{kind} × {count}", seen=lambda: str(self.seen))
        return self.of(kind)


@asynccontextmanager
async def a_peer(role: str, port: int) -> AsyncIterator[Peer]:
    """`role`: `server` or `client`."""
    node, packages = shutil.which("node"), folder()
    assert node is not None, "node is missing: python -m tests.prepare"
    assert packages.exists(), "the second SMPP stack is missing: python -m tests.prepare"
    process = await asyncio.create_subprocess_exec(
        *(node, str(PEER), role, str(port)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={"NODE_PATH": str(packages / "node_modules"), "PATH": ""},
    )
    peer = Peer(process)
    listening = asyncio.create_task(peer.listen())
    try:
        await peer.tells("ready")
        yield peer
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()
        await listening
