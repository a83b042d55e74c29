"""Ports are tried before Asterisk is started, and an error names the port and the setting."""

import os
import socket
from pathlib import Path

import pytest

from bridge.ari.config import AsteriskDirs, asterisk_dirs
from bridge.ari.install import AsteriskTree
from bridge.ari.process import AsteriskProcess, check_ports
from bridge.ari.settings import AsteriskSettings
from bridge.ports import PortError
from tests.harness.asterisk import free_settings


@pytest.mark.parametrize(
    ("setting", "kind", "name"),
    [
        ("sip_port", socket.SOCK_DGRAM, "UDP"),
        ("sip_port", socket.SOCK_STREAM, "TCP"),
        ("ari_port", socket.SOCK_STREAM, "TCP"),
        ("ami_port", socket.SOCK_STREAM, "TCP"),
    ],
)
def test_a_port_in_use_is_named_with_the_setting_that_changes_it_until_it_is_free(
    setting: str, kind: socket.SocketKind, name: str
) -> None:
    settings = free_settings()
    port = getattr(settings, setting)
    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind(("127.0.0.1", port))
        if kind == socket.SOCK_STREAM:
            taken.listen()
        with pytest.raises(PortError, match=rf"{name} port 127\.0\.0\.1:{port} is in use.*asterisk\.{setting}"):
            check_ports(settings)
    check_ports(settings)


def test_an_address_this_machine_does_not_have_is_named() -> None:
    with pytest.raises(PortError, match="does not have that address"):
        check_ports(free_settings(sip_host="192.0.2.1"))


@pytest.fixture
def dirs(tmp_path: Path) -> AsteriskDirs:
    tree = AsteriskTree(tmp_path / "asterisk", tmp_path, tmp_path, None)
    found = asterisk_dirs(tmp_path / "v", tree)
    found.run.mkdir(parents=True)
    return found


@pytest.mark.parametrize("content", ["", "no number", "999999999", "our own"])
def test_a_pid_file_that_is_not_our_asterisks_is_nobody(dirs: AsteriskDirs, content: str) -> None:
    (dirs.run / "asterisk.pid").write_text(content.replace("our own", str(os.getpid())))
    tree = AsteriskTree(dirs.base / "asterisk", dirs.base, dirs.base, None)
    assert AsteriskProcess(tree, dirs, AsteriskSettings()).pid() is None
