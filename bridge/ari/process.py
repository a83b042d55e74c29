"""Start, find, ask and stop Asterisk. It is no part of the controller's life: calls go on when the controller dies."""

import asyncio
import errno
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from bridge.ari.config import REQUIRED_MODULES, AsteriskDirs
from bridge.ari.install import AsteriskTree
from bridge.ari.reasons import StartReason
from bridge.ari.scheduling import prefer
from bridge.ari.settings import AsteriskSettings
from bridge.ari.sockets import seclude
from bridge.domain.kernel.reasons import Reason
from bridge.ports import PortError

log = structlog.get_logger(__name__)

_BOOT_S: Final = 30.0
_STOP_S: Final = 5.0
_HANG_UP_S: Final = 2.0
_COMMAND_S: Final = 10.0
_LOOK_AGAIN_S: Final = 0.05


@dataclass(frozen=True, slots=True)
class Status:
    """The state of the Asterisk of this state directory."""

    pid: int | None
    """`None` when it does not run."""
    answers: bool
    """Whether it is fully booted and answers on its console."""
    stale: bool
    """Whether its configuration was written anew after it started."""


class AsteriskProcess:
    """The one Asterisk of a state directory, started by us or found running."""

    def __init__(self, tree: AsteriskTree, dirs: AsteriskDirs, settings: AsteriskSettings) -> None:
        self._tree = tree
        self._dirs = dirs
        self._settings = settings
        self._child: subprocess.Popen[bytes] | None = None

    async def ensure_running(self) -> Status:
        """Adopt the Asterisk that runs for this state directory, or start one; returns when it takes calls.

        Raises:
            PortError: A port is taken, or Asterisk does not come up; the evidence is what it said.
        """
        pid = self.pid()
        if pid is None:
            try:
                await asyncio.to_thread(self._start)
            except OSError as error:
                raise _not_run(error) from error
        else:
            log.info("asterisk_adopted", pid=pid)
        await self._wait_until_booted()
        if pid is None:
            await asyncio.to_thread(self._seclude)
        await asyncio.to_thread(self._prefer)
        await self._check_modules()
        status = await self.status()
        if status.stale:
            log.warning("asterisk_configuration_newer_than_process", remedy="restart Asterisk when no call is up")
        return status

    async def status(self) -> Status:
        pid = self.pid()
        if pid is None:
            return Status(pid=None, answers=False, stale=False)
        try:
            answers = "fully booted" in await self.rx("core waitfullybooted")
        except PortError:
            answers = False
        return Status(pid=pid, answers=answers, stale=self._is_stale())

    async def rx(self, command: str, *, within_s: float = _COMMAND_S) -> str:
        """One command on Asterisk's console; gives what it prints.

        Raises:
            PortError: Asterisk does not run, or gives no answer in time.
        """
        args = self._tree.command("-C", str(self._dirs.config_file), "-rx", command)
        try:
            running = await asyncio.create_subprocess_exec(
                *args, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
            )
        except OSError as error:
            raise _not_run(error) from error
        try:
            async with asyncio.timeout(within_s):
                printed, _ = await running.communicate()
        except TimeoutError as error:
            raise PortError("asterisk", StartReason.CONSOLE_SILENT(), retry=True, evidence=command) from error
        finally:
            if running.returncode is None:
                running.kill()
                await running.wait()
        text = printed.decode(errors="replace")
        if running.returncode != 0:
            raise PortError("asterisk", StartReason.CONSOLE_REFUSES(), retry=True, evidence=text[-300:].strip())
        return text

    async def stop(self, *, wait_for_calls_s: float = 0.0) -> None:
        """End Asterisk: asked first, then by SIGTERM, then by SIGKILL. One that does not run is no error.

        Args:
            wait_for_calls_s: New calls are refused and running ones may finish, so long at most.
        """
        pid = self.pid()
        if pid is None:
            return
        if wait_for_calls_s > 0:
            await self._ask("core stop gracefully")
            if await self._gone(wait_for_calls_s):
                return
        if await self._hang_up_all():
            await self._ask("core stop now")
            if await self._gone(_STOP_S):
                return
        for how in (signal.SIGTERM, signal.SIGKILL):
            log.warning("asterisk_does_not_stop", pid=pid, signal=how.name)
            with suppress(ProcessLookupError):
                os.kill(pid, how)
            if await self._gone(_STOP_S):
                return
        raise PortError("asterisk", StartReason.DOES_NOT_END(process=pid), retry=False)

    def pid(self) -> int | None:
        """The process id of the Asterisk that runs with our configuration, told by the pid file and `/proc`."""
        if self._child is not None:
            if self._child.poll() is None:
                return self._child.pid
            self._child = None
        try:
            pid = int((self._dirs.run / "asterisk.pid").read_text())
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except (OSError, ValueError):
            return None
        return pid if os.fsencode(self._dirs.config_file) in words else None

    def _start(self) -> None:
        check_ports(self._settings)
        (self._dirs.run / "asterisk.pid").unlink(missing_ok=True)
        said = self._dirs.log / "console.log"
        said.write_bytes(b"")
        with said.open("ab") as output:  # appended to, so that it can be cut short while it is written
            self._child = subprocess.Popen(
                self._tree.command("-C", str(self._dirs.config_file), "-f", "-n"),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self._dirs.base,
                start_new_session=True,  # Ctrl-C in the controller's terminal is not for the calls
                env={**os.environ, "LC_ALL": "C.UTF-8"},
            )
        log.info("asterisk_started", pid=self._child.pid, sip=self._settings.sip_port, ari=self._settings.ari_port)

    def _seclude(self) -> None:
        """Nothing listens beyond loopback that was not asked for."""
        pid, rtp = self.pid(), range(self._settings.rtp_first_port, self._settings.rtp_last_port + 1)
        try:
            if pid is not None:
                seclude(pid, {self._settings.sip_port, *rtp})
        except OSError as error:
            log.warning("resolver_sockets_stay_open", reason=str(error), remedy="let a firewall close them")

    def _prefer(self) -> None:
        pid = self.pid()
        if pid is not None:
            prefer(pid, self._settings.realtime_priority)

    async def _wait_until_booted(self) -> None:
        deadline = asyncio.get_running_loop().time() + _BOOT_S
        while True:
            if self.pid() is None and not self._is_starting():
                reason = StartReason.ENDED_WHILE_STARTING()
                raise PortError("asterisk", reason, retry=False, evidence=self._last_words())
            if (self._dirs.run / "asterisk.ctl").exists():
                with suppress(PortError):
                    if "fully booted" in await self.rx("core waitfullybooted"):
                        return
            if asyncio.get_running_loop().time() > deadline:
                reason = StartReason.NOT_UP_IN_TIME(within_s=_BOOT_S)
                raise PortError("asterisk", reason, retry=True, evidence=self._last_words())
            await asyncio.sleep(_LOOK_AGAIN_S)

    async def _check_modules(self) -> None:
        """Find missing modules: Asterisk calls itself ready also when a required module cannot be loaded."""
        lines = (await self.rx("module show")).splitlines()
        running = {line.split(".so")[0] for line in lines if ".so" in line and "Not Running" not in line}
        missing = [name for name in REQUIRED_MODULES if name not in running]
        if missing:
            evidence = self._last_words()
            await self.stop()
            reason = StartReason.MODULES_MISSING(modules=", ".join(missing))
            raise PortError("asterisk", reason, retry=False, evidence=evidence)

    def _is_starting(self) -> bool:
        return self._child is not None and self._child.poll() is None

    async def _hang_up_all(self) -> bool:
        """Hang up every channel; gives whether Asterisk carries out requests at all. Asterisk's own way out waits
        fifteen seconds for a recorder's channel, which only a request of its own ends. So ended, the channel also
        closes its file."""
        try:
            await self.rx("channel request hangup all", within_s=_STOP_S)
            deadline_s = time.monotonic() + _HANG_UP_S
            while "0 active channels" not in await self.rx("core show channels count", within_s=_STOP_S):
                if time.monotonic() > deadline_s:
                    return True
                await asyncio.sleep(_LOOK_AGAIN_S)
        except PortError as error:
            log.warning("asterisk_console_failed", command="channel request hangup all", error=str(error))
            return False
        return True

    async def _ask(self, command: str) -> None:
        try:
            await self.rx(command, within_s=_STOP_S)
        except PortError as error:
            log.warning("asterisk_console_failed", command=command, error=str(error))

    async def _gone(self, within_s: float) -> bool:
        deadline = asyncio.get_running_loop().time() + within_s
        while self.pid() is not None:
            if asyncio.get_running_loop().time() > deadline:
                return False
            await asyncio.sleep(_LOOK_AGAIN_S)
        return True

    def _is_stale(self) -> bool:
        try:
            started = (self._dirs.run / "asterisk.pid").stat().st_mtime
            return any(file.stat().st_mtime > started for file in self._dirs.etc.rglob("*.conf"))
        except OSError:
            return False

    def _last_words(self) -> str:
        try:
            lines = (self._dirs.log / "console.log").read_text(errors="replace").splitlines()
        except OSError:
            return ""
        return "\n".join(line for line in lines if "ERROR" in line or "WARNING" in line)[-1500:]


