"""Starting, finding and stopping the real Asterisk, as the system's keeper meets it."""

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.ari.config import render_config, templates_dir
from bridge.ari.install import MINIMUM_VERSION, ensure_tree
from bridge.ari.process import AsteriskProcess
from bridge.ari.secrets import load_or_make_secrets
from bridge.ari.settings import TrunkSettings
from bridge.logs import LogKeeper
from bridge.ports import PortError
from tests.harness.asterisk import free_settings, running_asterisk

pytestmark = pytest.mark.integration


def listening_at(pid: int) -> list[tuple[str, int]]:
    """Address and port of every socket of a process that has no peer (proc(5)); IPv6 addresses are given as `::`."""
    links = [str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir()]
    own = {link[8:-1] for link in links if link.startswith("socket:[")}
    found = []
    for table in ("tcp", "tcp6", "udp", "udp6"):
        for row in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            columns = row.split()
            address, _, port = columns[1].rpartition(":")
            if columns[9] in own and set(columns[2]) <= set("0:"):
                host = "::" if len(address) > 8 else socket.inet_ntoa(bytes.fromhex(address)[::-1])
                found.append((host, int(port, 16)))
    return found


def test_the_private_tree_runs_and_is_new_enough() -> None:
    tree = ensure_tree()
    assert tree.version() >= MINIMUM_VERSION
    assert tree.root is not None
    assert Path(tree.command()[-1]).is_relative_to(tree.root)


async def test_everything_listens_on_loopback_only(tmp_path: Path) -> None:
    async with running_asterisk(tmp_path) as world:
        pid = world.process.pid()
        assert pid is not None
        listening = listening_at(pid)
        wanted = {world.settings.sip_port, world.settings.ari_port, world.settings.ami_port}
        served = {(host, port) for host, port in listening if port in wanted}
        assert {port for _, port in served} == wanted
        assert {host for host, _ in served} == {"127.0.0.1"}
        assert [port for _, port in listening if port not in wanted] == []


async def test_the_mixing_goes_before_everything_else_on_the_machine(tmp_path: Path) -> None:
    async with running_asterisk(tmp_path) as world:
        pid = world.process.pid()
        assert pid is not None
        assert policies_of(pid) == ({os.SCHED_RR} if may_be_real_time() else {os.SCHED_OTHER})


def policies_of(pid: int) -> set[int]:
    """How the threads of a process are scheduled (sched(7))."""
    return {os.sched_getscheduler(int(task.name)) for task in Path(f"/proc/{pid}/task").iterdir()}


def may_be_real_time() -> bool:
    """Whether this machine lets us schedule so at all."""
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        os.sched_setscheduler(child.pid, os.SCHED_RR, os.sched_param(10))
    except PermissionError:
        return False
    finally:
        child.communicate(b"\n")
    return True


async def test_a_clean_start_says_nothing_is_wrong(tmp_path: Path) -> None:
    async with running_asterisk(tmp_path) as world:
        said = (world.dirs.log / "messages.log").read_text()
    assert "ERROR" not in said
    assert "WARNING" not in said


async def test_no_answer_to_a_stranger_names_asterisk(tmp_path: Path) -> None:
    async with running_asterisk(tmp_path) as world:
        for method in ("OPTIONS", "INVITE", "REGISTER", "SUBSCRIBE", "MESSAGE", "NOTIFY", "REFER", "BYE"):
            said = await asyncio.to_thread(told_to_a_stranger, method, world.sip_port)
            assert said.startswith("SIP/2.0 4"), said
            assert "asterisk" not in said.lower()


async def test_asterisk_goes_on_writing_in_a_log_that_was_cut(tmp_path: Path) -> None:
    async with running_asterisk(tmp_path) as world:
        log = world.dirs.log / "notices.log"
        keeper = LogKeeper(("*.log",), (), (world.dirs.log,), 10_000)
        for _ in range(2):
            for _ in range(100):
                await asyncio.to_thread(told_to_a_stranger, "OPTIONS", world.sip_port)
            assert log.stat().st_size > 10_000
            keeper.look()
            assert sum(path.stat().st_size for path in world.dirs.log.rglob("*.*")) < 30_000
        assert "stranger" not in (world.dirs.log / "messages.log").read_text()


def told_to_a_stranger(method: str, port: int) -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.bind(("127.0.0.2", 0))
        stranger.settimeout(5)
        host = f"127.0.0.2:{stranger.getsockname()[1]}"
        lines = (
            f"{method} sip:+4685555555@127.0.0.1 SIP/2.0",
            f"Via: SIP/2.0/UDP {host};branch=z9hG4bK-{method}",
            "From: <sip:stranger@127.0.0.2>;tag=1",
            "To: <sip:+4685555555@127.0.0.1>",
            f"Call-ID: {method}@127.0.0.2",
            f"CSeq: 1 {method}",
            f"Contact: <sip:stranger@{host}>",
            "Event: presence",
            "Max-Forwards: 70",
            "Content-Length: 0",
        )
        stranger.sendto("\r\n".join((*lines, "", "")).encode(), ("127.0.0.1", port))
        return stranger.recv(65535).decode()


async def test_starting_twice_finds_the_one_that_runs(tmp_path: Path) -> None:
    async with running_asterisk(tmp_path) as world:
        second = AsteriskProcess(world.tree, world.dirs, world.settings)
        status = await second.ensure_running()
        assert status.pid == world.process.pid()
        assert status.answers
        assert not status.stale


