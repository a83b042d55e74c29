"""One case. A terminal says what it likes, a program asks for the channel, and the laws must hold.

Real: `Connection` (framing, session, timers) and `CallControl` with `GroupCalls`, on a virtual clock. The laws:

1. nothing raises;
2. memory is bounded: the line held, the commands waiting, the calls known;
3. every command is answered exactly once;
4. `TransmitGranted` comes only while the terminal's own `+CTXG` with TxGrant 0 is being heard. It comes only to a
   demand of ours that is open;
5. a transmission is ordered to end within `transmit_limit_s` of its grant. It is ordered so again until the terminal
   proves that it has ended, or `stuck_longest_s` is over;
6. every demand ends: granted, refused, or given up by us;
7. after the noise: all is at rest, a clean line is understood, and the next command gets its own answer.
"""

import asyncio
import math
import random
from dataclasses import dataclass, field

from bridge.domain.kernel.events import Event
from bridge.domain.kernel.ids import Gssi
from bridge.domain.radio.events import TransmitEnded, TransmitGranted, TransmitRefused
from bridge.rakel.call_book import MAX_CALLS
from bridge.rakel.call_control import CallControl
from bridge.rakel.call_values import Idle, Releasing, Sending
from bridge.rakel.connection import Connection
from bridge.rakel.pei import commands
from bridge.rakel.pei.codes import TxGrant
from bridge.rakel.pei.framing import MAX_LINE_CHARS
from bridge.rakel.pei.indications import Indication, SignalReport, TransmissionGrant
from bridge.rakel.pei.session import Answered
from bridge.rakel.settings import TerminalSettings
from tests.fuzz.corpus import GSSI, OWN_ISSI
from tests.fuzz.mutate import Pieces
from tests.harness.reasons import because
from tests.soak.virtual import VirtualClock

QUIET_S = 400.0
"""Longer than every timer: after this all has ended."""
ENDS = (b"AT+CUTXC", b"ATH")
ORDER_AGAIN_S = 20.0
"""Between two orders to end what has not ended: what the program waits, and the commands that wait before it."""
_POLLS = ("signal", "registration", "talkgroup", "own_numbers", "attention")
_MAX_WAITING = 32
SETTINGS = TerminalSettings(name="rakel-1", serial="/dev/none", audio="audiosocket://127.0.0.1:1", profile="simulated")
LIMIT_S = SETTINGS.transmit_limit_s


class Broken(AssertionError):
    """A law does not hold."""


class _Terminal(asyncio.Transport):
    """Takes what is written; the answers come from the case, fitting or not."""

    def __init__(self) -> None:
        super().__init__()
        self.end_ordered_s = -math.inf

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if bytes(data).startswith(ENDS):
            self.end_ordered_s = asyncio.get_running_loop().time()

    def is_closing(self) -> bool:
        return False

    def abort(self) -> None:
        return


@dataclass
class _Account:
    """What was asked and told."""

    demand_open: bool = False
    granted_at_s: float | None = None
    hearing: Indication | None = None
    answered: list[int] = field(default_factory=list)
    heard: list[Indication] = field(default_factory=list)


