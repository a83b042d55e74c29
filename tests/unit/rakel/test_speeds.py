"""The speed of the line is found by asking, where nobody has set it."""

import asyncio
import contextlib
import os
import termios
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bridge.domain.radio.events import TerminalState
from bridge.rakel.radio import RakelRadio
from tests.harness.reasons import english
from tests.unit.rakel.peer import Peer, RealClock, Told, terminal_settings

pytestmark = pytest.mark.realtime  # a terminal that does not answer is waited for
SPEEDS = {termios.B9600: 9600, termios.B38400: 38400, termios.B115200: 115200, termios.B19200: 19200}


class PeerAtSpeed(Peer):
    """Understands only what comes at its own speed; answers noise to the rest. A pty keeps the speed that is set."""

    baud = 9600

    def _read(self) -> None:
        if SPEEDS.get(termios.tcgetattr(self._master)[4]) == self.baud:
            super()._read()
        else:
            with contextlib.suppress(BlockingIOError):
                os.read(self._master, 4096)
            self.sends(b"\xfe\x80x\x00\xf8\r\n")


@pytest.fixture
async def peer(tmp_path: Path) -> AsyncIterator[PeerAtSpeed]:
    peer = PeerAtSpeed(tmp_path / "terminal")
    peer.plug_in()
    yield peer
    peer.unplug()


@contextlib.asynccontextmanager
async def running(peer: Peer, told: Told, **more: object) -> AsyncIterator[RakelRadio]:
    radio = RakelRadio([terminal_settings(str(peer.path), profile="mtm5400", **more)], RealClock(), told.emit)
    task = asyncio.create_task(radio.run())
    try:
        yield radio
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_the_right_speed_is_found_told_and_tried_first_the_next_time(peer: PeerAtSpeed) -> None:
    told = Told()
    async with running(peer, told, heartbeat_s=30, poll_s=30):
        first = await told.state(TerminalState.INITIALISING)
        assert english(first.reason) == "trying 38400 baud"
        ready = await told.state(TerminalState.READY)
        assert ready.line == "9600 baud"
        peer.unplug()
        await told.state(TerminalState.ABSENT)
        peer.plug_in()
        again = await told.state(TerminalState.INITIALISING)
        assert english(again.reason) == "trying 9600 baud"
        await told.state(TerminalState.READY)


async def test_a_terminal_that_answers_with_an_error_is_at_the_right_speed(peer: PeerAtSpeed) -> None:
    told = Told()
    peer.baud = 38400
    peer.answers["AT"] = "+CME ERROR: 35"
    async with running(peer, told):
        await peer.gets("AT")
        del peer.answers["AT"]
        assert (await told.state(TerminalState.READY)).line == "38400 baud"


async def test_a_speed_that_is_set_is_the_only_one_tried(peer: PeerAtSpeed) -> None:
    told = Told()
    peer.baud = 19200
    async with running(peer, told, baud=19200, rtscts=False):
        assert (await told.state(TerminalState.READY)).line == "19200 baud"


async def test_no_answer_at_any_speed_says_what_was_tried(peer: PeerAtSpeed) -> None:
    told = Told()
    peer.baud = 115200
    async with running(peer, told, baud=9600):
        failed = await told.state(TerminalState.FAILED)
        assert "no answer to AT at 9600 baud, 9600 baud + RTS/CTS" in english(failed.reason)
        assert "check power, cable" in english(failed.reason)
        assert "silent_terminal" in failed.alarms
