"""A new version takes over in the middle of a meeting, and a call is not what it costs."""

import asyncio
import json
import re
import shutil
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.harness import world as harness
from tests.harness.phones import Phones
from tests.harness.witness import Witness
from tests.harness.world import ROOT, World, samband_world
from tests.integration.test_crash import GAP_S, longest_silence_s

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]

UPGRADE_S = 240
"""A whole load, twice, beside a meeting on a busy machine."""


def installed(folder: Path, commit: str) -> Path:
    """The product in a folder of its own, as a keeper installs it, made of that commit."""
    folder.mkdir()
    for name in ("bridge", "asterisk-config"):
        shutil.copytree(ROOT / name, folder / name)
    _made_of(folder, commit)
    return folder


def _made_of(folder: Path, commit: str) -> None:
    (folder / "bridge/_data").mkdir(exist_ok=True)
    (folder / "bridge/_data/commit").write_text(commit)


@contextmanager
def commands_of(folder: Path) -> Iterator[None]:
    """Inside the block `samband` is that installation's."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(harness, "ROOT", folder)
        yield


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return installed(tmp_path_factory.mktemp("opt") / "samband", "aaaaaaaaaaaa")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(first: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    with commands_of(first):
        async with samband_world(tmp_path_factory.mktemp("world")) as running:
            yield running


async def upgraded(world: World, folder: Path, *more: str) -> tuple[int, str]:
    with commands_of(folder):
        return await world.command("upgrade", *more, within_s=UPGRADE_S)


async def commit_at_work(world: World) -> str:
    told = (await world.api.get(f"{world.base_url}/metrics")).text
    [found] = re.findall(r'samband_release_info\{commit="(\w*)"', told)
    return str(found)


async def test_a_new_version_beside_the_old_takes_over_while_people_talk(
    world: World, first: Path, tmp_path: Path, witness: Witness
) -> None:
    second = installed(tmp_path / "samband-next", "bbbbbbbbbbbb")
    async with Phones(tmp_path / "phones", world.sip_port) as phones:
        meeting = await world.opens_conference("Ledningsgruppen", recorded=True)
        listener, talker = await phones.instrument("Kommun A"), await phones.instrument("Kommun B")
        await asyncio.gather(*(world.joins(phone, meeting) for phone in (listener, talker)))
        assert await commit_at_work(world) == "aaaaaaaaaaaa"
        old, before = world.controller.pid, (await meeting.view())["recording"]
        await talker.talks()
        await listener.hears(talker.voice, within_s=5)
        began_s = time.monotonic()
        code, told = await upgraded(world, second, "--json")
        assert code == 0, told
        done: dict[str, Any] = json.loads(told)
        ended_s = time.monotonic()
        await listener.hears(talker.voice, within_s=5, since_s=ended_s)
        now_s = time.monotonic()
        # the sound
        silence_s = longest_silence_s(listener.heard().between(began_s, now_s))
        assert silence_s <= GAP_S + witness.longest_s(began_s, now_s)
        # the new one
        assert world.controller.pid == done["process"] != old
        assert (done["before"]["commit"], done["now"]["commit"]) == ("aaaaaaaaaaaa", "bbbbbbbbbbbb")
        assert await commit_at_work(world) == "bbbbbbbbbbbb"
        assert done["asterisk"] == [], "the same configuration"
        # the meeting
        assert (await meeting.view())["recording"] == before
        assert before["state"] == "on"
        assert len(await meeting.has(2)) == 2
        newcomer = await phones.new("Kommun C")
        await world.joins(newcomer, meeting)
        await newcomer.hears(talker.voice, within_s=8)
        # and what follows is of the new one
        await world.controller_dies_and_is_back()
        assert await commit_at_work(world) == "bbbbbbbbbbbb"
        await meeting.ends()


BROKEN = {
    "does not load": ("bridge/main/parts.py", "import nothing_of_this_name\n", "nothing_of_this_name"),
    "does not start": (
        "bridge/main/controller.py",
        "async def run_controller(*_, **__):\n    raise RuntimeError('of no use')\n",
        "took over and did not work; the former version is in control again",
    ),
}


@pytest.mark.parametrize("how", BROKEN)
async def test_a_new_version_that_is_broken_changes_nothing_and_says_so(world: World, how: str, tmp_path: Path) -> None:
    await world.in_control()
    file, line, said = BROKEN[how]
    meeting = await world.opens_conference("Värmebölja")
    broken = installed(tmp_path / "samband-broken", "cccccccccccc")
    with (broken / file).open("a") as text:
        text.write(f"\n\n{line}")
    commit, old = await commit_at_work(world), world.controller.pid
    code, told = await upgraded(world, broken)
    assert (code, said in told) == (1, True), told
    await world.in_control(30)
    assert await commit_at_work(world) == commit
    assert (world.controller.pid == old) == (how == "does not load")
    assert (await meeting.view())["name"] == "Värmebölja"
    async with Phones(tmp_path / "phones", world.sip_port) as phones:
        await world.joins(await phones.new("Kommun A"), meeting)
    await meeting.ends()


async def test_a_state_in_which_nothing_runs_is_told(tmp_path: Path, world: World) -> None:
    (tmp_path / "samband.toml").write_text(f'state = "{tmp_path / "var"}"\n')
    nowhere = World(tmp_path, {"sip": 0, "trunk": 0, "api": 0}, None)
    code, told = await nowhere.command("upgrade")
    assert (code, "no Samband that can be upgraded runs here" in told) == (1, True), told
