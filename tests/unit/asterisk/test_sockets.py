"""A socket that a program of ours opened to the world takes nothing from it any more. The program notices nothing."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from bridge.ari.sockets import seclude

_LISTENER = """
import select, socket, sys
sockets = [socket.socket(family, socket.SOCK_DGRAM) for family in (socket.AF_INET, socket.AF_INET, socket.AF_INET6)]
for one, address in zip(sockets, ("0.0.0.0", "0.0.0.0", "::")):
    one.bind((address, 0))
print(*(one.getsockname()[1] for one in sockets), flush=True)
while True:
    for one in select.select(sockets, [], [])[0]:
        print(one.recv(100).decode(), flush=True)
"""


@contextmanager
def listener() -> Iterator[tuple["subprocess.Popen[str]", list[int]]]:
    with subprocess.Popen([sys.executable, "-c", _LISTENER], stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout
        try:
            yield running, [int(port) for port in running.stdout.readline().split()]
        finally:
            running.kill()


def send(words: str, port: int, family: socket.AddressFamily = socket.AF_INET) -> None:
    with socket.socket(family, socket.SOCK_DGRAM) as stranger:
        stranger.connect(("127.0.0.1" if family == socket.AF_INET else "::1", port))
        stranger.send(words.encode())


def test_only_the_ports_that_are_meant_to_be_reached_are() -> None:
    with listener() as (running, (kept, closed, closed_6)):
        assert running.stdout
        for port, family in ((closed, socket.AF_INET), (closed_6, socket.AF_INET6), (kept, socket.AF_INET)):
            send(f"before {port}", port, family)
            assert running.stdout.readline().strip() == f"before {port}"
        assert seclude(running.pid, {kept}) == 2
        for port, family in ((closed, socket.AF_INET), (closed_6, socket.AF_INET6), (kept, socket.AF_INET)):
            send(f"after {port}", port, family)
        assert running.stdout.readline().strip() == f"after {kept}"
        assert seclude(running.pid, {kept}) == 0


def test_a_process_that_is_gone_is_told() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as running:
        running.wait()
    with pytest.raises(OSError, match="No such"):
        seclude(running.pid, ())
