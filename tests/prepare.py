"""`python -m tests.prepare`: everything the tests need beyond Python packages, with progress.

The Asterisk tree and its sounds go into the user's cache. So do Debian's nginx and Caddy, and a second SMPP stack.
SIPp, Chromium and Node are Debian packages. They are installed when they are missing and this is root; otherwise the
command to run is named.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bridge.ari.config import templates_dir
from bridge.ari.install import Progress, default_cache, ensure_tree
from bridge.ari.prompts import render
from bridge.ports import PortError
from tests.harness import proxy, smpp_peer

APT_S: Final = 900


class Unprepared(Exception):
    """Something is missing. The text says what, and what to do."""


@dataclass(frozen=True)
class Program:
    """A program of a Debian package that tests run."""

    commands: tuple[str, ...]
    package: str
    purpose: str

    def found(self) -> str | None:
        return next((path for command in self.commands if (path := shutil.which(command))), None)


PROGRAMS: Final = (
    Program(("sipp",), "sip-tester", "crowds of telephones"),
    Program(("strace",), "strace", "a disk that refuses"),
    Program(("systemd-analyze",), "systemd", "the units, read by systemd itself"),
    Program(("chromium-headless-shell",), "chromium-headless-shell", "the console in a real browser"),
    Program(("node",), "nodejs", "a second SMPP stack"),
    Program(("npm",), "npm", "the packages of that stack"),
    Program(("unzip",), "unzip", "packages, opened as people open them"),
    Program(("7z",), "p7zip-full", "packages, opened as Windows' people open them"),
    Program(("bsdtar",), "libarchive-tools", "packages, opened as macOS opens them"),
    Program(("jar",), "default-jdk-headless", "packages, opened by Java"),
    Program(("openssl",), "openssl", "the verifier of a package, an authority of time stamps"),
)


def say(text: str) -> None:
    print(f"prepare: {text}", flush=True)


def asterisk() -> None:
    """The Asterisk tree, and every prompt spoken once."""
    tree = ensure_tree(progress=_Bar("Asterisk"))
    say(f"Asterisk {'.'.join(map(str, tree.version()))}: {tree.binary}")
    render(tree, templates_dir() / "prompts", default_cache() / "test-prompts", progress=_Bar("prompts"))
    say("prompts are spoken")


def programs() -> None:
    """The Debian packages."""
    missing = [program for program in PROGRAMS if program.found() is None]
    if missing:
        packages = [program.package for program in missing]
        wanted = "; ".join(f"{program.package} ({program.purpose})" for program in missing)
        command = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
        if os.geteuid() != 0 or shutil.which("apt-get") is None:
            raise Unprepared(f"missing: {wanted}. Run: sudo {' '.join(command)}")
        say(f"installing {wanted}")
        _apt(["apt-get", "update", "-qq"])
        _apt(command)
    for program in PROGRAMS:
        if (path := program.found()) is None:
            raise Unprepared(f"{program.package} is installed but none of {', '.join(program.commands)} is in PATH")
        say(f"{program.package}: {path}")


def proxies() -> None:
    """nginx and Caddy, unpacked into the user's cache. Debian's packages would start services."""
    for package in proxy.UNPACKED:
        if proxy.found(package) is None:
            _unpack(package)
        say(f"{package}: {proxy.found(package)}")


def _unpack(package: str) -> None:
    with tempfile.TemporaryDirectory() as work:
        command = ["apt-get", "download", package]
        try:
            _apt(command, work)
        except Unprepared:
            if os.geteuid() != 0:
                raise
            _apt(["apt-get", "update", "-qq"])
            _apt(command, work)
        [file] = Path(work).glob(f"{package}_*.deb")
        _apt(["dpkg", "-x", str(file), f"{work}/tree"])
        shutil.copytree(f"{work}/tree", default_cache() / package, dirs_exist_ok=True)


def telephones() -> None:
    """The SIP phones' native library loads here."""
    done = subprocess.run([sys.executable, "-c", "import baresip"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or ["no reason given"]
        raise Unprepared(f"the SIP phone (baresip-python) does not load: {lines[-1]}")
    say("SIP phones load")


def smpp() -> None:
    """The second SMPP stack, three packages of npm by their hashes."""
    try:
        say(f"a second SMPP stack: {smpp_peer.fetch()}")
    except smpp_peer.NotFetched as error:
        raise Unprepared(str(error)) from error


def main() -> int:
    steps: tuple[Callable[[], None], ...] = (programs, proxies, telephones, smpp, asterisk)
    started_s = time.monotonic()
    for step in steps:
        try:
            step()
        except (Unprepared, PortError) as error:
            say(f"cannot go on: {error}")
            return 1
    say(f"ready after {time.monotonic() - started_s:.0f} s")
    return 0


class _Bar:
    """One line a step, and one each tenth of it."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._last = ("", -1)

    def __call__(self, progress: Progress) -> None:
        tenth = 10 * progress.done // max(1, progress.total)
        if (progress.step, tenth) != self._last:
            self._last = (progress.step, tenth)
            say(f"{self._what}: {progress.step} {progress.done}/{progress.total}")


def _apt(command: list[str], folder: str | None = None) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=APT_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise Unprepared(f"`{' '.join(command)}` took more than {APT_S} s") from error
    if done.returncode != 0:
        raise Unprepared(f"`{' '.join(command)}` failed:\n{done.stderr[-2000:]}")


if __name__ == "__main__":
    sys.exit(main())
