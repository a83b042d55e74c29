"""A private Asterisk: Debian's own packages, checked by Debian's own signature, unpacked into the user's cache.

Nothing is installed on the system and no root is needed. `apt-get` works on its own directories with an empty status
file, and `dpkg -x` unpacks. The programs run by the tree's own loader against the tree's own libraries.
"""

import fcntl
import json
import os
import platform
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

import structlog

from bridge import files
from bridge.ari.reasons import InstallReason
from bridge.domain.kernel.reasons import Reason
from bridge.ports import PortError

log = structlog.get_logger(__name__)

MINIMUM_VERSION: Final = (22, 10, 1)
"""The security release of 2026-06-25: twenty advisories, among them CVE-2026-57191 (one NOTIFY stops SIP for good)."""

PACKAGES: Final = ("asterisk", "espeak-ng", "espeak-ng-data")
SUITES: Final = ("forky", "sid")
"""Debian 12 and 13 carry no Asterisk; the first of these that has one new enough is taken."""

KEYRING: Final = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
FALLBACK_MIRROR: Final = "http://deb.debian.org/debian"
NEEDED_BYTES: Final = 500_000_000
"""Packages (80 MB) and tree (300 MB) lie beside each other for a moment."""

_STAMP: Final = "samband-tree.json"
_APT_S: Final = 900.0


class Step(StrEnum):
    """Each is a key of the catalogue's section `step`."""

    WAITING = "waiting"
    """For another installation."""
    READING = "reading"
    """Debian's list of packages."""
    DOWNLOADING = "downloading"
    UNPACKING = "unpacking"
    READY = "ready"
    SPEAKING = "speaking"
    """Prompts."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an installation or a rendering has come: `done` of `total` units of the step."""

    step: Step
    done: int
    total: int


Report = Callable[[Progress], None]


class InstallError(PortError):
    """Asterisk cannot be had. The reason names what is missing and the remedy."""

    def __init__(self, reason: Reason, *, retry: bool = False, evidence: str = "") -> None:
        super().__init__("asterisk", reason, retry=retry, evidence=evidence)