class Case:
    """Made inside a running `VirtualLoop`."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._loop = asyncio.get_running_loop()
        self._clock = VirtualClock()
        self._account = _Account()
        self._calls = CallControl(SETTINGS, self._clock, self._told)
        self._calls.is_own(OWN_ISSI)
        self._line = Connection("rakel-1", self._clock, self._heard)
        self._terminal = _Terminal()
        self._line.connection_made(self._terminal)
        self._calls.line = self._line
        self._sent = 0

    async def run(self, pieces: Pieces) -> None:
        """Play it, with what the program does in between; then see whether all comes to rest."""
        for piece in pieces:
            self._line.data_received(piece)
            self._law_of_memory()
            if self._chance.random() < 0.3:
                self._act()
            if self._chance.random() < 0.4:
                await asyncio.sleep(self._chance.choice((0.001, 0.05, 0.5, 3.0, 7.0, 30.0, 70.0)))
                self._law_of_the_minute()
        await self._comes_to_rest()
        self._line.connection_lost(None)

    # --- the program ---

    def _act(self) -> None:
        match self._chance.randrange(6):
            case 0 | 1:
                asks = isinstance(self._calls.phase, Idle | Releasing)
                self._account.demand_open = self._account.demand_open or asks
                self._calls.demand(Gssi(GSSI))
            case 2:
                self._account.demand_open = False
                self._calls.cease()
            case 3 if self._chance.random() < 0.1:
                self._calls.lose(because("the terminal was switched on anew"))
            case _:
                self._send(self._chance.choice(_POLLS))

    def _send(self, name: str) -> None:
        self._sent += 1
        number = self._sent
        self._line.send(commands.plain(name), lambda answered: self._account.answered.append(number))

    # --- what comes of it ---

    def _heard(self, at_s: float, said: Indication) -> None:
        self._account.hearing = said
        self._account.heard.append(said)
        self._calls.hear(said, at_s)
        self._account.hearing = None

    def _told(self, event: Event) -> None:
        account = self._account
        match event:
            case TransmitGranted():
                said = account.hearing
                if not (isinstance(said, TransmissionGrant) and said.grant is TxGrant.GRANTED):
                    raise Broken(f"granted by {said}")
                if not account.demand_open:
                    raise Broken("granted without a demand of ours")
                account.demand_open, account.granted_at_s = False, self._loop.time()
            case TransmitRefused():
                if not account.demand_open:
                    raise Broken("refused what was not asked")
                account.demand_open = False
            case TransmitEnded():
                account.granted_at_s = None
            case _:
                pass

    # --- laws ---

    def _law_of_memory(self) -> None:
        session = self._line._session
        held = len(session._reader._held)
        header = len(session._header[0]) if session._header else 0
        if held > MAX_LINE_CHARS or header > MAX_LINE_CHARS or len(session._waiting) > _MAX_WAITING:
            raise Broken(f"held {held}, header {header}, waiting {len(session._waiting)}")
        if len(self._calls.instances()) > MAX_CALLS:
            raise Broken(f"{len(self._calls.instances())} calls")

    def _law_of_the_minute(self) -> None:
        began_s, now_s = self._account.granted_at_s, self._loop.time()
        if began_s is None or now_s - began_s <= LIMIT_S + SETTINGS.call_times.release_s:
            return
        if isinstance(self._calls.phase, Sending):
            raise Broken(f"on the air for {now_s - began_s:.1f} s")
        if now_s - self._terminal.end_ordered_s > ORDER_AGAIN_S:
            raise Broken(f"not ended, and its end was last ordered {now_s - self._terminal.end_ordered_s:.1f} s ago")

    async def _comes_to_rest(self) -> None:
        await asyncio.sleep(QUIET_S)
        account = self._account
        if not isinstance(self._calls.phase, Idle) or account.demand_open or account.granted_at_s is not None:
            raise Broken(f"not at rest: {self._calls.phase}, {account.demand_open}, {account.granted_at_s}")
        if sorted(account.answered) != list(range(1, self._sent + 1)):
            raise Broken(f"{self._sent} commands and {len(account.answered)} answers")
        self._line.data_received(b"\r\n")
        await self._next_command_gets_its_own_answer()
        self._a_clean_line_is_understood()

    async def _next_command_gets_its_own_answer(self) -> None:
        answers: list[Answered] = []
        self._line.send(commands.plain("signal"), answers.append)
        await asyncio.sleep(0.01)
        self._line.data_received(b"\r\n+CSQ: 17,99\r\n\r\nOK\r\n")
        if len(answers) != 1 or not answers[0].ok or answers[0].lines != (SignalReport(17),):
            raise Broken(f"the next command was answered by {answers}")

    def _a_clean_line_is_understood(self) -> None:
        self._account.heard.clear()
        self._line.data_received(b"\r\n+CTXG: 9,3,0,0\r\n\r\n+CDTXC: 9,0\r\n")
        if len(self._account.heard) != 2:
            raise Broken(f"clean lines were heard as {self._account.heard}")
