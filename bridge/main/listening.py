"""The API's listening sockets: opened before anything else starts, and named by their setting when they cannot be.

Under `samband run` the supervisor opens them and hands them to each controller by inheritance. They outlive every
controller, so none can fail to get them. A client that connects during a takeover waits, and is not refused.
"""

import errno
import socket
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import Final

from bridge.api.settings import ApiSettings
from bridge.domain.kernel.reasons import Reason
from bridge.main.reasons import RunReason
from bridge.ports import PortError

BIND_S: Final = 5.0
"""A port in use is tried for so long. A program that ends gives its ports back within two seconds."""
_BACKLOG: Final = 2048
_LOOK_S: Final = 0.1


def api_sockets(settings: ApiSettings, *, patience_s: float = 0.0) -> list[socket.socket]:
    """One listening socket for each address of the API's host; who connects waits until a controller takes it up.

    Args:
        settings: Host and port.
        patience_s: A port in use is tried again for so long.

    Raises:
        PortError: The host is not known, or a port cannot be bound; says which, and the remedy.
    """
    found: list[socket.socket] = []
    try:
        for family, address in addresses(settings):
            found.append(_bound(family, address, time.monotonic() + patience_s))
    except PortError:
        close(found)
        raise
    return found


def inherited(descriptors: Iterable[int]) -> list[socket.socket]:
    """The sockets that the supervisor handed over.

    Raises:
        PortError: One of them is no socket: the program was started by hand with an option that is not for people.
    """
    try:
        found = [socket.socket(fileno=descriptor) for descriptor in descriptors]
    except OSError as error:
        raise PortError("the API", RunReason.NO_SOCKET_HANDED_OVER(), retry=False) from error
    for one in found:
        one.set_inheritable(False)
    return found


def close(sockets: Iterable[socket.socket]) -> None:
    for one in sockets:
        with suppress(OSError):
            one.close()


def addresses(settings: ApiSettings) -> list[tuple[int, tuple[str, int]]]:
    """Family, host and port of every address of the API.

    Raises:
        PortError: The host is not known.
    """
    try:
        found = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        reason = RunReason.HOST_UNKNOWN(host=settings.host, setting="[api] host")
        raise PortError("the API", reason, retry=False, evidence=str(error)) from error
    return list(dict.fromkeys((int(family), (str(address[0]), int(address[1]))) for family, _, _, _, address in found))


def _bound(family: int, address: tuple[str, int], deadline_s: float) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # closing connections are no hindrance
    if family == socket.AF_INET6:
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)  # a wildcard leaves IPv4 to its own socket
    while True:
        try:
            made.bind(address)
            made.listen(_BACKLOG)  # a port that is only bound can still be taken by another program
            return made
        except OSError as error:
            if error.errno == errno.EADDRINUSE and time.monotonic() < deadline_s:
                time.sleep(_LOOK_S)
                continue
            made.close()
            reason = _refused(error.errno or 0, *address)
            raise PortError("the API", reason, retry=False, evidence=error.strerror or "") from error


def _refused(fault: int, host: str, port: int) -> Reason:
    match fault:
        case errno.EADDRINUSE:
            return RunReason.API_PORT_IN_USE(port=port, host=host, setting="[api] port")
        case errno.EACCES:
            return RunReason.API_PORT_FORBIDDEN(port=port, host=host, setting="[api] port")
        case errno.EADDRNOTAVAIL:
            return RunReason.API_PORT_OF_NO_ADDRESS(port=port, host=host, setting="[api] host")
        case _:
            return RunReason.API_PORT_UNUSABLE(port=port, host=host, setting="[api] host")
