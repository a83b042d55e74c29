"""A port in use is said by its number and its setting before anything starts."""

import errno
import socket

from bridge.ports import PortError
from bridge.settings import Settings


def check_ports(settings: Settings) -> None:
    """Asterisk checks its own ports when it is started; here the API's is tried.

    Raises:
        PortError: The port is taken, or may not be bound.
    """
    host, port = settings.api.host, settings.api.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            why = "is in use" if error.errno == errno.EADDRINUSE else "cannot be bound"
            message = f"port {port} on {host} {why}: stop what uses it, or set another as [api] port"
            raise PortError("the API", message, retry=False, evidence=error.strerror or "") from error
