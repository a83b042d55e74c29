"""Where the API listens: had before anything starts, and kept over every controller."""

import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from bridge.api.settings import ApiSettings
from bridge.main.listening import api_sockets, close, inherited
from bridge.ports import PortError
from tests.harness.ports import free_port

SERVES_ONE = """
import sys
from bridge.main.listening import inherited
[one] = inherited([int(sys.argv[1])])
one.setblocking(True)
print("listens", flush=True)
if sys.argv[2] == "answers":
    connection, _ = one.accept()
    connection.sendall(b"here")
    connection.close()
else:
    sys.stdin.read()
"""


@pytest.fixture
def settings() -> ApiSettings:
    return ApiSettings(port=free_port())


def test_a_port_in_use_is_named_with_its_setting(settings: ApiSettings) -> None:
    held = api_sockets(settings)
    try:
        with pytest.raises(PortError, match=rf"port {settings.port} on 127\.0\.0\.1 is in use.*\[api\] port"):
            close(api_sockets(settings))
    finally:
        close(held)
    close(api_sockets(settings))


def test_an_address_that_is_not_ours_is_named() -> None:
    with pytest.raises(PortError, match=r"does not have that address: correct \[api\] host"):
        api_sockets(ApiSettings(host="192.0.2.1"))


def test_a_host_that_nobody_knows_is_named() -> None:
    with pytest.raises(PortError, match=r"\[api\] host nowhere\.invalid is not known"):
        api_sockets(ApiSettings(host="nowhere.invalid"))


def test_a_port_that_is_given_back_soon_is_waited_for(settings: ApiSettings) -> None:
    held = api_sockets(settings)
    given_back = threading.Timer(0.3, close, [held])
    given_back.start()
    close(api_sockets(settings, patience_s=5))
    given_back.join()


def test_a_descriptor_that_is_no_socket_is_refused() -> None:
    with Path("/dev/null").open() as file, pytest.raises(PortError, match="--api-socket names no socket"):
        inherited([file.fileno()])


@pytest.mark.slow
def test_who_connects_while_one_controller_follows_another_waits_and_is_served(settings: ApiSettings) -> None:
    [shared] = api_sockets(settings)
    number = str(shared.fileno())
    command = [sys.executable, "-c", SERVES_ONE, number]
    with shared:
        with subprocess.Popen(
            [*command, "hangs"], pass_fds=[shared.fileno()], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as first:
            assert first.stdout is not None
            first.stdout.readline()
            first.kill()
        with socket.create_connection(("127.0.0.1", settings.port), 2) as waiting:
            waiting.settimeout(10)
            with subprocess.Popen([*command, "answers"], pass_fds=[shared.fileno()], stdout=subprocess.PIPE) as second:
                assert waiting.recv(4) == b"here"
            assert second.returncode == 0
