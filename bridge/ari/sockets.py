"""The closing of sockets that Asterisk opens to the world without being asked.

Asterisk's SIP library (pjproject) makes a DNS resolver at its start. The resolver binds one UDP socket of each address
family to every address, and no setting ends that. Asterisk itself looks names up another way and never uses it.
"""

import ctypes
import os
import socket
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final

import structlog

log = structlog.get_logger(__name__)

_PIDFD_GETFD: Final = 438
"""The same on every architecture (pidfd_getfd(2), Linux 5.6)."""
_LOOPBACK: Final = {socket.AF_INET: "127.0.0.1", socket.AF_INET6: "::1"}


def seclude(pid: int, keep: Collection[int]) -> int:
    """Connect every UDP socket of the process that takes datagrams from everywhere to itself, over loopback. Nobody
    else can send to it then. Gives their number.

    Args:
        pid: Our own Asterisk's; it has booted, and no call is up yet.
        keep: Ports that are meant to be reached.

    Raises:
        OSError: This system does not let us (pidfd_getfd(2), ptrace(2)), or the process is gone.
    """
    open_to_all = {inode for inode, port in _wildcards(pid) if port not in keep}
    found = [int(link.name) for link in Path(f"/proc/{pid}/fd").iterdir() if str(link.readlink()) in open_to_all]
    process = os.pidfd_open(pid)
    try:
        for descriptor in found:
            _connect_to_itself(_fetched(process, descriptor))
    finally:
        os.close(process)
    return len(found)


def _wildcards(pid: int) -> Iterator[tuple[str, int]]:
    """`socket:[inode]` and port of all UDP sockets of its network that are on every address and have no peer
    (proc(5))."""
    for table in ("udp", "udp6"):
        for row in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            _, local, peer, *rest = row.split()
            address, _, port = local.rpartition(":")
            if not address.strip("0") and not peer.strip("0:"):
                yield f"socket:[{rest[6]}]", int(port, 16)


def _fetched(process: int, descriptor: int) -> socket.socket:
    """The very socket of the other process, under a descriptor of ours."""
    libc = ctypes.CDLL(None, use_errno=True)
    found = libc.syscall(_PIDFD_GETFD, process, descriptor, 0)
    if found < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return socket.socket(fileno=found)


def _connect_to_itself(ours: socket.socket) -> None:
    with ours:
        ours.connect((_LOOPBACK[socket.AddressFamily(ours.family)], ours.getsockname()[1]))
