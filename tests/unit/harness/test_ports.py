"""Two runs on one machine never get the same port, and no port that is promised is anybody's to take."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.harness import ports
from tests.harness.asterisk import free_settings

ROOT = Path(__file__).parents[3]


def test_two_processes_hold_two_blocks(tmp_path: Path) -> None:
    here = ports.claim(tmp_path)
    program = (
        "import sys; from pathlib import Path; from tests.harness import ports;"
        "print(ports.claim(Path(sys.argv[1])).first)"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    here.release()
    assert abs(int(said) - here.first) >= ports.BLOCK


def test_a_block_is_free_again_when_its_holder_is_gone(tmp_path: Path) -> None:
    first = ports.claim(tmp_path)
    first.release()
    second = ports.claim(tmp_path)
    second.release()
    assert second.first == first.first


def test_when_all_are_taken_it_is_told_where_the_locks_lie(tmp_path: Path) -> None:
    taken = [ports.claim(tmp_path) for _ in range(ports.BLOCKS)]
    try:
        assert len({block.first for block in taken}) == ports.BLOCKS
        with pytest.raises(ports.NoPorts, match=str(tmp_path)):
            ports.claim(tmp_path, wait_s=0)
    finally:
        for block in taken:
            block.release()


def test_no_port_of_a_block_is_given_to_who_asks_the_kernel_for_any() -> None:
    kernels_first = int(ports.EPHEMERAL.read_text().split()[0])
    assert ports.block().first + ports.BLOCK <= kernels_first


def is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams, socket.socket() as streams:
        try:
            datagrams.bind(("127.0.0.1", port))
            streams.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def test_a_port_in_use_is_not_given_out_and_one_given_out_comes_last() -> None:
    mine = ports.block()
    places = range(mine.first, mine.first + ports.BLOCK - 6)
    first = next(one for one in places if all(is_free(one + more) for more in range(6)))  # tests before may hold some
    block = ports.Block(first, mine.lock)
    given = [block.port((socket.SOCK_DGRAM,), "127.0.0.1") for _ in range(3)]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", block.first + 3))
        given += [block.port((socket.SOCK_DGRAM, socket.SOCK_STREAM), "127.0.0.1") for _ in range(2)]
    assert given == [block.first + place for place in (0, 1, 2, 4, 5)]


def test_every_port_of_a_telephone_system_is_of_this_processs_block() -> None:
    block, settings = ports.block(), free_settings()
    used = {getattr(settings, name) for name in ("sip_port", "ari_port", "ami_port", "rtp_first_port", "rtp_last_port")}
    assert len(used) == 5
    assert all(block.first <= port < block.first + ports.BLOCK for port in used)


def test_no_console_is_given_a_port_that_browsers_refuse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = ports.claim(tmp_path)
    free = here.port((socket.SOCK_STREAM,), "127.0.0.1")
    monkeypatch.setattr(ports, "REFUSED_BY_BROWSERS", frozenset({free + 1}))
    given = [here.port((socket.SOCK_STREAM,), "127.0.0.1") for _ in range(3)]
    here.release()
    assert free + 1 not in given