@dataclass(frozen=True, slots=True)
class AsteriskTree:
    """An Asterisk that can be run: the private tree, or the system's own."""

    binary: Path
    modules_dir: Path
    data_dir: Path
    """Where Asterisk's own documentation XML lies, without which it warns about every setting."""
    root: Path | None
    """Top of the private tree; `None` when the system's libraries are used."""

    def command(self, *args: str) -> list[str]:
        """The argument list that runs Asterisk itself."""
        return [*self._loader(), str(self.binary), *args]

    def program(self, name: str) -> list[str]:
        """The argument list that runs another program of the tree, such as `espeak-ng`.

        Raises:
            InstallError: There is no such program.
        """
        if self.root is None:
            found = shutil.which(name)
            if found is None:
                raise InstallError(InstallReason.PROGRAM_MISSING(program=name))
            return [found]
        path = self.root / "usr/bin" / name
        if not path.exists():
            raise InstallError(InstallReason.TREE_WITHOUT_PROGRAM(program=name, tree=str(self.root)))
        return [*self._loader(), str(path)]

    def environment(self) -> dict[str, str]:
        """The variables that the tree's programs need beside the caller's environment."""
        return {} if self.root is None else {"ESPEAK_DATA_PATH": str(_library_dir(self.root))}

    def version(self) -> tuple[int, int, int]:
        """The version that the program reports.

        Raises:
            InstallError: It does not run, or gives no version.
        """
        try:
            done = subprocess.run(self.command("-V"), capture_output=True, text=True, timeout=20, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise InstallError(InstallReason.DOES_NOT_RUN(program=str(self.binary)), evidence=str(error)) from error
        return parse_version(done.stdout, done.stderr)

    def _loader(self) -> list[str]:
        if self.root is None:
            return []
        libraries = _library_dir(self.root)
        loaders = sorted(libraries.glob("ld-linux*.so.*"))
        if not loaders:
            raise InstallError(InstallReason.TREE_WITHOUT_LOADER(tree=str(self.root)))
        paths = [libraries, *(path for path in (libraries / "pulseaudio",) if path.is_dir())]
        return [str(loaders[0]), "--library-path", ":".join(map(str, paths))]


def parse_version(text: str, evidence: str = "") -> tuple[int, int, int]:
    """`Asterisk 22.10.1~dfsg+~cs6.15-1` or a package version → (22, 10, 1).

    Raises:
        InstallError: No version in the text.
    """
    found = re.search(r"(\d+)\.(\d+)\.(\d+)", text)
    if found is None:
        raise InstallError(InstallReason.NO_VERSION(), evidence=(evidence or text)[-300:])
    return int(found[1]), int(found[2]), int(found[3])


def use_installed(binary: Path) -> AsteriskTree:
    """An Asterisk that somebody else installed (`asterisk.binary`).

    Raises:
        InstallError: Not there, too old, or its modules are nowhere to be found.
    """
    if not binary.is_file():
        raise InstallError(InstallReason.BINARY_NOT_THERE(program=str(binary)))
    roots = (Path("/usr/lib") / _triplet(), Path("/usr/lib64"), Path("/usr/lib"))
    modules = next((root / "asterisk/modules" for root in roots if (root / "asterisk/modules").is_dir()), None)
    if modules is None:
        raise InstallError(InstallReason.MODULES_NOT_FOUND(program=str(binary)))
    data = next((d for d in (Path("/usr/share/asterisk"), Path("/var/lib/asterisk")) if d.is_dir()), modules)
    tree = AsteriskTree(binary=binary, modules_dir=modules, data_dir=data, root=None)
    _refuse_old(tree.version(), str(binary))
    return tree


def ensure_tree(cache: Path | None = None, progress: Report | None = None) -> AsteriskTree:
    """The private tree: found in the cache without touching the network, or made.

    Args:
        cache: Folder of trees; default `$XDG_CACHE_HOME/samband`, else `~/.cache/samband`. Clones share it.
        progress: Told each step, from the calling thread.

    Raises:
        InstallError: With what is missing (program, key, disk, network) and the remedy. Nothing half-made stays.
    """
    folder = cache or default_cache()
    found = find_tree(folder)
    if found is not None:
        return found
    report = progress or (lambda _: None)
    _check_machine(folder)
    with _lock(folder, report):
        found = find_tree(folder)  # another clone may have made it while we waited
        return found if found is not None else _make(folder, report)


def find_tree(cache: Path) -> AsteriskTree | None:
    """The newest complete tree in the folder, or nothing."""
    best: tuple[tuple[int, int, int], Path] | None = None
    for stamp in cache.glob(f"asterisk-*/{_STAMP}"):
        try:
            made = json.loads(stamp.read_text())
            version = parse_version(made["version"])
        except (OSError, ValueError, KeyError, TypeError, InstallError) as error:
            log.warning("asterisk_tree_stamp_unreadable", path=str(stamp), error=str(error))
            continue
        fits = version >= MINIMUM_VERSION and set(PACKAGES) <= set(made.get("packages", ()))
        if fits and made.get("machine") == platform.machine() and (best is None or version > best[0]):
            best = (version, stamp.parent)
    return None if best is None else _tree_at(best[1])


def _tree_at(root: Path) -> AsteriskTree:
    return AsteriskTree(
        binary=root / "usr/sbin/asterisk",
        modules_dir=_library_dir(root) / "asterisk/modules",
        data_dir=root / "usr/share/asterisk",
        root=root,
    )


def _triplet() -> str:
    return f"{platform.machine()}-linux-gnu"


def _library_dir(root: Path) -> Path:
    return root / "usr/lib" / _triplet()


def default_cache() -> Path:
    """Where trees lie unless said otherwise: `$XDG_CACHE_HOME/samband`, else `~/.cache/samband`."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "samband"


def _refuse_old(version: tuple[int, int, int], where: str) -> None:
    if version < MINIMUM_VERSION:
        have, need = (".".join(map(str, v)) for v in (version, MINIMUM_VERSION))
        raise InstallError(InstallReason.TOO_OLD(program=where, version=have, needed=need))


def _check_machine(cache: Path) -> None:
    for program, package in (("apt-get", "apt"), ("dpkg", "dpkg")):
        if shutil.which(program) is None:
            raise InstallError(InstallReason.NO_WAY_TO_DEBIAN(program=program, package=package))
    if not KEYRING.is_file():
        raise InstallError(InstallReason.NO_KEYRING(file=str(KEYRING)))
    try:
        cache.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(cache).free
    except OSError as error:
        raise InstallError(InstallReason.CACHE_NOT_WRITTEN(folder=str(cache)), evidence=str(error)) from error
    if free < NEEDED_BYTES:
        raise InstallError(
            InstallReason.NO_ROOM(folder=str(cache), needed_mb=NEEDED_BYTES // 10**6, free_mb=free // 10**6)
        )


@contextmanager
def _lock(cache: Path, report: Report) -> Iterator[None]:
    with (cache / "asterisk.lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            report(Progress(Step.WAITING, 0, 1))
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _make(cache: Path, report: Report) -> AsteriskTree:
    for leftover in cache.glob(".making-*"):  # of an installation that was killed; we hold the lock
        shutil.rmtree(leftover, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=".making-", dir=cache) as made:
        work = Path(made)
        work.chmod(0o755)
        packages, version = _download(work, report)
        root = work / "tree"
        root.mkdir()
        for done, package in enumerate(packages):
            report(Progress(Step.UNPACKING, done, len(packages)))
            _run(["dpkg", "-x", str(package), str(root)], InstallReason.PACKAGE_DAMAGED())
        tree = _tree_at(root)
        running = tree.version()
        if running < MINIMUM_VERSION:
            raise InstallError(InstallReason.DEBIAN_TOO_OLD(), evidence=version)
        stamp = {"version": version, "packages": PACKAGES, "machine": platform.machine()}
        os.sync()  # the stamp says that all of it is there
        files.replace_file(root / _STAMP, json.dumps(stamp).encode(), mode=0o644)
        final = cache / f"asterisk-{'.'.join(map(str, running))}"
        shutil.rmtree(final, ignore_errors=True)  # a tree that find_tree did not accept
        root.rename(final)
        files.sync_folder(cache)
    report(Progress(Step.READY, 1, 1))
    log.info("asterisk_tree_made", version=version, packages=len(packages))
    return _tree_at(final)


def _download(work: Path, report: Report) -> tuple[list[Path], str]:
    """Fetch the packages of the first suite that has an Asterisk new enough; give their files and the version."""
    seen = ""
    for suite in SUITES:
        apt = _Apt.prepare(work / suite, suite)
        report(Progress(Step.READING, 0, 1))
        apt.get("update", report=report, step=Step.READING)
        offered = apt.candidate("asterisk")
        if offered is None or parse_version(offered) < MINIMUM_VERSION:
            seen += f" {suite}: {offered or 'none'};"
            continue
        apt.get(
            "install", "--download-only", "--no-install-recommends", *PACKAGES, report=report, step=Step.DOWNLOADING
        )
        return sorted((apt.folder / "cache/archives").glob("*.deb")), offered
    raise InstallError(InstallReason.DEBIAN_TOO_OLD(), evidence=seen.strip())


@dataclass(frozen=True, slots=True)
class _Apt:
    folder: Path

    @classmethod
    def prepare(cls, folder: Path, suite: str) -> "_Apt":
        for name in ("state/lists/partial", "cache/archives/partial", "etc"):
            (folder / name).mkdir(parents=True)
        (folder / "status").touch()
        (folder / "etc/sources.list").write_text(f"deb [signed-by={KEYRING}] {debian_mirror()} {suite} main\n")
        (folder / "etc/apt.conf").write_text(_network_settings())
        return cls(folder)

    def options(self) -> list[str]:
        settings = {
            "Dir::State": self.folder / "state",
            "Dir::State::status": self.folder / "status",
            "Dir::Cache": self.folder / "cache",
            "Dir::Etc::sourcelist": self.folder / "etc/sources.list",
            "Dir::Etc::sourceparts": "/dev/null",
            "Dir::Etc::main": self.folder / "etc/apt.conf",
            "Dir::Etc::parts": "/dev/null",  # the system's hooks are about the system
            "Dir::Etc::preferences": "/dev/null",
            "Dir::Etc::preferencesparts": "/dev/null",
            "Acquire::Check-Valid-Until": "false",  # mirrors may be frozen; the signature is always checked
            "Acquire::Languages": "none",
            "Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled": "false",
            "Acquire::Retries": "3",
            "Acquire::http::Timeout": "30",
            "APT::Sandbox::User": "root",  # `_apt` may not enter a private home
            "APT::Install-Recommends": "false",
            "APT::Get::Assume-Yes": "true",
            "APT::Update::Error-Mode": "any",
            "APT::Status-Fd": "1",
            "Debug::NoLocking": "true",
        }
        return [part for name, value in settings.items() for part in ("-o", f"{name}={value}")]

    def get(self, *args: str, report: Report, step: Step) -> None:
        command = ["apt-get", *self.options(), "-q", *args]
        with tempfile.TemporaryFile("w+") as errors:
            with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, env=_plain()) as running:
                try:
                    for line in running.stdout or ():
                        found = re.match(r"dlstatus:\d+:([\d.]+):", line)
                        if found:
                            report(Progress(step, round(float(found[1])), 100))
                except BaseException:  # Ctrl-C: it must not write into a folder that goes
                    running.kill()
                    raise
            if running.returncode != 0:
                errors.seek(0)
                raise InstallError(
                    InstallReason.PACKAGES_NOT_FETCHED(),
                    retry=True,
                    evidence=errors.read()[-600:].strip(),
                )

    def candidate(self, package: str) -> str | None:
        done = _run(["apt-cache", *self.options(), "policy", package], InstallReason.APT_SILENT(program="apt-cache"))
        found = re.search(r"Candidate: (?!\(none\))(\S+)", done)
        return found[1] if found else None


def _network_settings() -> str:
    """The system's own way to its mirror (proxy, transport), and none of its hooks."""
    dump = _run(["apt-config", "dump"], InstallReason.APT_SILENT(program="apt-config"))
    return "\n".join(line for line in dump.splitlines() if re.match(r'Acquire::\S+ ".+";$', line)) + "\n"


def debian_mirror(etc: Path = Path("/etc/apt")) -> str:
    """The Debian mirror that this system itself uses, or Debian's public one (on Ubuntu, say)."""
    files = [etc / "sources.list", *sorted((etc / "sources.list.d").glob("*"))]
    for file in (file for file in files if file.is_file()):
        for line in file.read_text(errors="replace").splitlines():
            if not re.match(r"\s*(URIs:|deb\s)", line):
                continue
            found = re.search(r"\S+://\S+/debian/?(?=\s|$)", line)
            if found:
                return found[0].rstrip("/")
    return FALLBACK_MIRROR


def _plain() -> dict[str, str]:
    return {**os.environ, "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}


def _run(command: Sequence[str], fault: Reason) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_APT_S, check=False, env=_plain())
    except (OSError, subprocess.TimeoutExpired) as error:
        raise InstallError(fault, evidence=str(error)) from error
    if done.returncode != 0:
        raise InstallError(fault, evidence=done.stderr[-600:].strip())
    return done.stdout