def _not_run(error: OSError) -> PortError:
    reason = StartReason.CANNOT_BE_RUN(file=str(error.filename) if error.filename else None)
    return PortError("asterisk", reason, retry=True, evidence=error.strerror or str(error))


def check_ports(settings: AsteriskSettings) -> None:
    """Try every port Asterisk will listen on, before it does.

    Raises:
        PortError: Names the port, the protocol and the setting that changes it.
    """
    for host, port, kind, setting in _listening(settings):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family, kind) as probe:
            if kind == socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # closing connections are no hindrance
            try:
                probe.bind((host, port))
            except OSError as error:
                protocol = "TCP" if kind == socket.SOCK_STREAM else "UDP"
                reason = _of_the_port(error.errno or 0, protocol, f"{host}:{port}", setting)
                raise PortError("asterisk", reason, retry=False, evidence=error.strerror or "") from error


def _of_the_port(fault: int, protocol: str, address: str, setting: str) -> Reason:
    match fault:
        case errno.EADDRINUSE:
            return StartReason.PORT_IN_USE(protocol=protocol, address=address, setting=setting)
        case errno.EADDRNOTAVAIL:
            return StartReason.PORT_OF_NO_ADDRESS(protocol=protocol, address=address)
        case errno.EACCES:
            return StartReason.PORT_FORBIDDEN(protocol=protocol, address=address, setting=setting)
        case _:
            return StartReason.PORT_UNUSABLE(protocol=protocol, address=address, setting=setting)


def _listening(settings: AsteriskSettings) -> Iterator[tuple[str, int, socket.SocketKind, str]]:
    for host in filter(None, (settings.sip_host, settings.sip_host6)):
        yield host, settings.sip_port, socket.SOCK_DGRAM, "asterisk.sip_port"
        yield host, settings.sip_port, socket.SOCK_STREAM, "asterisk.sip_port"
    yield "127.0.0.1", settings.ari_port, socket.SOCK_STREAM, "asterisk.ari_port"
    yield "127.0.0.1", settings.ami_port, socket.SOCK_STREAM, "asterisk.ami_port"
