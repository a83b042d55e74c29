"""Every port that Samband listens on: what for, which setting moves it, and who holds it where it is taken.

All are tried before anything is downloaded or started, by `samband run` and by `samband check` alike. RTP is left out:
Asterisk takes its ports one by one, and passes over those in use.
"""

import errno
import os
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bridge.api.settings import REFUSED_BY_BROWSERS
from bridge.domain.kernel.reasons import Reason
from bridge.main.listening import addresses
from bridge.main.reasons import RunReason
from bridge.ports import PortError
from bridge.settings import Settings

LOOP: Final = "127.0.0.1"
LOOK_S: Final = 0.1
_BLOCKS: Final = (*range(30000, 32000, 1000), *range(10000, 20000, 1000))
"""Below where the kernel takes ports for those who ask for any (32768), and beside the usual ports."""
_IN_USE: Final = errno.EADDRINUSE


@dataclass(frozen=True, slots=True)
class Wanted:
    """One port."""

    host: str
    port: int
    kind: socket.SocketKind
    purpose: str
    """A key of the catalogue's section `purpose`."""
    setting: str

    @property
    def protocol(self) -> str:
        return "TCP" if self.kind is socket.SOCK_STREAM else "UDP"


def of_the_console(settings: Settings) -> list[Wanted]:
    """Raises PortError where the host is not known."""
    tcp = socket.SOCK_STREAM
    return [Wanted(host, port, tcp, "console", "[api] port") for _, (host, port) in addresses(settings.api)]


def of_asterisk(settings: Settings) -> list[Wanted]:
    one, tcp, udp = settings.asterisk, socket.SOCK_STREAM, socket.SOCK_DGRAM
    hosts = [one.sip_host] + ([one.sip_host6] if one.sip_host6 else [])
    sip = [Wanted(host, one.sip_port, kind, "sip", "[asterisk] sip_port") for host in hosts for kind in (udp, tcp)]
    if any(trunk.transport == "tls" for trunk in settings.trunk):
        sip += [Wanted(host, one.sip_tls_port, tcp, "sip_tls", "[asterisk] sip_tls_port") for host in hosts]
    return [
        *sip,
        Wanted(LOOP, one.ari_port, tcp, "ari", "[asterisk] ari_port"),
        Wanted(LOOP, one.ami_port, tcp, "ami", "[asterisk] ami_port"),
    ]


def of_the_simulator(settings: Settings) -> list[Wanted]:
    one, tcp = settings.simulator, socket.SOCK_STREAM
    return [
        Wanted(LOOP, one.control_port, tcp, "radio_users", "[simulator] control_port"),
        Wanted(LOOP, one.audio_port, tcp, "terminal_audio", "[simulator] audio_port"),
    ]


def of_the_telephones(settings: Settings) -> list[Wanted]:
    one, tcp, udp = settings.simulator, socket.SOCK_STREAM, socket.SOCK_DGRAM
    return [
        Wanted(LOOP, one.telephones_port, udp, "telephones", "[simulator] telephones_port"),
        Wanted(LOOP, one.telephones_control_port, tcp, "telephones_control", "[simulator] telephones_control_port"),
    ]


def must_be_free(wanted: Sequence[Wanted], *, patience_s: float = 0.0) -> None:
    """Try them all.

    Args:
        wanted: The ports.
        patience_s: One in use is tried again for so long: what ran here before may be about to end.

    Raises:
        PortError: One cannot be opened. Its reason: which, what for, who holds it, which setting moves it.
    """
    deadline_s = time.monotonic() + patience_s
    for one in wanted:
        while (fault := _errno_of(one)) is not None:
            if fault != _IN_USE or time.monotonic() >= deadline_s:
                raise PortError("ports", _told(one, fault), retry=False, evidence=os.strerror(fault))
            time.sleep(LOOK_S)


def fault_of(one: Wanted) -> Reason | None:
    """Its fault now; nothing where it is free."""
    fault = _errno_of(one)
    return None if fault is None else _told(one, fault)


def _errno_of(one: Wanted) -> int | None:
    """The error number of opening it, or nothing."""
    with socket.socket(socket.AF_INET6 if ":" in one.host else socket.AF_INET, one.kind) as tried:
        if one.kind is socket.SOCK_STREAM:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # closing connections are no hindrance
            if tried.family == socket.AF_INET6:
                tried.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        try:
            tried.bind((one.host, one.port))
            if one.kind is socket.SOCK_STREAM:
                tried.listen(1)  # a port that is only bound can still be taken by another program
        except OSError as error:
            return error.errno or 0
    return None


def _told(one: Wanted, fault: int) -> Reason:
    protocol, port, host, purpose, setting = one.protocol, one.port, one.host, one.purpose, one.setting
    match fault:
        case errno.EADDRINUSE:
            return RunReason.PORT_IN_USE(
                protocol=protocol,
                port=port,
                host=host,
                purpose=purpose,
                setting=setting,
                holder=holder_of(one) or None,
                block=free_block(),
            )
        case errno.EACCES:
            return RunReason.PORT_FORBIDDEN(protocol=protocol, port=port, host=host, purpose=purpose, setting=setting)
        case errno.EADDRNOTAVAIL:
            table = setting.split()[0]
            return RunReason.PORT_OF_NO_ADDRESS(protocol=protocol, port=port, host=host, purpose=purpose, setting=table)
        case _:
            return RunReason.PORT_UNUSABLE(protocol=protocol, port=port, host=host, purpose=purpose, setting=setting)


def free_block() -> int | None:
    """The first port of a block in which the ports of `ports_from` are free now."""
    return next((first for first in _BLOCKS if first not in REFUSED_BY_BROWSERS and _is_free(first)), None)


def _is_free(first: int) -> bool:
    tries = [Wanted(LOOP, port, socket.SOCK_STREAM, "", "") for port in range(first, first + 8)]
    tries += [Wanted(LOOP, port, socket.SOCK_DGRAM, "", "") for port in (first + 1, first + 4)]
    return all(_errno_of(one) is None for one in tries)


# --- who holds it ---


def holder_of(one: Wanted) -> str:
    """`4711 (asterisk, /srv/other/var)`, of this user's processes; nothing where the kernel does not tell. Its
    arguments are left out: they may hold secrets."""
    inodes = set(_inodes(one))
    for folder in Path("/proc").glob("[0-9]*") if inodes else ():
        with suppress(OSError):
            if any(str(link.readlink()) in inodes for link in (folder / "fd").iterdir()):
                named = f"{(folder / 'comm').read_text().strip()}, {(folder / 'cwd').readlink()}"
                return f"{folder.name} ({''.join(letter if letter.isprintable() else '?' for letter in named)})"
    return ""


def _inodes(one: Wanted) -> Iterator[str]:
    """`socket:[inode]` of all sockets that are bound to the port (proc(5)); of TCP those that listen."""
    table = "tcp" if one.kind is socket.SOCK_STREAM else "udp"
    for name in (table, f"{table}6"):
        with suppress(OSError):
            for row in Path(f"/proc/net/{name}").read_text().splitlines()[1:]:
                _, local, _, state, *rest = row.split()
                if int(local.rpartition(":")[2], 16) == one.port and (table == "udp" or state == "0A"):
                    yield f"socket:[{rest[5]}]"
