"""`samband upgrade` reaches the main process, hears each step, and is told in words why not."""

import asyncio
import json
import socket
import stat
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest

from bridge.domain.kernel.language import Language
from bridge.main import upgrading as product
from bridge.main.pair import Pair, Refusal, Step, Upgraded
from bridge.main.reasons import UpgradeReason
from bridge.main.release import Code, Release
from bridge.main.upgrading import Upgrades, ask, socket_of
from bridge.ports import PortError
from tests.harness import wait


class MadeUp:
    """What the main process keeps: it upgrades as the test wants."""

    def __init__(self) -> None:
        self.code = Code("python", "/opt/samband-1")
        self.asked: list[tuple[str, Language]] = []
        self.goes_on = asyncio.Event()
        self.goes_on.set()
        self.fails: Exception | None = None

    async def upgrade(self, code: Code, language: Language, tell: Callable[[Step], None]) -> Upgraded:
        self.asked.append((code.root, language))
        tell(Step.LOADING)
        await self.goes_on.wait()
        if self.fails is not None:
            raise self.fails
        tell(Step.IN_RESERVE)
        return Upgraded(Release("1", "aaa"), Release("2", "bbb"), 4711, ("extensions.conf",))


@asynccontextmanager
async def listening(run: Path) -> AsyncIterator[tuple[MadeUp, Upgrades]]:
    pair = MadeUp()
    upgrades = Upgrades(cast(Pair, pair), run)
    keeping = asyncio.create_task(upgrades.keep())
    await wait.until(lambda: socket_of(run).exists(), 10)
    try:
        yield pair, upgrades
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
    assert not socket_of(run).exists()


async def asked(run: Path, language: Language = Language.EN) -> list[dict[str, Any]]:
    return await asyncio.to_thread(lambda: list(ask(run, language)))


async def test_the_code_of_the_command_takes_over_and_each_step_is_told(tmp_path: Path) -> None:
    async with listening(tmp_path) as (pair, _):
        told = await asked(tmp_path, Language.SV)
    assert pair.asked == [(Code.here().root, Language.SV)]
    assert told[:-1] == [{"step": "loading"}, {"step": "in_reserve"}]
    assert told[-1]["done"] == {
        "before": {"version": "1", "commit": "aaa"},
        "now": {"version": "2", "commit": "bbb"},
        "process": 4711,
        "asterisk": ["extensions.conf"],
    }


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (PortError("the new version", UpgradeReason.NOT_LOADED(), retry=False, evidence="no module"), "(no module)"),
        (Refusal("inställningarna har fel"), "inställningarna har fel"),
        (OSError(28, "No space left on device"), "disken är full"),
        (RuntimeError("unforeseen"), "unforeseen"),
    ],
)
async def test_a_refusal_is_told_in_the_language_of_the_one_who_asks(
    tmp_path: Path, fault: Exception, said: str
) -> None:
    async with listening(tmp_path) as (pair, _):
        pair.fails = fault
        told = await asked(tmp_path, Language.SV)
        assert said in told[-1]["refused"]
        pair.fails = None
        assert "done" in (await asked(tmp_path))[-1], "and it may be tried again"


async def test_a_command_that_goes_away_stops_no_upgrade(tmp_path: Path) -> None:
    async with listening(tmp_path) as (pair, _):
        pair.goes_on.clear()
        with socket.socket(socket.AF_UNIX) as gone:
            gone.connect(str(socket_of(tmp_path)))
            gone.sendall(b'{"python": "x", "root": "/opt/samband-2"}\n')
            await wait.until(lambda: pair.asked, 10)
        pair.goes_on.set()
        assert "done" in (await asked(tmp_path))[-1]


@pytest.mark.parametrize(
    "order",
    [b"\n", b"[]\n", b'{"root": 1}\n', b"\xff\n", b"x" * 20_000, b'{"python": "x", "root": "y", "language": "xx"}\n'],
)
async def test_what_is_no_order_is_refused_and_harms_nothing(tmp_path: Path, order: bytes) -> None:
    async with listening(tmp_path) as (pair, _):

        def sent() -> bytes:
            with socket.socket(socket.AF_UNIX) as stranger:
                stranger.settimeout(10)
                stranger.connect(str(socket_of(tmp_path)))
                stranger.sendall(order)
                stranger.shutdown(socket.SHUT_WR)
                return stranger.recv(10_000)

        assert "refused" in json.loads(await asyncio.to_thread(sent))
        assert pair.asked == []
        assert "done" in (await asked(tmp_path))[-1]


async def test_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with listening(tmp_path) as (pair, _):
        packed = product._CREDENTIALS.pack(1, 4711, 4711)
        monkeypatch.setattr(product, "_credentials", lambda _: product._CREDENTIALS.unpack(packed))
        assert "refused" in (await asked(tmp_path))[-1]
        assert pair.asked == []


async def test_only_its_owner_reaches_it_at_any_depth_of_folders(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 100) / ("y" * 100)
    deep.mkdir(parents=True)
    async with listening(deep):
        assert stat.S_IMODE(socket_of(deep).stat().st_mode) == 0o600
        assert "done" in (await asked(deep))[-1]


async def test_a_signal_takes_the_code_that_is_at_work_anew_and_a_failure_ends_nothing(tmp_path: Path) -> None:
    async with listening(tmp_path) as (pair, upgrades):
        pair.fails = Refusal("no")
        upgrades.again()
        await wait.until(lambda: len(pair.asked) == 1, 10)
        upgrades.again()
        await wait.until(lambda: len(pair.asked) == 2, 10)
        assert {root for root, _ in pair.asked} == {"/opt/samband-1"}


async def test_where_nobody_listens_the_command_is_told(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        await asked(tmp_path)