async def test_a_changed_configuration_is_told_to_the_keeper(tmp_path: Path) -> None:
    async with running_asterisk(tmp_path) as world:
        other = world.settings.model_copy(update={"rtp_timeout_s": 99})
        assert render_config(other, world.trunks, world.secrets, world.tree, world.state).changed == ("pjsip.conf",)
        assert (await world.process.status()).stale


async def test_rendering_again_changes_nothing(tmp_path: Path) -> None:
    async with running_asterisk(tmp_path) as world:
        again = render_config(world.settings, world.trunks, world.secrets, world.tree, world.state)
        assert again.changed == ()
        assert not (await world.process.status()).stale


@pytest.mark.parametrize(
    ("setting", "kind", "name"),
    [
        ("sip_port", socket.SOCK_DGRAM, "UDP"),
        ("sip_port", socket.SOCK_STREAM, "TCP"),
        ("ari_port", socket.SOCK_STREAM, "TCP"),
        ("ami_port", socket.SOCK_STREAM, "TCP"),
    ],
)
async def test_a_port_in_use_is_named_with_its_setting(
    tmp_path: Path, setting: str, kind: socket.SocketKind, name: str
) -> None:
    settings = free_settings()
    port = getattr(settings, setting)
    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind(("127.0.0.1", port))
        if kind == socket.SOCK_STREAM:
            taken.listen()
        tree, secrets = ensure_tree(), load_or_make_secrets(tmp_path)
        dirs = render_config(settings, [TrunkSettings(dial="127.0.0.1:5080")], secrets, tree, tmp_path).dirs
        process = AsteriskProcess(tree, dirs, settings)
        with pytest.raises(PortError, match=rf"{name} port 127\.0\.0\.1:{port} is in use.*asterisk\.{setting}"):
            await process.ensure_running()
        assert process.pid() is None


async def test_asterisk_survives_a_controller_that_is_killed_and_is_found_again(tmp_path: Path) -> None:
    settings = free_settings()
    tree, secrets = ensure_tree(), load_or_make_secrets(tmp_path)
    dirs = render_config(settings, [TrunkSettings(dial="127.0.0.1:5080")], secrets, tree, tmp_path).dirs
    program = (
        "import asyncio, sys, pathlib\n"
        "from bridge.ari.config import asterisk_dirs\n"
        "from bridge.ari.install import ensure_tree\n"
        "from bridge.ari.process import AsteriskProcess\n"
        "from bridge.ari.settings import AsteriskSettings\n"
        "tree = ensure_tree()\n"
        "settings = AsteriskSettings.model_validate_json(sys.argv[2])\n"
        "process = AsteriskProcess(tree, asterisk_dirs(pathlib.Path(sys.argv[1]), tree), settings)\n"
        "async def main():\n"
        "    await process.ensure_running()\n"
        "    print('up', flush=True)\n"
        "    await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    controller = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, str(tmp_path), settings.model_dump_json(), stdout=asyncio.subprocess.PIPE
    )
    assert controller.stdout is not None
    while line := await controller.stdout.readline():
        if line == b"up\n":
            break
    found = AsteriskProcess(tree, dirs, settings)
    before = found.pid()
    try:
        controller.kill()
        await controller.wait()
        assert before is not None
        status = await found.ensure_running()
        assert status.pid == before
        assert status.answers
    finally:
        await found.stop()
    assert found.pid() is None


async def test_stopping_one_that_does_not_run_is_no_error(tmp_path: Path) -> None:
    settings = free_settings()
    tree = ensure_tree()
    dirs = render_config(
        settings, [TrunkSettings(dial="127.0.0.1:5080")], load_or_make_secrets(tmp_path), tree, tmp_path
    ).dirs
    process = AsteriskProcess(tree, dirs, settings)
    await process.stop()
    status = await process.status()
    assert status.pid is None
    assert not status.answers


async def test_a_hanging_asterisk_is_ended_all_the_same(tmp_path: Path) -> None:
    async with running_asterisk(tmp_path) as world:
        pid = world.process.pid()
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        await world.process.stop()
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


async def test_a_missing_module_stops_the_start_and_is_named(tmp_path: Path) -> None:
    templates = tmp_path / "templates"
    shutil.copytree(templates_dir(), templates)
    modules = templates / "modules.conf.j2"
    modules.write_text(modules.read_text().replace('"app_stasis", ', ""))
    settings = free_settings()
    tree = ensure_tree()
    rendered = render_config(
        settings,
        [TrunkSettings(dial="127.0.0.1:5080")],
        load_or_make_secrets(tmp_path),
        tree,
        tmp_path / "state",
        templates,
    )
    process = AsteriskProcess(tree, rendered.dirs, settings)
    with pytest.raises(PortError, match="came up without app_stasis"):
        await process.ensure_running()
    assert process.pid() is None


async def test_an_asterisk_that_ends_at_once_says_why(tmp_path: Path) -> None:
    settings = free_settings()
    tree = ensure_tree()
    dirs = render_config(
        settings, [TrunkSettings(dial="127.0.0.1:5080")], load_or_make_secrets(tmp_path), tree, tmp_path
    ).dirs
    broken = replace(tree, binary=tmp_path / "nothing-here")
    with pytest.raises(PortError, match="ended while starting"):
        await AsteriskProcess(broken, dirs, settings).ensure_running()


async def test_a_state_directory_with_a_very_long_path_works_too(tmp_path: Path) -> None:
    state = tmp_path / ("a" * 60) / ("b c" * 20)
    state.mkdir(parents=True)
    async with running_asterisk(state) as world:
        assert (await world.process.status()).answers
    shutil.rmtree(world.dirs.run)
